import type { GatewayRouteSpec, GatewayRouteTarget, VirtualGatewaySpec } from "@pulumi-appmesh/model";
import type { RouteJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import { readBackends } from "./backends.js";
import { readEndpoints } from "./endpoints.js";
import type { MeshEntities, Named, Proxy } from "./entities.js";
import { type GatewayListener, gatewayListeners } from "./gateway-listeners.js";
import {
  chosenService,
  chosenValue,
  gatewayRouteKind,
  type IngressRoute,
  ingressRoute,
} from "./gateway-route.js";
import { egressPort, interceptionKey } from "./interception.js";
import { list, memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { ProxyResourcesWithoutSecrets, Resource } from "./resources.js";
import type { Service, ServicePort } from "./services.js";
import { gatewayRoutesInOrder } from "./specificity.js";
import { isHostName, servedRoutes } from "./virtual-hosts.js";

/** Everything for a proxy of a virtual gateway. */
export function virtualGateway(
  entities: MeshEntities,
  mesh: Mesh,
  proxy: Proxy,
  spec: VirtualGatewaySpec,
): ProxyResourcesWithoutSecrets {
  const entity = `virtualGateway/${proxy.name}`;
  const problems = new Problems();
  const inbound = gatewayListeners(interceptionKey(proxy.interception), mesh, proxy.name, spec);
  problems.merge(inbound.problems);

  const routes = inOrder(entities.gatewayRoutes(proxy.name));
  const takers = new Map(
    routes.map((route) => [route, inbound.served.filter((listener) => takes(listener, route.spec))]),
  );
  for (const route of routes) tellUnused(route, spec, proxy.name, problems);
  const taken = routes.filter((route) => takers.get(route)?.length);
  const backends = [...new Set(taken.map(({ spec }) => targetOf(spec).virtualService.virtualServiceName))];
  const { services, clusters } = readBackends(
    entities,
    mesh,
    entity,
    {
      backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
      ...(spec.backendDefaults ? { backendDefaults: spec.backendDefaults } : {}),
    },
    problems,
  );
  const endpoints = readEndpoints(entities, mesh, services, clusters, problems);
  const byName = new Map(services.map((service) => [service.name, service]));

  const chosen = new Map<string, Chosen>();
  const ingress = new Map<GatewayListener, IngressRoute[]>(inbound.served.map((listener) => [listener, []]));
  for (const route of taken) {
    const routeEntity = `${entity}/gatewayRoute/${route.name}`;
    const target = targetOf(route.spec);
    const service = byName.get(target.virtualService.virtualServiceName) as Service;
    const { port, message } = choose(service, target);
    if (message !== undefined && service.unavailable === undefined) {
      const effect = port === undefined ? ": the route's requests get 503" : "";
      problems.add(routeEntity, `${gatewayRouteKind(route.spec)?.path}.action.target`, `${message}${effect}`);
    }
    if (port?.protocol === "http" && route.spec.grpcRoute !== undefined) {
      problems.add(
        routeEntity,
        "spec.grpcRoute.action.target",
        `port ${port.port} of virtual service ${service.name} speaks HTTP/1.1, which gRPC calls do not get through: they fail`,
      );
    }
    if (port !== undefined) chosen.set(chosenValue(service.name, port.port), chosenPort(service, port));
    for (const listener of takers.get(route) ?? []) {
      const made = ingressRoute(
        route.spec,
        route.name,
        routeEntity,
        listener.cluster,
        port?.port,
        port === undefined ? (message ?? "") : "",
      );
      problems.merge(made.problems);
      ingress.get(listener)?.push(made);
    }
  }
  return {
    clusters: [...inbound.clusters, ...clusters],
    endpoints: endpoints.resources,
    listeners: inbound.listeners,
    routes: [
      ...[...ingress].map(([listener, made]) => ingressRoutes(list(made), listener.routes, entity)),
      egressRoutes(list([...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, port]) => port)), entity),
    ],
    problems: problems.all(),
    ...(endpoints.waiting === undefined ? {} : { waiting: endpoints.waiting }),
  };
}

