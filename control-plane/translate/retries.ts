import type { GrpcRetryPolicy, HttpRetryPolicy, HttpRetryPolicyEvent } from "@pulumi-appmesh/model";
import type { RetryPolicyJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import { packed } from "./extensions.js";
import type { Mesh } from "./mesh.js";
import { milliseconds, seconds } from "./timeouts.js";

/** A retry goes to an endpoint that has not been tried yet, if five draws find one. */
const otherHosts: RetryPolicyJson = {
  retryHostPredicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typedConfig: packed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", {}),
    },
  ],
  hostSelectionRetryMaxAttempts: "5",
};

/**
 * What App Mesh did where a route says nothing of retries, and for virtual services that a virtual node
 * provides: it bridges the gap while endpoints come and go. A setting of the mesh switches it off.
 */
const defaultRetryPolicy: RetryPolicyJson = {
  retryOn: "unavailable,connect-failure,refused-stream,retriable-status-codes,reset",
  numRetries: 2,
  retriableStatusCodes: [503],
  ...otherHosts,
};

/** The statuses that App Mesh counts to each event, and Envoy's own conditions beside them. */
const httpEvents: Record<
  HttpRetryPolicyEvent,
  { conditions: readonly string[]; statuses: readonly number[] }
> = {
  "server-error": {
    conditions: ["reset"],
    statuses: [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
  },
  "gateway-error": { conditions: ["reset"], statuses: [502, 503, 504] },
  "client-error": { conditions: [], statuses: [409] },
  "stream-error": { conditions: ["reset", "refused-stream"], statuses: [] },
};

/** The retry policy of a route. undefined: no retries. */
export function retryPolicy(
  mesh: Mesh,
  policy: HttpRetryPolicy | GrpcRetryPolicy | undefined,
): RetryPolicyJson | undefined {
  if (policy === undefined) return mesh.defaultRetries ? defaultRetryPolicy : undefined;
  const events = (policy.httpRetryEvents ?? []).map((event) => httpEvents[event]);
  const statuses = new Set(events.flatMap((event) => event.statuses));
  const conditions = new Set([
    ...((policy as GrpcRetryPolicy).grpcRetryEvents ?? []),
    ...((policy.tcpRetryEvents ?? []).length > 0 ? ["connect-failure"] : []),
    ...events.flatMap((event) => event.conditions),
    ...(statuses.size > 0 ? ["retriable-status-codes"] : []),
  ]);
  if (policy.maxRetries === 0 || conditions.size === 0) return undefined;
  const perTry = milliseconds(policy.perRetryTimeout);
  return {
    retryOn: [...conditions].join(),
    numRetries: policy.maxRetries,
    ...(perTry > 0 ? { perTryTimeout: seconds(perTry) } : {}),
    ...(statuses.size > 0 ? { retriableStatusCodes: [...statuses].sort((a, b) => a - b) } : {}),
    ...otherHosts,
  };
}
