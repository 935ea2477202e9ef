// What a sidecar is where nobody says otherwise, in a task or in a pod.
import { ENVOY_VERSION } from "@pulumi-appmesh/control-plane/envoy/find.js";

/** Runs Envoy and what talks for it, whose traffic is never redirected to Envoy. */
export const envoyUser = 1337;

/** Plain Envoy on Ubuntu, which has bash: of this its health check and its drain are made. The variants distroless-… have not. */
export const envoyImage = `envoyproxy/envoy:v${ENVOY_VERSION}`;
export const defaultEnvoyName = "envoy";
export const defaultLogLevel = "warning";
export const defaultConcurrency = 2;
export const defaultAdminPort = 9901;
/** Seconds; that of App Mesh's own sidecars. */
export const defaultDrain = 20;
/** Of the control plane's xDS server. */
export const defaultXdsPort = 18000;

/** Where the authorities are that everybody trusts, in Debian's and Ubuntu's images and in most others. */
export const publicTrust = "/etc/ssl/certs/ca-certificates.crt";
