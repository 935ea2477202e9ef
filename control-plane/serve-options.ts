import type { Logger } from "pino";
import type { ApiTls } from "./api-tls.js";
import type { PlacesOptions } from "./authorities/places.js";
import type { Endpoint } from "./endpoint.js";
import type { Credentials } from "./identity/access-keys.js";
import type { Purpose } from "./identity/proxies/purpose.js";
import type { ServiceAccountOptions } from "./identity/proxies/service-accounts.js";
import type { Limits } from "./mesh/limits.js";
import type { SharedTable } from "./open-store.js";
import type { XdsCertificate } from "./proxy-access.js";

export interface ServeOptions {
  /**
   * Where the App Mesh API listens. Without an access key, or over HTTP, only on an address of this machine's loopback.
   */
  readonly api: Endpoint;
  /** What makes the API one over HTTPS. Default: it is one over HTTP. */
  readonly tls?: ApiTls | undefined;
  /** Lets the API be on any address over HTTP, for what speaks HTTPS for it. Default: false. */
  readonly insecureHttp?: boolean | undefined;
  /** The file to which each change is told. Default: the log. */
  readonly audit?: string | undefined;
  /** Where proxies subscribe, over gRPC. Without TLS, only on an address of this machine's loopback. */
  readonly xds: Endpoint;
  /** How proxies prove who they are, and the control plane to them. */
  readonly proxies?: ProxiesOptions | undefined;
  /** How many streams of proxies are taken in a second; others wait for their turn. Default: 500. */
  readonly xdsAdmission?: number | undefined;
  /** The folder of the store; made where it does not exist. */
  readonly data: string;
  /** The DynamoDB table of a store that several control planes share. Default: the store is in `data`. */
  readonly table?: SharedTable | undefined;
  /** The region in ARNs, and the one for which requests must be signed. */
  readonly region: string;
  /** The account that owns what is created: twelve digits. */
  readonly account: string;
  /** How much there may be of each thing. Default: App Mesh's own limits. */
  readonly limits?: Limits | undefined;
  /** The first of the keys with which requests are signed. Default: there are those that the store has. */
  readonly accessKey?: Credentials | undefined;
  /** Where authorities' keys are that the store is not to have. Default: the store has them all. */
  readonly placed?: PlacedAuthoritiesOptions | undefined;
  /**
   * Where /metrics, /healthz and /readyz are served once more, over HTTP, to what cannot sign. Without a token, only on
   * an address of this machine's loopback. Default: they are on the API's address alone.
   */
  readonly metrics?: Endpoint | undefined;
  /** What /metrics asks for on `metrics`, as `Authorization: Bearer`. Default: nothing is asked for. */
  readonly metricsToken?: string | undefined;
  /** Where the endpoints of virtual nodes with `awsCloudMap` are looked up. Default: AWS Cloud Map in `region`. */
  readonly cloudMap?: CloudMapOptions | undefined;
  /** Where certificates come from that entities name by ARN. Default: AWS, in the regions of the ARNs. */
  readonly certificates?: CertificatesOptions | undefined;
  readonly log: Logger;
}

export interface ProxiesOptions {
  /** What makes xDS one over TLS, which only proxies are admitted to that prove who they are. Default: plain text. */
  readonly tls?: XdsCertificate | undefined;
  /** Where proxies are served over TLS without a proof, because the network lets nobody else reach it. Default: nowhere. */
  readonly trustedNetwork?: Endpoint | undefined;
  /** The host part of SPIFFE ids. Default: `appmesh.local`. */
  readonly trustDomain?: string | undefined;
  /** Files with further authorities whose certificates proxies may show, in PEM. */
  readonly authorities?: readonly string[] | undefined;
  /** How long the certificates are valid by which proxies know each other, in seconds. Default: a day. */
  readonly workloadSeconds?: number | undefined;
  /** The Kubernetes cluster whose service-account tokens proxies may show. Default: none. */
  readonly serviceAccounts?: ServiceAccountOptions | undefined;
}

export interface PlacedAuthoritiesOptions extends PlacesOptions {
  /** By what an authority signs: files, or an ARN of AWS. */
  readonly at: Readonly<Partial<Record<Purpose, string>>>;
}

export interface CertificatesOptions {
  /** URLs of other endpoints than AWS's own. */
  readonly acmEndpoint?: string | undefined;
  readonly acmPcaEndpoint?: string | undefined;
}

export interface CloudMapOptions {
  /** URL of another endpoint than AWS's own. */
  readonly endpoint?: string | undefined;
  /** How often each service is looked up, in seconds, give or take a fifth. Default: 5. */
  readonly interval?: number | undefined;
}

/** A control plane at work. */
export interface ControlPlane {
  /** Where it listens, with the ports that it was given. */
  readonly scheme: "http" | "https";
  readonly api: Endpoint;
  readonly xds: Endpoint;
  readonly xdsTrustedNetwork: Endpoint | undefined;
  readonly metrics: Endpoint | undefined;
  /** Where it hears of changes from those that share its table. */
  readonly notices: Endpoint | undefined;
  /** What clients are to trust, where the API's certificate is of an authority of the control plane's own. */
  readonly caFile: string | undefined;
  /** Looks at the API's certificate at once, and opens the audit's file anew. */
  reload(): void;
  /** Stops listening, answers what has been asked, and closes the store. */
  close(): Promise<void>;
}
