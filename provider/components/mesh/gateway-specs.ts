import type { Lift } from "./lift.js";

/** What a gateway is made of; any part, at any depth, may be one that only `Lift` can look into. */
export interface GatewayParts {
  readonly listeners: unknown;
  readonly backendDefaults?: unknown;
  readonly logging?: unknown;
  readonly routes?: Readonly<Record<string, GatewayRouteParts>>;
}

export interface GatewayRouteParts {
  readonly virtualServiceName: unknown;
  readonly port?: unknown;
  readonly priority?: unknown;
  readonly httpRoute?: unknown;
  readonly http2Route?: unknown;
  readonly grpcRoute?: unknown;
}

export const GATEWAY_ROUTE_KINDS = { http: "httpRoute", http2: "http2Route", grpc: "grpcRoute" } as const;
export type GatewayProtocol = keyof typeof GATEWAY_ROUTE_KINDS;
export type GatewayRouteKind = (typeof GATEWAY_ROUTE_KINDS)[GatewayProtocol];

/** The kind of route that is given; undefined if it is to be that of the gateway's listeners. */
export const kindOf = (route: GatewayRouteParts): GatewayRouteKind | undefined =>
  Object.values(GATEWAY_ROUTE_KINDS).find((kind) => isGiven(route[kind]));

export const gatewaySpec = ({ listeners, backendDefaults, logging }: GatewayParts): object =>
  given({ listeners, backendDefaults, logging });

export function gatewayRouteSpec({ listeners }: GatewayParts, route: GatewayRouteParts, lift: Lift): unknown {
  const { virtualServiceName, port, priority } = route;
  const target = given({ virtualService: { virtualServiceName }, port });
  const spec = (kind: GatewayRouteKind) => {
    const everything = kind === "grpcRoute" ? {} : { prefix: "/" };
    const settings = (own: { match?: unknown; rewrite?: unknown }) => ({
      match: isGiven(own.match) ? own.match : everything,
      action: given({ target, rewrite: own.rewrite }),
    });
    return given({ priority, [kind]: isGiven(route[kind]) ? lift(route[kind], settings) : settings({}) });
  };
  const kind = kindOf(route);
  if (kind !== undefined) return spec(kind);
  return lift(listeners, ([first]: unknown[]) =>
    lift(first, ({ portMapping }: { portMapping: unknown }) =>
      lift(portMapping, ({ protocol }: { protocol: unknown }) =>
        lift(protocol, (known: GatewayProtocol) => spec(GATEWAY_ROUTE_KINDS[known])),
      ),
    ),
  );
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const given = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => isGiven(value)));
