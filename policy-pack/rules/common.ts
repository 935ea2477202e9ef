import type {
  Duration,
  GrpcRetryPolicy,
  GrpcRoute,
  HttpRetryPolicy,
  HttpRoute,
  Path,
  RouteSpec,
  TcpRoute,
  WeightedTarget,
} from "@pulumi-appmesh/model";
import type { Entity } from "../subjects/entity.js";

/** `virtual node catalog-v1`, `route catalog/canary`. */
export const nameOf = (entity: Entity): string =>
  `${titles[entity.kind]} ${entity.kind === "mesh" ? entity.meshName : entity.names.join("/")}`;

/** What the kinds are called in a sentence. */
export const titles: Readonly<Record<Entity["kind"], string>> = {
  mesh: "mesh",
  virtualNode: "virtual node",
  virtualRouter: "virtual router",
  route: "route",
  virtualService: "virtual service",
  virtualGateway: "virtual gateway",
  gatewayRoute: "gateway route",
};

export const milliseconds = ({ value, unit }: Duration): number => (unit === "s" ? value * 1000 : value);

export const show = ({ value, unit }: Duration): string => `${value} ${unit}`;

/** How long a request may take where nobody says: App Mesh's own default, and the data plane's. */
export const defaultRequestMilliseconds = 15_000;

/** The route of a spec that retries: one for HTTP, HTTP/2 or gRPC. */
export interface RequestRoute {
  readonly route: HttpRoute | GrpcRoute;
  readonly path: Path;
  readonly protocol: "HTTP" | "HTTP/2" | "gRPC";
}

/** undefined for a TCP route, whose connections cannot be tried again. */
export function requestRoute(spec: RouteSpec): RequestRoute | undefined {
  if (spec.httpRoute) return { route: spec.httpRoute, path: ["spec", "httpRoute"], protocol: "HTTP" };
  if (spec.http2Route) return { route: spec.http2Route, path: ["spec", "http2Route"], protocol: "HTTP/2" };
  if (spec.grpcRoute) return { route: spec.grpcRoute, path: ["spec", "grpcRoute"], protocol: "gRPC" };
  return undefined;
}

export const tcpReason = "connections of a TCP route are not tried again";

/** Whether anything is tried again by it, as far as that is for events to say. */
export function namesEvents(policy: HttpRetryPolicy | GrpcRetryPolicy): boolean {
  const grpcEvents = "grpcRetryEvents" in policy ? policy.grpcRetryEvents : undefined;
  return [policy.httpRetryEvents, policy.tcpRetryEvents, grpcEvents].some((each) => each?.length);
}

/** The route that a spec holds, whatever its protocol. */
export function anyRoute(
  spec: RouteSpec,
): { readonly route: HttpRoute | GrpcRoute | TcpRoute; readonly path: Path } | undefined {
  return requestRoute(spec) ?? (spec.tcpRoute && { route: spec.tcpRoute, path: ["spec", "tcpRoute"] });
}

export const weightedTargets = (spec: RouteSpec): readonly WeightedTarget[] =>
  anyRoute(spec)?.route.action.weightedTargets ?? [];

/** The name that a reference to a virtual service gives, by name or by ARN. */
export const serviceName = (reference: string): string =>
  /\/virtualService\/(.+)$/.exec(reference)?.[1] ?? reference;
