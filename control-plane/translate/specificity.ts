import type {
  GatewayRouteSpec,
  GrpcRouteMatch,
  HttpRouteMatch,
  RouteSpec,
  TcpRouteMatch,
} from "@pulumi-appmesh/model";
import type { Named } from "./entities.js";

/**
 * The order in which routes are tried: by priority, 0 first and routes without one last; among equals the more
 * specific first (an exact path, then a regular expression, then the longer prefix; then the one that asks for
 * more); at last by name, so that the order never depends on when a route was made.
 */
export const inOrder = (routes: readonly Named<RouteSpec>[]): readonly Named<RouteSpec>[] =>
  sorted(routes, ({ priority, httpRoute, http2Route, grpcRoute, tcpRoute }) => [
    priorityOf(priority),
    ...matchRank(httpRoute?.match ?? http2Route?.match, grpcRoute?.match, tcpRoute?.match),
  ]);

/** The same for gateway routes; a host name is more specific than any path, and a whole one more than an ending. */
export const gatewayRoutesInOrder = (
  routes: readonly Named<GatewayRouteSpec>[],
): readonly Named<GatewayRouteSpec>[] =>
  sorted(routes, ({ priority, httpRoute, http2Route, grpcRoute }) => {
    const http = httpRoute?.match ?? http2Route?.match;
    const { exact, suffix } = (http ?? grpcRoute?.match)?.hostname ?? {};
    const host = exact !== undefined ? [0, 0] : suffix !== undefined ? [1, -suffix.length] : [2, 0];
    return [priorityOf(priority), ...host, ...matchRank(http, grpcRoute?.match)];
  });

const priorityOf = (priority: number | undefined) => priority ?? Number.POSITIVE_INFINITY;

/** Sorts by numbers of which the smaller one comes first, in the order of their weight. */
function sorted<S>(routes: readonly Named<S>[], rank: (spec: S) => readonly number[]): readonly Named<S>[] {
  return routes
    .map((route) => ({ route, rank: rank(route.spec) }))
    .sort((a, b) => compare(a.rank, b.rank) || (a.route.name < b.route.name ? -1 : 1))
    .map(({ route }) => route);
}

function matchRank(
  http: HttpRouteMatch | undefined,
  grpc: GrpcRouteMatch | undefined,
  tcp?: TcpRouteMatch,
): readonly number[] {
  const port = (http ?? grpc ?? tcp)?.port === undefined ? 0 : 1;
  if (http !== undefined) {
    const [kind, length] =
      http.path?.exact !== undefined
        ? [0, http.path.exact.length]
        : http.path?.regex !== undefined
          ? [1, http.path.regex.length]
          : [2, (http.prefix ?? "/").length];
    const asked =
      (http.method ? 1 : 0) +
      (http.scheme ? 1 : 0) +
      (http.headers ?? []).length +
      (http.queryParameters ?? []).length +
      port;
    return [kind, -length, -asked];
  }
  if (grpc !== undefined) {
    const path = grpc.serviceName === undefined ? "/" : `/${grpc.serviceName}/${grpc.methodName ?? ""}`;
    return [grpc.methodName === undefined ? 2 : 0, -path.length, -(grpc.metadata ?? []).length - port];
  }
  return [0, 0, -port];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
