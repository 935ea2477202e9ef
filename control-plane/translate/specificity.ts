import type { RouteSpec } from "@pulumi-appmesh/model";
import type { Named } from "./entities.js";

/**
 * The order in which routes are tried: by priority, 0 first and routes without one last; among equals the more
 * specific first (an exact path, then a regular expression, then the longer prefix; then the one that asks for
 * more); at last by name, so that the order never depends on when a route was made.
 */
export function inOrder(routes: readonly Named<RouteSpec>[]): readonly Named<RouteSpec>[] {
  return routes
    .map((route) => ({ route, rank: rank(route.spec) }))
    .sort((a, b) => compare(a.rank, b.rank) || (a.route.name < b.route.name ? -1 : 1))
    .map(({ route }) => route);
}

/** Numbers of which the smaller one comes first, in the order of their weight. */
function rank(spec: RouteSpec): readonly number[] {
  const priority = spec.priority ?? Number.POSITIVE_INFINITY;
  const http = spec.httpRoute ?? spec.http2Route;
  if (http !== undefined) {
    const { match } = http;
    const [kind, length] =
      match.path?.exact !== undefined
        ? [0, match.path.exact.length]
        : match.path?.regex !== undefined
          ? [1, match.path.regex.length]
          : [2, (match.prefix ?? "/").length];
    const asked =
      (match.method ? 1 : 0) +
      (match.scheme ? 1 : 0) +
      (match.headers ?? []).length +
      (match.queryParameters ?? []).length;
    return [priority, kind, -length, -asked];
  }
  if (spec.grpcRoute !== undefined) {
    const { match } = spec.grpcRoute;
    const path = match.serviceName === undefined ? "/" : `/${match.serviceName}/${match.methodName ?? ""}`;
    return [priority, match.methodName === undefined ? 2 : 0, -path.length, -(match.metadata ?? []).length];
  }
  return [priority, 0, 0, 0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
