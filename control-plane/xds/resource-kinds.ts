import type { ProxyResources } from "../translate/resources.js";

/** The kinds of Envoy resource that a proxy is told, by the names of their lists in ProxyResources. */
export type ResourceKind = keyof Pick<ProxyResources, "clusters" | "endpoints" | "listeners" | "routes">;

/** In the order in which Envoy must hear of them, so that nothing refers to what it does not know yet. */
export const resourceKinds: readonly ResourceKind[] = ["clusters", "endpoints", "listeners", "routes"];

export interface ResourceKindTraits {
  readonly typeUrl: string;
  /**
   * A state-of-the-world response lists all of them, and Envoy drops what it does not list. Resources of the
   * other kinds go away with the one that refers to them, so a response may list the changed ones alone.
   */
  readonly responseIsWhole: boolean;
  /** A first request without a name subscribes to all of them. */
  readonly emptyMeansAll: boolean;
}

export const traits: Readonly<Record<ResourceKind, ResourceKindTraits>> = {
  clusters: {
    typeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    responseIsWhole: true,
    emptyMeansAll: true,
  },
  endpoints: {
    typeUrl: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    responseIsWhole: false,
    emptyMeansAll: false,
  },
  listeners: {
    typeUrl: "type.googleapis.com/envoy.config.listener.v3.Listener",
    responseIsWhole: true,
    emptyMeansAll: true,
  },
  routes: {
    typeUrl: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    responseIsWhole: false,
    emptyMeansAll: false,
  },
};

const byTypeUrl = new Map(resourceKinds.map((kind) => [traits[kind].typeUrl, kind]));

/** The kind of a type URL; undefined for types that this control plane does not serve. */
export const kindOfTypeUrl = (typeUrl: string): ResourceKind | undefined => byTypeUrl.get(typeUrl);