const inOrder = memo(gatewayRoutesInOrder);

const targetOf = (spec: GatewayRouteSpec): GatewayRouteTarget =>
  gatewayRouteKind(spec)?.route.action.target ?? { virtualService: { virtualServiceName: "" } };

const takes = (listener: Pick<GatewayListener, "protocol" | "port">, spec: GatewayRouteSpec): boolean => {
  const kind = gatewayRouteKind(spec);
  const port = kind?.route.match.port;
  return kind?.protocol === listener.protocol && (port === undefined || port === listener.port);
};

/** Tells of a route that no listener takes. That a listener is left out is told where it stands. */
function tellUnused(
  { name, spec }: Named<GatewayRouteSpec>,
  { listeners }: VirtualGatewaySpec,
  gateway: string,
  problems: Problems,
): void {
  const kind = gatewayRouteKind(spec);
  if (kind === undefined || listeners.some(({ portMapping }) => takes(portMapping, spec))) return;
  const spoken = listeners.some(({ portMapping }) => portMapping.protocol === kind.protocol);
  const { port } = kind.route.match;
  problems.add(
    `virtualGateway/${gateway}/gatewayRoute/${name}`,
    spoken ? `${kind.path}.match.port` : kind.path,
    `virtual gateway ${gateway} has no ${kind.protocol} listener${spoken ? ` on port ${port}` : ""}: the route has no effect`,
  );
}

/** The port of a virtual service that a gateway route leads to. `message` tells what could not be had. */
function choose(
  service: Service,
  target: GatewayRouteTarget,
): { readonly port?: ServicePort; readonly message?: string } {
  if (service.unavailable !== undefined) return { message: service.unavailable };
  const who = `virtual service ${service.name}`;
  if (!isHostName(service.name))
    return { message: `${JSON.stringify(service.name)} cannot be called as a host` };
  if (target.port !== undefined) {
    const port = service.ports.find(({ port }) => port === target.port);
    if (port === undefined) return { message: `${who} has no port ${target.port}` };
    return port.protocol === "tcp" ? { message: `port ${port.port} of ${who} takes TCP alone` } : { port };
  }
  const ports = service.ports.filter(({ protocol }) => protocol !== "tcp");
  const port = ports.find(({ port }) => port === 80) ?? ports[0];
  if (port === undefined) return { message: `${who} takes TCP alone` };
  if (ports.length === 1) return { port };
  return { port, message: `${who} has several ports: requests go to port ${port.port}; name one with port` };
}

/** What a gateway's egress does for a port of a virtual service that gateway routes lead to. */
interface Chosen {
  readonly routes: readonly RouteJson[];
  readonly entities: readonly string[];
}

const chosenPort = memo((service: Service, port: ServicePort): Chosen => {
  const chosen = { name: chosenService, stringMatch: { exact: chosenValue(service.name, port.port) } };
  return {
    routes: servedRoutes(service, port).map((route) => ({
      ...route,
      match: { ...route.match, headers: [chosen, ...(route.match?.headers ?? [])] },
    })),
    entities: service.entities,
  };
});

const ingressRoutes = memo(
  (made: readonly IngressRoute[], name: string, gateway: string): Resource<RouteConfigurationJson> => ({
    name,
    json: {
      name,
      virtualHosts: [{ name: "self_redirect", domains: ["*"], routes: made.flatMap(({ routes }) => routes) }],
    },
    entities: [gateway, ...made.map(({ entity }) => entity)],
  }),
);

/**
 * The virtual service is known by the header alone: a client may ask for any host, and where the host is preserved it
 * must not choose another virtual service by it.
 */
const egressRoutes = memo((ports: readonly Chosen[], gateway: string): Resource<RouteConfigurationJson> => {
  const name = names.egressRoutes(egressPort);
  return {
    name,
    json: {
      name,
      virtualHosts: [
        { name: "default_backend", domains: ["*"], routes: ports.flatMap(({ routes }) => routes) },
      ],
      requestHeadersToRemove: [chosenService],
    },
    entities: [gateway, ...new Set(ports.flatMap(({ entities }) => entities))],
  };
});
