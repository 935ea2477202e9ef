import type { RouteSpec } from "@pulumi-appmesh/model";
import { meshRule } from "../../rule.js";
import { anyRoute } from "../common.js";
import { envoy } from "../links.js";

/** Where a route stands that gives no priority: after all that give one. */
const last = 1001;

export const routesReachable = meshRule({
  name: "routes-reachable",
  title: "No route is behind another",
  family: "routing",
  severity: "medium",
  what: "No route of a virtual router comes after one that takes all that it would take.",
  why: "Such a route looks as if it did something, and no request ever gets to it.",
  remediation: ["Give the narrower route the lower priority number, or delete it."],
  link: envoy("intro/arch_overview/http/http_routing"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  checkMesh(mesh, judge) {
    const routers = new Map<string, ReturnType<typeof mesh.of<"route">>[number][]>();
    for (const route of mesh.of("route")) {
      const [router = ""] = route.names;
      const others = routers.get(router);
      if (others) others.push(route);
      else routers.set(router, [route]);
    }
    if (routers.size === 0) return judge.notApplicable("there is no route");
    for (const routes of routers.values()) {
      for (const [at, route] of routes.entries()) {
        const before = routes.find(
          (other, index) => index !== at && hides(other.spec, route.spec, index < at),
        );
        if (before === undefined) continue;
        judge.find(route, [], {
          message: `route ${before.names[1]} of the same router comes first and takes all that route ${route.names[1]} would take`,
          fix: `give it a priority below ${before.spec.priority ?? "that of all others"}, narrow the match of route ${before.names[1]}, or delete it`,
        });
      }
    }
  },
});

/** Whether a request that `behind` would take always goes to `first`. */
function hides(first: RouteSpec, behind: RouteSpec, declaredFirst: boolean): boolean {
  const order = (first.priority ?? last) - (behind.priority ?? last);
  if (order > 0) return false;
  const protocol = (spec: RouteSpec) =>
    spec.httpRoute ? "http" : spec.http2Route ? "http2" : spec.grpcRoute ? "grpc" : "tcp";
  if (protocol(first) !== protocol(behind)) return false;
  const wide = (anyRoute(first)?.route.match ?? {}) as Match;
  const narrow = (anyRoute(behind)?.route.match ?? {}) as Match;
  if (!covers(wide, narrow)) return false;
  // Of equals in priority the more specific comes first: only the same match hides it.
  return order < 0 || (declaredFirst && covers(narrow, wide));
}

interface Match {
  readonly prefix?: string;
  readonly path?: { readonly exact?: string; readonly regex?: string };
  readonly [member: string]: unknown;
}

/** Whether `wide` takes everything that `narrow` takes. No for certain, where the two cannot be compared. */
function covers(wide: Match, narrow: Match): boolean {
  for (const [member, value] of Object.entries(wide)) {
    if (value === undefined || member === "prefix" || member === "path") continue;
    if (JSON.stringify(narrow[member]) !== JSON.stringify(value)) return false;
  }
  if (wide.path !== undefined) return JSON.stringify(narrow.path) === JSON.stringify(wide.path);
  if (wide.prefix === undefined || wide.prefix === "/") return true;
  if (narrow.path?.exact !== undefined) return narrow.path.exact.startsWith(wide.prefix);
  return narrow.prefix?.startsWith(wide.prefix) ?? false;
}
