import type { Finding } from "../diagnostic.js";
import { routeKind, type WholeMesh } from "../whole-mesh.js";
import { DEFAULT_PER_REQUEST, millis, say } from "./durations.js";

/**
 * Whether a request has the time that its route's retries may take. App Mesh's guide asks for at least the time of
 * each attempt, as often as it may be repeated.
 */
export async function* retries(mesh: WholeMesh): AsyncIterable<Finding> {
  for await (const { address, spec } of mesh.routes()) {
    const { timeout, retryPolicy } = spec.httpRoute ?? spec.http2Route ?? spec.grpcRoute ?? {};
    if (retryPolicy === undefined || retryPolicy.perRetryTimeout.value === 0) continue;
    const own = timeout?.perRequest;
    const allowed = own ?? DEFAULT_PER_REQUEST;
    const { maxRetries, perRetryTimeout } = retryPolicy;
    if (millis(perRetryTimeout) * maxRetries <= millis(allowed)) continue;
    yield {
      code: "RetriesCutShort",
      address,
      path: `${routeKind(spec)?.path}.retryPolicy`,
      message:
        `up to ${maxRetries} retries of ${say(perRetryTimeout)} each do not fit into the ${say(allowed)} that the route ` +
        `allows a request${own ? "" : ", the default"}: the last of them are not made`,
      remedy: "Raise timeout.perRequest of the route, or lower perRetryTimeout or maxRetries.",
    };
  }
}
