import type { GatewayRouteSpec, RouteSpec } from "@pulumi-appmesh/model";
import { ownName } from "../../mesh/address.js";
import type { Entity } from "../../mesh/entity.js";
import { gatewayRoutesInOrder, inOrder } from "../../translate/specificity.js";
import type { Finding } from "../diagnostic.js";
import { entityName, type RouteKind, routeKind, type WholeMesh } from "../whole-mesh.js";

/** Routes that never get a request, since one that is tried before takes everything that they match. */
export async function* reachability(mesh: WholeMesh): AsyncIterable<Finding> {
  for await (const { address } of mesh.all("virtualRouter")) {
    yield* hidden(mesh.routesOf(address), inOrder);
  }
  for await (const { address } of mesh.all("virtualGateway")) {
    yield* hidden(mesh.gatewayRoutesOf(address), gatewayRoutesInOrder);
  }
}

interface Named<S> {
  readonly name: string;
  readonly spec: S;
}

function* hidden<S extends RouteSpec | GatewayRouteSpec>(
  routes: readonly Entity[],
  order: (routes: readonly Named<S>[]) => readonly Named<S>[],
): Iterable<Finding> {
  const byName = new Map(routes.map((route) => [ownName(route.address), route]));
  const named = [...byName].map(([name, { spec }]) => ({ name, spec: spec as S }));
  const first = new Map<string, string>();
  /** By protocol and port, or no port, the first route that takes everything there. */
  const takesAll = new Map<string, string>();
  for (const { name, spec } of order(named)) {
    const kind = routeKind(spec);
    const route = byName.get(name);
    if (!kind || !route) continue;
    const { protocol, match } = kind;
    const same = JSON.stringify([protocol, normalized(match)]);
    const before = first.get(same) ?? takesAll.get(protocol) ?? takesAll.get(`${protocol} ${match.port}`);
    if (before !== undefined) {
      yield {
        code: "UnreachableRoute",
        address: route.address,
        path: `${kind.path}.match`,
        message: `route ${before} is tried before and takes everything that this one matches: this one gets no traffic`,
        remedy: `Match on something else, give this route a priority before that of ${before}, or delete one of the two.`,
        covers: [{ entity: entityName(route.address), path: "spec" }],
      };
      continue;
    }
    first.set(same, name);
    if (isAll(kind)) takesAll.set(match.port === undefined ? protocol : `${protocol} ${match.port}`, name);
  }
}

/** What means the same, written in the same way. */
function normalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(normalized(item))).sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([member, given]) => !isDefault(member, given))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([member, given]) => [member, normalized(given)]);
}

/** What may as well be left out. */
const isDefault = (member: string, value: unknown): boolean =>
  (member === "prefix" && value === "/") ||
  (member === "invert" && value === false) ||
  (Array.isArray(value) && value.length === 0);

const isAll = ({ match }: RouteKind): boolean => {
  const { port: _, ...rest } = match;
  return (normalized(rest) as unknown[]).length === 0;
};
