import type fc from "fast-check";
import { checkSpec } from "../check-spec.js";
import type { Duration } from "../duration.js";
import { entityTypes, type Specs } from "../entities.js";
import type { Kind } from "../entity.js";
import { Listener, VirtualGatewayListener } from "../listener.js";
import { OutlierDetection } from "../outlier-detection.js";
import {
  HttpGatewayRoutePathRewrite,
  HttpGatewayRoutePrefixRewrite,
} from "../routing/gateway-route-action.js";
import { GrpcRouteMatch } from "../routing/grpc-route.js";
import { HttpGatewayRouteMatch } from "../routing/http-gateway-route.js";
import { HttpRouteMatch } from "../routing/http-route.js";
import { MatchRange } from "../routing/matchers.js";
import type { Infer, Shape, StructureShape } from "../shape.js";
import { VirtualGatewaySpec } from "../virtual-gateway.js";
import { VirtualNodeSpec } from "../virtual-node.js";
import { VirtualRouterSpec } from "../virtual-router.js";
import { arbitrary } from "./arbitrary.js";

/** Every kind of spec that the model allows: as arbitrary, and within the rules of checkSpec. */
export const arbitrarySpec = <K extends Kind>(kind: K): fc.Arbitrary<Specs[K]> =>
  // The refinements do the work; the filter only catches what is too rare to be worth one.
  (arbitrary(entityTypes[kind].spec, refinements) as fc.Arbitrary<Specs[K]>).filter(
    (spec) => checkSpec(kind, spec).length === 0,
  );

const refine = <S extends StructureShape>(
  shape: S,
  change: (value: Infer<S>) => Infer<S>,
): [Shape, (value: never) => unknown] => [shape, change as (value: never) => unknown];

const refinements = new Map([
  refine(VirtualNodeSpec, (spec) => {
    const { listeners, ...others } = spec;
    return listeners === undefined || spec.serviceDiscovery === undefined
      ? others
      : { ...others, listeners: eachPortOnce(listeners) };
  }),
  refine(VirtualRouterSpec, (spec) =>
    spec.listeners === undefined ? spec : { listeners: eachPortOnce(spec.listeners) },
  ),
  refine(VirtualGatewaySpec, (spec) => ({ ...spec, listeners: eachPortOnce(spec.listeners) })),
  refine(Listener, consistent),
  refine(VirtualGatewayListener, consistent),
  refine(OutlierDetection, (detection) => ({
    ...detection,
    interval: moreThanZero(detection.interval),
    baseEjectionDuration: moreThanZero(detection.baseEjectionDuration),
  })),
  refine(MatchRange, ({ start, end }) =>
    start < end ? { start, end } : { start: end === start ? Math.min(end, 0) - 1 : end, end: start },
  ),
  refine(HttpRouteMatch, withPrefix),
  refine(HttpGatewayRouteMatch, withPrefix),
  refine(HttpGatewayRoutePrefixRewrite, (rewrite) =>
    rewrite.value === undefined ? rewrite : { value: asPath(rewrite.value) },
  ),
  refine(HttpGatewayRoutePathRewrite, (rewrite) =>
    rewrite.exact === undefined ? rewrite : { exact: asPath(rewrite.exact) },
  ),
  refine(GrpcRouteMatch, ({ methodName, ...match }) =>
    methodName === undefined || match.serviceName === undefined ? match : { ...match, methodName },
  ),
]);

const asPath = (text: string): string => (text.startsWith("/") ? text : `/${text}`);

function withPrefix<M extends { readonly prefix?: string }>(match: M): M {
  return match.prefix === undefined ? match : { ...match, prefix: asPath(match.prefix) };
}

const moreThanZero = (duration: Duration): Duration => ({ ...duration, value: Math.max(duration.value, 1) });

function eachPortOnce<L extends { readonly portMapping: { readonly port: number } }>(
  listeners: readonly L[],
): L[] {
  const ports = new Set<number>();
  return listeners.filter(({ portMapping: { port } }) => ports.size < ports.add(port).size);
}

/** Keeps of a listener what goes with its port and its protocol. */
function consistent<L extends Listener | VirtualGatewayListener>(listener: L): L {
  const { connectionPool, timeout, healthCheck, ...others } = listener as Listener;
  const { port, protocol } = others.portMapping;
  const isOfProtocol = (settings: object | undefined) =>
    settings !== undefined && Object.hasOwn(settings, protocol);
  const speaksHttp2 = protocol === "http2" || protocol === "grpc";
  return {
    ...others,
    ...(isOfProtocol(connectionPool) && { connectionPool }),
    ...(isOfProtocol(timeout) && { timeout }),
    ...(healthCheck && {
      healthCheck: {
        ...healthCheck,
        ...(healthCheck.port !== undefined && { port }),
        protocol: healthCheck.protocol === "grpc" && !speaksHttp2 ? "http" : healthCheck.protocol,
      },
    }),
  } as L;
}
