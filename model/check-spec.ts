import { entityTypes, type Specs } from "./entities.js";
import type { Kind } from "./entity.js";
import { Cursor } from "./rules/cursor.js";
import { virtualGatewayRules, virtualNodeRules, virtualRouterRules } from "./rules/listeners.js";
import { gatewayRouteRules, routeRules } from "./rules/routes.js";
import { maxViolations, type ValidateOptions, validate } from "./validate.js";
import { formatPath, type Violation } from "./violation.js";

/** What a spec must be beyond its shape, as far as the spec alone can tell. */
const rules: { readonly [K in Kind]: (spec: Cursor<Specs[K]>) => void } = {
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
export function checkSpec<K extends Kind>(
  kind: K,
  spec: unknown,
  options: ValidateOptions = {},
): Violation[] {
  const path = options.path ?? ["spec"];
  const violations = validate(entityTypes[kind].spec, spec, { ...options, path });
  // With more violations than are listed, it is not known what a rule may look at.
  if (violations.length >= maxViolations) return violations;
  // Rules see what is right in its shape only, so one broken member does not hide what is wrong elsewhere.
  const inspection = {
    isUnknown: options.isUnknown ?? (() => false),
    broken: new Set(violations.map((violation) => formatPath(violation.path))),
    violations,
  };
  rules[kind](new Cursor<Specs[K]>(inspection, path, spec));
  return violations.slice(0, maxViolations);
}
