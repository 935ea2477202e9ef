import type { XdsTls } from "@pulumi-appmesh/control-plane/bootstrap/xds-tls.js";
import type { Partly } from "../partly.js";
import { defaultEnvoyName, publicTrust } from "../sidecar/defaults.js";
import { type ProxyKind, readProxy } from "../sidecar/proxy-name.js";
import { tracerName } from "../sidecar/tracing.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import type { PodSpec } from "./pod-spec.js";

/** Of an instance's metadata and credentials, and of the agent of EKS Pod Identity. */
export const metadataAddresses = ["169.254.169.254", "169.254.170.23"] as const;

/** Where Envoy finds what proves who it is, and what tells it to look there again. */
export const folders = {
  identity: "/appmesh/identity",
  watched: "/appmesh/watched",
} as const;
export const volumes = { identity: "appmesh-identity", watched: "appmesh-watched" } as const;

/** Names of the containers that the mesh adds, in the order in which they start. */
export function namesOf(options: Partly<MeshPodOptions>) {
  const envoy = options.envoy?.name ?? defaultEnvoyName;
  const tracer = tracerName(options.tracing);
  return {
    ...(options.virtualGateway === undefined &&
      options.interception?.mode !== "explicit" && { redirect: `${envoy}-redirect` }),
    ...(tracer !== undefined && { tracer }),
    envoy,
  };
}

/** Whose Envoy it is, by its own name. */
export function proxyOf({ virtualNode, virtualGateway }: MeshPodOptions): {
  readonly kind: ProxyKind;
  readonly name: string;
} {
  const kind = virtualGateway === undefined ? "virtualNode" : "virtualGateway";
  const reference = virtualGateway ?? virtualNode ?? "";
  return { kind, name: readProxy(kind, reference)?.name ?? reference };
}

/** The TCP ports on which the application says that it listens. */
export function tcpPorts({ containers = [] }: Partly<PodSpec>): readonly number[] {
  const ports = containers.flatMap((container) =>
    (container?.ports ?? []).flatMap((port) =>
      port?.containerPort === undefined || (port.protocol ?? "TCP") !== "TCP" ? [] : [port.containerPort],
    ),
  );
  return [...new Set(ports)];
}

/** The ports of the listeners. */
export function listenerPortsOf(
  podSpec: Partly<PodSpec>,
  options: Partly<MeshPodOptions>,
): readonly number[] {
  const { listenerPorts, interception } = options;
  if (listenerPorts !== undefined) return listenerPorts.filter((port) => port !== undefined);
  return interception?.mode === "explicit"
    ? Object.keys(interception.appPorts ?? {}).map(Number)
    : tcpPorts(podSpec);
}

/** How a pod's Envoy talks to the control plane, and the sources of the volume in which it finds its files. */
export function identityOf({ controlPlane }: MeshPodOptions): {
  readonly tls?: XdsTls;
  readonly sources: readonly object[];
} {
  const { plaintext, serverName, trust, trustFrom, certificateFrom, privateKeyFrom, tokenFrom } =
    controlPlane;
  if (plaintext === true) return { sources: [] };
  const file = (name: string) => ({ file: `${folders.identity}/${name}` });
  const source = (from: { readonly name: string; readonly key: string } | undefined, path: string) =>
    from === undefined ? [] : [{ secret: { name: from.name, items: [{ key: from.key, path }] } }];
  const ofAccount = certificateFrom === undefined && tokenFrom === undefined;
  const { audience = "appmesh", expirationSeconds = 3600 } = controlPlane.serviceAccountToken ?? {};
  return {
    tls: {
      ...(serverName !== undefined && { serverName }),
      trust:
        trust !== undefined
          ? { inline: trust }
          : trustFrom === undefined
            ? { file: publicTrust }
            : file("trust.pem"),
      ...(certificateFrom === undefined
        ? { token: file("token") }
        : { certificate: { chain: file("certificate.pem"), privateKey: file("key.pem") } }),
      secretsFolder: folders.watched,
    },
    sources: [
      ...source(trustFrom, "trust.pem"),
      ...source(certificateFrom, "certificate.pem"),
      ...source(privateKeyFrom, "key.pem"),
      ...source(tokenFrom, "token"),
      ...(ofAccount ? [{ serviceAccountToken: { audience, expirationSeconds, path: "token" } }] : []),
    ],
  };
}

/** Kubernetes replaces $(NAME) in commands, arguments and values of variables; here it stays as it is. */
export const literal = (text: string): string => text.replaceAll("$(", "$$$$(");
