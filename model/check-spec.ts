import { entityTypes, type Specs } from "./entities.js";
import type { Kind } from "./entity.js";
import { inspect, type Rule } from "./rules/inspect.js";
import { virtualGatewayRules, virtualNodeRules, virtualRouterRules } from "./rules/listeners.js";
import { gatewayRouteRules, routeRules } from "./rules/routes.js";
import type { ValidateOptions } from "./validate.js";
import type { Violation } from "./violation.js";

const rules: { readonly [K in Kind]: Rule<Specs[K]> } = {
  mesh: () => {},
  virtualNode: virtualNodeRules,
  virtualRouter: virtualRouterRules,
  route: routeRules,
  virtualService: () => {},
  virtualGateway: virtualGatewayRules,
  gatewayRoute: gatewayRouteRules,
};

/**
 * Everything in which a spec breaks the model, by its shape and by the rules that need only this one spec; empty if
 * nothing does. Paths begin with "spec" unless the options say otherwise. No value makes this function throw.
 */
export function checkSpec(kind: Kind, spec: unknown, options: ValidateOptions = {}): Violation[] {
  return inspect(
    entityTypes[kind].spec,
    rules[kind] as Rule<unknown>,
    spec,
    options.path ?? ["spec"],
    options,
  );
}
