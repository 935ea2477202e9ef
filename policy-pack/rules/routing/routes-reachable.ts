import type { GatewayRouteSpec, RouteSpec } from "@pulumi-appmesh/model";
import { meshRule } from "../../rule.js";
import type { Entity } from "../../subjects/entity.js";
import { titles } from "../common.js";
import { envoy } from "../links.js";

/** Where a route stands that gives no priority: after all that give one. */
const last = 1001;

export const routesReachable = meshRule({
  name: "routes-reachable",
  title: "No route is behind another",
  family: "routing",
  severity: "medium",
  what: "No route of a virtual router or gateway comes after one that takes all that it would take.",
  why: "Such a route looks as if it did something, and no request ever gets to it.",
  remediation: ["Give the narrower route the lower priority number, or delete it."],
  link: envoy("intro/arch_overview/http/http_routing"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  checkMesh(mesh, judge) {
    const owners = new Map<string, Route[]>();
    for (const route of [...mesh.of("route"), ...mesh.of("gatewayRoute")]) {
      const owner = `${route.kind} ${route.names[0]}`;
      const others = owners.get(owner);
      if (others) others.push(route);
      else owners.set(owner, [route]);
    }
    if (owners.size === 0) return judge.notApplicable("there is no route");
    for (const routes of owners.values()) {
      if (routes.length === 1) continue;
      // What is not known yet hides nothing, and is not said to be hidden.
      const read = routes.flatMap((route) => judge.known(route, () => readRoute(route)) ?? []);
      const inOrder = new Candidates(read);
      for (const known of read) {
        const before = inOrder.hiding(known)?.route;
        if (before === undefined) continue;
        const { route } = known;
        const [own, other] = [route, before].map(({ kind, names }) => `${titles[kind]} ${names[1]}`);
        judge.find(route, [], {
          message: `${other} of the same ${route.kind === "route" ? "router" : "gateway"} comes first and takes all that ${own} would take`,
          fix: `give it a priority below ${before.spec.priority ?? "that of all others"}, narrow the match of ${other}, or delete it`,
        });
      }
    }
  },
});

type Route = Entity<"route"> | Entity<"gatewayRoute">;

/**
 * The routes of a router or a gateway, found by what they take: a route is looked for under everything that would take all of its
 * own, which are as many places as its path is long and its conditions allow, however many routes there are.
 */
class Candidates {
  /** By what it takes, the route that comes first. */
  readonly #first = new Map<string, Read>();
  readonly #lengths = new Set<number>();

  constructor(routes: readonly Read[]) {
    for (const route of routes) {
      const { place, conditions, prefix } = route.taken;
      if (prefix !== undefined) this.#lengths.add(prefix.length);
      const key = keyOf(place, conditions);
      const other = this.#first.get(key);
      if (other === undefined || isBefore(route, other)) this.#first.set(key, route);
    }
  }

  /** The route that takes all that this one would take, and comes before it: the first of them. */
  hiding(route: Read): Read | undefined {
    const { protocol, place, conditions, path } = route.taken;
    const same = this.#first.get(keyOf(place, conditions));
    // Of equals in priority the more specific comes first: only the same match hides it, by its name.
    let found = same === route ? undefined : same;
    const places = [place, `${protocol} all`];
    for (const length of this.#lengths)
      if (path !== undefined && length <= path.length)
        places.push(`${protocol} prefix ${path.slice(0, length)}`);
    for (const wider of places) {
      for (const fewer of subsets(conditions)) {
        const other = this.#first.get(keyOf(wider, fewer));
        if (other === undefined || other.order >= route.order) continue;
        if (found === undefined || other.order < found.order) found = other;
      }
    }
    return found;
  }
}

/** All that is looked at of a route, so that none of it can turn out not to be known. */
interface Read {
  readonly route: Route;
  readonly order: number;
  readonly taken: Taken;
}

/** Of two that take the same. */
const isBefore = (a: Read, b: Read): boolean =>
  a.order < b.order || (a.order === b.order && String(a.route.names[1]) < String(b.route.names[1]));

const readRoute = (route: Route): Read => ({
  route,
  order: route.spec.priority ?? last,
  taken: taken(route.spec),
});

/** Where a route stands among those that may take the same. */
interface Taken {
  readonly protocol: string;
  /** The paths that it takes. */
  readonly place: string;
  /** What else a request has to be: all of it. */
  readonly conditions: readonly string[];
  /** That all its paths begin with, where it asks for one. */
  readonly prefix: string | undefined;
  /** That all its paths begin with. Not known for regular expressions. */
  readonly path: string | undefined;
}

function taken(spec: RouteSpec | GatewayRouteSpec): Taken {
  const { httpRoute, http2Route, grpcRoute } = spec;
  const protocol = httpRoute ? "http" : http2Route ? "http2" : grpcRoute ? "grpc" : "tcp";
  const route = httpRoute ?? http2Route ?? grpcRoute ?? ("tcpRoute" in spec ? spec.tcpRoute : undefined);
  const { path, prefix, ...others } = (route?.match ?? {}) as Match;
  const conditions = Object.entries(others).flatMap(([member, value]) =>
    value === undefined ? [] : [`${member} ${JSON.stringify(value)}`],
  );
  const rest = { protocol, conditions };
  if (path !== undefined)
    return {
      ...rest,
      place: `${protocol} path ${JSON.stringify(path)}`,
      prefix: undefined,
      path: path.exact,
    };
  if (prefix === undefined || prefix === "/")
    return { ...rest, place: `${protocol} all`, prefix: undefined, path: prefix };
  return { ...rest, place: `${protocol} prefix ${prefix}`, prefix, path: prefix };
}

const keyOf = (place: string, conditions: readonly string[]): string =>
  [place, ...conditions.toSorted()].join("\n");

/** Every choice of conditions, all and none included. A match has five at most. */
function subsets(conditions: readonly string[]): readonly (readonly string[])[] {
  const all: (readonly string[])[] = [[]];
  for (const condition of conditions) all.push(...all.map((some) => [...some, condition]));
  return all;
}

interface Match {
  readonly prefix?: string;
  readonly path?: { readonly exact?: string; readonly regex?: string };
  readonly [member: string]: unknown;
}
