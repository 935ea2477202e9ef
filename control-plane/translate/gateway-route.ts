import type {
  DefaultGatewayRouteRewrite,
  GatewayRouteHostnameMatch,
  GatewayRouteSpec,
  GrpcGatewayRoute,
  HttpGatewayRoute,
  HttpGatewayRouteMatch,
  HttpGatewayRouteRewrite,
  VirtualGatewayPortProtocol,
} from "@pulumi-appmesh/model";
import type {
  HeaderMatcherJson,
  RouteActionJson,
  RouteJson,
  RouteMatchJson,
} from "../gen/envoy/config/route/v3/route_components_pb.js";
import { memo } from "./memo.js";
import { Problems } from "./problems.js";
import type { Problem } from "./resources.js";
import { grpcMatch, httpMatch, type Refuse } from "./route-match.js";
import { answer } from "./routes.js";

/**
 * Carries the virtual service and port that a gateway route chose from a gateway's ingress to its egress. App Mesh's
 * own name; what a client sends under it is overwritten, and no application sees it.
 */
export const chosenService = "x-app-mesh-virtual-service";

/** The member of a spec that says what the route does, by the protocol of the listeners that take it. */
const kinds = { http: "httpRoute", http2: "http2Route", grpc: "grpcRoute" } as const satisfies Record<
  VirtualGatewayPortProtocol,
  keyof GatewayRouteSpec
>;
type Kind = (typeof kinds)[VirtualGatewayPortProtocol];

export interface GatewayRouteKind {
  readonly protocol: VirtualGatewayPortProtocol;
  /** Where it stands in the spec. */
  readonly path: string;
  readonly route: HttpGatewayRoute | GrpcGatewayRoute;
}

/** What a gateway route is; undefined only of a spec that breaks the model. */
export function gatewayRouteKind(spec: GatewayRouteSpec): GatewayRouteKind | undefined {
  for (const [protocol, kind] of Object.entries(kinds) as [VirtualGatewayPortProtocol, Kind][]) {
    const route = spec[kind];
    if (route !== undefined) return { protocol, path: `spec.${kind}`, route };
  }
  return undefined;
}

/** What a gateway's ingress does for one gateway route. */
export interface IngressRoute {
  readonly entity: string;
  readonly routes: readonly RouteJson[];
  readonly problems: readonly Problem[];
}

/**
 * A gateway route as Envoy's routes, in the order in which they are tried. Requests that it takes go to `cluster` for
 * `port` of the virtual service that it names; without a port they get 503 and the reason, `nowhere`. There are none
 * if Envoy would refuse what it matches on.
 */
export const ingressRoute = memo(
  (
    spec: GatewayRouteSpec,
    name: string,
    entity: string,
    cluster: string,
    port: number | undefined,
    nowhere: string,
  ): IngressRoute => {
    const problems = new Problems();
    const tell = (path: string, message: string) => problems.add(entity, path, message);
    const kind = gatewayRouteKind(spec);
    if (kind === undefined) return { entity, routes: [], problems: [] };
    const { path, route } = kind;
    let refused = false;
    const refuse: Refuse = (member, message) => {
      refused = true;
      tell(`${path}.${member}`, `${message}; the route is left out`);
    };
    const refuseMatch: Refuse = (member, message) => refuse(`match.${member}`, message);
    const matches: readonly Rewritten[] =
      "grpcRoute" in spec && spec.grpcRoute !== undefined
        ? [{ match: grpcMatch(spec.grpcRoute.match, refuseMatch), rewrite: {} }]
        : rewrittenPaths(
            route as HttpGatewayRoute,
            httpMatch((route as HttpGatewayRoute).match, refuseMatch),
            (member, message) => tell(`${path}.action.rewrite.${member}`, message),
          );
    for (const { rewrite, of } of matches) {
      // The rest of what cannot stand in a path is for the application to refuse, as it is when a client sends it.
      if (/[\0\r\n]/.test(rewrite.prefixRewrite ?? "")) {
        refuse(`action.rewrite.${of}`, `${JSON.stringify(rewrite.prefixRewrite)} cannot stand in a request`);
        break;
      }
    }
    const { virtualServiceName } = route.action.target.virtualService;
    const host = hostMatch(route.match.hostname);
    const keepsHost = route.action.rewrite?.hostname?.defaultTargetHostname === "DISABLED";
    const routes = matches.map(({ match, rewrite }): RouteJson => {
      const whole: RouteMatchJson =
        host === undefined ? match : { ...match, headers: [host, ...(match.headers ?? [])] };
      if (port === undefined) return { name, match: whole, directResponse: answer(503, nowhere) };
      return {
        name,
        match: whole,
        route: {
          cluster,
          ...rewrite,
          ...(keepsHost ? {} : { hostRewriteLiteral: virtualServiceName }),
          // The time limits are those of the virtual service's own routes, which the egress keeps.
          timeout: "0s",
          idleTimeout: "0s",
        },
        requestHeadersToAdd: [
          {
            // Envoy takes a single % for the beginning of a command operator.
            header: {
              key: chosenService,
              value: chosenValue(virtualServiceName, port).replaceAll("%", "%%"),
            },
            appendAction: "OVERWRITE_IF_EXISTS_OR_ADD",
          },
        ],
      };
    });
    return { entity, routes: refused ? [] : routes, problems: problems.all() };
  },
);

