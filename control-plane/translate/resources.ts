import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignmentJson } from "../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import type { SecretJson } from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { SecretReference } from "./secrets.js";

/**
 * Everything that one proxy is to be told, in Envoy's own JSON. Order within a list does not matter.
 *
 * Routes name clusters, and Envoy answers 503 for a cluster that it has not warmed yet (its first DNS answer).
 * It holds back its ACK of the clusters until then: where clusters were added, send routes after that ACK.
 */
export interface ProxyResources extends ProxyResourcesWithoutSecrets {
  /** Those that the clusters and listeners name. Their private keys are told to nobody else. */
  readonly secrets: readonly Resource<SecretJson>[];
}

/** What features make: a resource says itself which secrets it names. */
export interface ProxyResourcesWithoutSecrets {
  readonly clusters: readonly Resource<ClusterJson>[];
  readonly endpoints: readonly Resource<ClusterLoadAssignmentJson>[];
  readonly listeners: readonly Resource<ListenerJson>[];
  readonly routes: readonly Resource<RouteConfigurationJson>[];
  /** What was asked for and is left out, or has no effect. Everything else is in force. */
  readonly problems: readonly Problem[];
  /**
   * What is being looked up and has to be known first. Until it is, proxies keep what they have: what is here would
   * leave them without endpoints for a moment.
   */
  readonly waiting?: string;
}

/** Something that an entity asks for and that its proxies do not do. */
export interface Problem {
  /** As in Resource.entities: `virtualNode/catalog-v1`, `virtualRouter/catalog/route/canary`. */
  readonly entity: string;
  /** Where in the entity: `spec.listeners[0].tls`. Empty where it is the entity itself. */
  readonly path: string;
  /** What is wrong, what happens instead, and the way out. */
  readonly message: string;
}

/** One Envoy resource. The same object as long as nothing that it is made of changes. */
export interface Resource<Json> {
  readonly name: string;
  readonly json: Json;
  /** The entities that it says something of, as `virtualNode/catalog-v1`: named where Envoy refuses it. */
  readonly entities: readonly string[];
  /** The secrets that it names, as far as they come from the control plane. */
  readonly secrets?: readonly SecretReference[];
}
