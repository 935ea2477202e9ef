import type {
  AwsCloudMapServiceDiscovery,
  GatewayRouteSpec,
  MeshSpec,
  RouteSpec,
  VirtualGatewaySpec,
  VirtualNodeSpec,
  VirtualRouterSpec,
  VirtualServiceSpec,
} from "@pulumi-appmesh/model";

/**
 * The entities of one mesh, as translation reads them. Specs are immutable, and the object of an unchanged
 * entity stays the same from one change to the next: what is derived from it may be kept by its identity.
 */
export interface MeshEntities {
  readonly meshName: string;
  /** undefined where the mesh does not exist. */
  mesh(): MeshSpec | undefined;
  /** What App Mesh's model has no place for. Where this is missing, everything is as App Mesh had it. */
  settings?(): MeshSettings;
  virtualNode(name: string): VirtualNodeSpec | undefined;
  virtualRouter(name: string): VirtualRouterSpec | undefined;
  virtualService(name: string): VirtualServiceSpec | undefined;
  virtualGateway(name: string): VirtualGatewaySpec | undefined;
  /** By name, in the order of their names. The same array as long as none of them changes. */
  routes(virtualRouterName: string): readonly Named<RouteSpec>[];
  gatewayRoutes(virtualGatewayName: string): readonly Named<GatewayRouteSpec>[];
  /**
   * The instances of a service in AWS Cloud Map, as they were last heard of. The same object as long as nothing of
   * that changes. Missing where nobody looks them up.
   *
   * @param attributes what those have that are wanted of them: for another choice they are looked up anew
   */
  instances?(
    namespaceName: string,
    serviceName: string,
    attributes?: AwsCloudMapServiceDiscovery["attributes"],
  ): Instances;
  /** A certificate in AWS Certificate Manager, by its ARN. Missing where nobody exports them. */
  certificate?(certificateArn: string): ExportedCertificate | Unavailable;
  /** An authority in AWS Private Certificate Authority, by its ARN. Missing where nobody asks for them. */
  certificateAuthority?(certificateAuthorityArn: string): ExportedAuthority | Unavailable;
  /** TLS between the proxies of the mesh with certificates of the control plane's own. Missing: there is none. */
  managedTls?(): ManagedTls | undefined;
  /** The certificate of that of a proxy, by `virtualNode/catalog-v1`. Missing where nobody issues them. */
  workloadCertificate?(entity: string): ExportedCertificate | Unavailable;
  /** Who signs those certificates. */
  workloadTrust?(): ExportedAuthority | Unavailable;
  /**
   * What `compute`, a function of nothing but what it is given, makes of these entities for a name: remembered
   * while nothing of the mesh changes, so that a service is read once for the hundreds of proxies that call it.
   * Where this is missing, call `compute`.
   */
  derive?<T>(compute: (entities: MeshEntities, name: string) => T, name: string): T;
}

/** What a mesh's owner settles beyond App Mesh's model. The same object as long as nothing of it changes. */
export interface MeshSettings {
  /** Whether requests are tried again where no retry policy says so. App Mesh did, and so is the default. */
  readonly defaultRetries: boolean;
  /** TLS between all proxies, without certificates of the user's own. Default: only as entities say. */
  readonly managedTls?: ManagedTlsSetting;
}

/** What a mesh's owner wants, and from where it is got there, one step after the other. */
export interface ManagedTlsSetting {
  readonly mode: ManagedTlsMode;
  /** How long each step lasts, in seconds: every proxy has taken one by then. */
  readonly settleSeconds: number;
  /** The step at which it began, and when the first step from there is taken, in seconds since 1970. */
  readonly from: number;
  readonly at: number;
}

export type ManagedTlsMode = "OFF" | "PERMISSIVE" | "STRICT";

/** How proxies of a mesh speak to each other where entities say nothing of TLS. The same object as long as it is the same. */
export interface ManagedTls {
  /** What listeners take: both TLS and plain text, or TLS of proxies of the mesh alone. */
  readonly listeners: "both" | "tls";
  readonly callers: "plaintext" | "tls";
  /** What the names in the proxies' certificates begin with: `spiffe://appmesh.local/mesh/shop/`. */
  readonly names: string;
}

/** What is known of a service in AWS Cloud Map. */
export interface Instances {
  /** In the order of their ids. undefined: not known yet, and then proxies are told of no endpoints at all. */
  readonly list: readonly Instance[] | undefined;
  /** Why the list is not of today, and the way out. */
  readonly problem?: string;
}

export interface Instance {
  readonly id: string;
  /** AWS_INSTANCE_IPV4, AVAILABILITY_ZONE, and what else it was registered with. */
  readonly attributes: Readonly<Record<string, string>>;
  /** False where Cloud Map's health check of the service says so. */
  readonly healthy: boolean;
}

/** A certificate and its key, all in PEM. The same object as long as it is the same certificate. */
export interface ExportedCertificate {
  readonly certificate: string;
  /** The authorities above it, up to the root. */
  readonly issuers: string;
  readonly privateKey: string;
}

export interface ExportedAuthority {
  /** Its own certificate and those above it, in PEM. */
  readonly certificates: string;
}

/** What cannot be had now. */
export interface Unavailable {
  /** Why, what happens instead, and the way out: a problem's message. */
  readonly unavailable: string;
  /** It is being asked for: what it is needed for can wait until that has an answer. */
  readonly pending?: boolean;
}

export interface Named<S> {
  readonly name: string;
  readonly spec: S;
}

/** What a proxy says of itself, from its node id and metadata. */
export interface Proxy {
  /** The account that owns the mesh, where the proxy names one. */
  readonly meshOwner?: string;
  readonly meshName: string;
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
  readonly interception: Interception;
  /** It reached the control plane over a network, and has not proven who it is: it gets no private key. */
  readonly unproven?: true;
}

/**
 * How traffic reaches Envoy. `transparent`: redirected to 15000 and 15001 with its original destination.
 * `explicit`: Envoy listens on `address` at the service's own ports, and applications call it as an HTTP proxy.
 */
export type Interception = { readonly mode: "transparent" } | ExplicitInterception;

export interface ExplicitInterception {
  readonly mode: "explicit";
  /** Where the ingress listens. */
  readonly address: string;
  /**
   * The application's own port on 127.0.0.1, by listener port; under `*`, that of every listener that is not
   * named. The listener's port where none is given.
   */
  readonly appPorts: Readonly<Record<string, number>>;
}
