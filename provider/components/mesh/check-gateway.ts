import { checkSpec, type Path, type Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import {
  GATEWAY_ROUTE_KINDS,
  type GatewayParts,
  type GatewayProtocol,
  type GatewayRouteParts,
  gatewayRouteSpec,
  gatewaySpec,
  kindOf,
} from "./gateway-specs.js";
import { lookIntoKnown } from "./lift.js";

/** What is wrong with a `Gateway` whose arguments are what they should be, in their words and at their places. */
export function* gatewayRules(inputs: ObjectValue): Generator<Violation> {
  const gateway = inputs as unknown as GatewayParts;
  yield* checkSpec("virtualGateway", gatewaySpec(gateway), { path: [], isUnknown });
  const listeners = Array.isArray(gateway.listeners) ? gateway.listeners : undefined;
  const protocols = listeners && protocolsOf(listeners);
  for (const [name, route] of Object.entries(gateway.routes ?? {})) {
    const wrong = protocols && wrongKind(route, protocols);
    if (wrong !== undefined) {
      yield violation(["routes", name, ...wrong.path], undefined, wrong.message);
      continue;
    }
    const spec = gatewayRouteSpec(gateway, route, lookIntoKnown);
    for (const found of checkSpec("gatewayRoute", spec, { path: [], isUnknown }))
      yield { ...found, path: ["routes", name, ...placeOf(found.path)] };
    if (listeners !== undefined && listeners.length > 1 && lacksPort(route)) {
      yield violation(
        ["routes", name, kindOf(route) ?? "", "match", "port"],
        undefined,
        `nothing was given; it is required, since the gateway has ${listeners.length} listeners.`,
      );
    }
  }
}

/** The protocols of the listeners; undefined while one of them is not known. */
function protocolsOf(listeners: readonly unknown[]): readonly GatewayProtocol[] | undefined {
  const found = listeners.map((listener) => {
    const mapping = isObject(listener) ? listener.portMapping : undefined;
    return isObject(mapping) && typeof mapping.protocol === "string" ? mapping.protocol : undefined;
  });
  return found.includes(undefined) ? undefined : [...new Set(found as GatewayProtocol[])];
}

/** A route is for what one of the listeners receives; if it does not say for what, there is but one thing. */
function wrongKind(
  route: GatewayRouteParts,
  protocols: readonly GatewayProtocol[],
): { path: Path; message: string } | undefined {
  const kind = kindOf(route);
  const kinds: readonly string[] = protocols.map((protocol) => GATEWAY_ROUTE_KINDS[protocol]);
  const names = protocols.join(", ");
  if (kind === undefined) {
    return protocols.length === 1
      ? undefined
      : {
          path: [],
          message: `none of ${kinds.join(", ")} was given; one is required, since the gateway's listeners have several protocols (${names}).`,
        };
  }
  return kinds.includes(kind)
    ? undefined
    : {
        path: [kind],
        message: `${kind} was given; ${kinds.join(" or ")} is allowed, since the protocol of the gateway's listeners is ${names}.`,
      };
}

/** Whether it is known that a route does not say on which port its traffic comes in. */
function lacksPort(route: GatewayRouteParts): boolean {
  const own = route[kindOf(route) ?? "httpRoute"];
  if (isUnknown(own)) return false;
  const match = isObject(own) ? own.match : undefined;
  return !isUnknown(match) && (!isObject(match) || match.port === undefined);
}

/** Where a part of a gateway route's spec comes from. */
function placeOf([kind = "", member, ...rest]: Path): Path {
  if (member === "match") return [kind, member, ...rest];
  if (member !== "action") return [kind];
  const [inner, ...below] = rest;
  if (inner === "rewrite") return [kind, "rewrite", ...below];
  return [below[0] === "port" ? "port" : "virtualServiceName"];
}
