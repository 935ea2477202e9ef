import { checkSpec, type Path, type Violation, validate } from "@pulumi-appmesh/model";
import type { Failure } from "../../resources/check.js";
import { dropNulls, isObject, isUnknown, type ObjectValue, reveal } from "../../server/values.js";
import { failuresOf, inputViolations, violation } from "./component-inputs.js";
import { GatewayServiceRoute, gatewayInputs } from "./gateway-args.js";
import {
  GATEWAY_ROUTE_KINDS,
  type GatewayParts,
  type GatewayProtocol,
  type GatewayRouteParts,
  gatewayRouteSpec,
  gatewaySpec,
  kindOf,
} from "./gateway-specs.js";
import type { Lift } from "./mesh-service-specs.js";

/** Everything that is wrong with what a `Gateway` is given, in the words and at the places of its own arguments. */
export function checkGateway(given: ObjectValue): Failure[] {
  const inputs = dropNulls(given) as ObjectValue;
  const open = reveal(inputs) as ObjectValue;
  const shapes = [
    ...inputViolations("Gateway", gatewayInputs, ["routes", "tags"], open),
    ...routeViolations(open.routes),
  ];
  // The rules of the specs are looked at once the arguments are what they should be.
  return failuresOf(
    shapes.length > 0 ? shapes : [...ruleViolations(open as unknown as GatewayParts)],
    inputs,
  );
}

function* routeViolations(routes: unknown): Generator<Violation> {
  if (routes === undefined) return;
  if (!isObject(routes)) {
    const found = isUnknown(routes) ? "a value that is not known yet" : "something else";
    yield violation(
      ["routes"],
      routes,
      `${found} was given; a map from the names of routes to what they are is allowed. The names must be known before anything is made; what they stand for need not be.`,
    );
    return;
  }
  for (const [name, route] of Object.entries(routes)) {
    if (isUnknown(route)) {
      yield violation(
        ["routes", name],
        route,
        "a value that is not known yet was given; only the members of a route may be so.",
      );
    } else yield* validate(GatewayServiceRoute, route, { path: ["routes", name], isUnknown });
  }
}

/** Looks into what is known; what is not, stays so. */
const lookIntoKnown: Lift = (value, into) => (isUnknown(value) ? value : into(value as never));

function* ruleViolations(gateway: GatewayParts): Generator<Violation> {
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
