import type { ProxyResources } from "../translate/resources.js";

/** The kinds of Envoy resource that a proxy is told, by the names of their lists in ProxyResources. */
export type ResourceKind = keyof Pick<
  ProxyResources,
  "secrets" | "clusters" | "endpoints" | "listeners" | "routes"
>;

/** In the order in which Envoy must hear of them, so that nothing refers to what it does not know yet. */
export const resourceKinds: readonly ResourceKind[] = [
  "secrets",
  "clusters",
  "endpoints",
  "listeners",
  "routes",
];

export interface ResourceKindTraits {
  readonly typeUrl: string;
  /**
   * A state-of-the-world response lists all of them, and Envoy drops what it does not list. Resources of the
   * other kinds go away with the one that refers to them, so a response may list the changed ones alone.
   */
  readonly responseIsWhole: boolean;
  /**
   * Incremental clients are told of what is not there, or no longer. A secret goes with what names it; one that cannot be
   * had for a while, such as a certificate when AWS is away, is used by those who have it.
   */
  readonly tellsRemovals: boolean;
  /**
   * Each in a response of its own: what a proxy cannot use, such as a secret whose files it does not have, must not cost
   * it the others.
   */
  readonly oneByOne: boolean;
  /** A first request without a name subscribes to all of them. */
  readonly emptyMeansAll: boolean;
}

export const traits: Readonly<Record<ResourceKind, ResourceKindTraits>> = {
  secrets: {
    typeUrl: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    responseIsWhole: false,
    tellsRemovals: false,
    oneByOne: true,
    emptyMeansAll: false,
  },
  clusters: {
    typeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    responseIsWhole: true,
    tellsRemovals: true,
    oneByOne: false,
    emptyMeansAll: true,
  },
  endpoints: {
    typeUrl: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    responseIsWhole: false,
    tellsRemovals: true,
    oneByOne: false,
    emptyMeansAll: false,
  },
  listeners: {
    typeUrl: "type.googleapis.com/envoy.config.listener.v3.Listener",
    responseIsWhole: true,
    tellsRemovals: true,
    oneByOne: false,
    emptyMeansAll: true,
  },
  routes: {
    typeUrl: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    responseIsWhole: false,
    tellsRemovals: true,
    oneByOne: false,
    emptyMeansAll: false,
  },
};

const byTypeUrl = new Map(resourceKinds.map((kind) => [traits[kind].typeUrl, kind]));

/** The kind of a type URL; undefined for types that this control plane does not serve. */
export const kindOfTypeUrl = (typeUrl: string): ResourceKind | undefined => byTypeUrl.get(typeUrl);