/** What `chosenService` carries. */
export const chosenValue = (service: string, port: number): string => `${service}:${port}`;

/** Hosts are compared without their port, and whatever their case. */
function hostMatch(hostname: GatewayRouteHostnameMatch | undefined): HeaderMatcherJson | undefined {
  const { exact, suffix } = hostname ?? {};
  const pattern =
    exact !== undefined ? literal(exact) : suffix !== undefined ? `.*${literal(suffix)}` : undefined;
  if (pattern === undefined) return undefined;
  return { name: ":authority", stringMatch: { safeRegex: { regex: `(?i)${pattern}(:[0-9]+)?` } } };
}

/** As a regular expression that matches this text alone. */
const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** One way in which a route takes a path, and what becomes of the path. */
interface Rewritten {
  readonly match: RouteMatchJson;
  readonly rewrite: RouteActionJson;
  /** The member of the route's rewrite that says so, if any does. */
  readonly of?: string;
}

function rewrittenPaths(
  { match, action }: HttpGatewayRoute,
  json: RouteMatchJson,
  tell: Refuse,
): readonly Rewritten[] {
  const rewrite: HttpGatewayRouteRewrite = action.rewrite ?? {};
  if (rewrite.path?.exact !== undefined) return [wholePath(match, json, rewrite.path.exact)];
  if (match.path !== undefined) {
    if (rewrite.prefix?.value !== undefined || rewrite.prefix?.defaultPrefix === "ENABLED") {
      tell(
        "prefix",
        "the route matches whole paths, which have no prefix to rewrite: it has no effect; use rewrite.path",
      );
    }
    return [{ match: json, rewrite: {} }];
  }
  return prefixes(match.prefix ?? "/", rewrite.prefix, json, tell);
}

/** Envoy swaps all of a path that was matched as a whole, so that a prefix is matched as one. */
function wholePath(match: HttpGatewayRouteMatch, json: RouteMatchJson, path: string): Rewritten {
  if (match.path !== undefined) return { match: json, rewrite: { prefixRewrite: path }, of: "path.exact" };
  const { prefix, ...others } = json;
  return {
    match: { ...others, safeRegex: { regex: `${literal(prefix ?? "/")}.*` } },
    rewrite: { prefixRewrite: path },
    of: "path.exact",
  };
}

/**
 * Without a word of the route, a prefix becomes "/". Where the prefix ends without a slash and what it becomes with
 * one, the slash after it goes too: /chapter/page becomes /page, not //page.
 */
function prefixes(
  prefix: string,
  rewrite: { readonly defaultPrefix?: DefaultGatewayRouteRewrite; readonly value?: string } | undefined,
  match: RouteMatchJson,
  tell: Refuse,
): readonly Rewritten[] {
  const becomes = rewrite?.value ?? (rewrite?.defaultPrefix === "DISABLED" ? prefix : "/");
  if (becomes === prefix) return [{ match, rewrite: {} }];
  const rewritten = (from: string): Rewritten => ({
    match: { ...match, prefix: from },
    rewrite: { prefixRewrite: becomes },
    of: "prefix.value",
  });
  const [had, has] = [prefix.endsWith("/"), becomes.endsWith("/")];
  if (had && !has) {
    const text = JSON.stringify;
    tell(
      "prefix.value",
      `${text(prefix)} ends with a slash and ${text(becomes)} does not: ${text(`${prefix}page`)} becomes ` +
        `${text(`${becomes}page`)}; let both end with one, or neither`,
    );
  }
  return !had && has ? [rewritten(`${prefix}/`), rewritten(prefix)] : [rewritten(prefix)];
}
