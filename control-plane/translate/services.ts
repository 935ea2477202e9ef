import type { PortProtocol, RouteSpec, VirtualNodeSpec, VirtualRouterSpec } from "@pulumi-appmesh/model";
import type { RouteJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { Target } from "./clusters.js";
import type { MeshEntities, Named } from "./entities.js";
import { list, memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem } from "./resources.js";
import { retryPolicy } from "./retries.js";
import { route, routeOf, type Share } from "./routes.js";
import { inOrder } from "./specificity.js";
import {
  type Absent,
  listenerTarget,
  orAbsent,
  routeTarget,
  targetNodes,
  unlessAbsent,
  weightedTargets,
} from "./targets.js";
import { listenerTimeout, requestTimeouts } from "./timeouts.js";

/** A virtual service as its callers see it, whoever provides it. The same object for all of them. */
export interface Service {
  readonly name: string;
  readonly ports: readonly ServicePort[];
  /** Why it has no ports. */
  readonly unavailable?: string;
  /** What it is made of. */
  readonly entities: readonly string[];
  readonly problems: readonly Problem[];
}

export interface ServicePort {
  readonly port: number;
  readonly protocol: PortProtocol;
  /** Where traffic may go, those that have no share now included. */
  readonly targets: readonly Target[];
  /** What Envoy tries in order, for HTTP, HTTP/2 and gRPC. */
  readonly routes: readonly RouteJson[];
  /** Where connections go, for TCP. */
  readonly shares: readonly Share[];
  /** The time limit of a TCP connection. */
  readonly timeout?: Parameters<typeof requestTimeouts>[0];
}

/** Reads what provides a virtual service, and only that. */
export function readService(entities: MeshEntities, mesh: Mesh, name: string): Service {
  const read = reader(mesh);
  return entities.derive ? entities.derive(read, name) : read(entities, name);
}

const reader = memo((mesh: Mesh) => (entities: MeshEntities, name: string): Service => {
  const spec = entities.virtualService(name);
  if (spec === undefined) return unavailable(name, "does not exist");
  const { virtualNode, virtualRouter } = spec.provider ?? {};
  if (virtualNode) {
    const node = virtualNode.virtualNodeName;
    return ofNode(mesh, name, node, orAbsent(entities.virtualNode(node)));
  }
  if (virtualRouter) {
    const router = virtualRouter.virtualRouterName;
    const routerSpec = entities.virtualRouter(router);
    if (routerSpec === undefined) {
      return unavailable(name, `is provided by virtual router ${router}, which does not exist`);
    }
    const routes = entities.routes(router);
    const nodes = targetNodes(routes).map((node) => orAbsent(entities.virtualNode(node)));
    return ofRouter(mesh, name, router, routerSpec, routes, list(nodes));
  }
  return unavailable(name, "has no provider");
});

function unavailable(name: string, why: string): Service {
  const key = `${name}\0${why}`;
  const known = unavailables.get(key);
  if (known !== undefined) return known;
  const reason = `virtual service ${name} ${why}`;
  const entity = `virtualService/${name}`;
  const service: Service = {
    name,
    ports: [],
    unavailable: reason,
    entities: [entity],
    problems: [{ entity, path: "", message: `${reason}: its callers get 503` }],
  };
  if (unavailables.size >= remembered) unavailables.clear();
  unavailables.set(key, service);
  return service;
}

/** There is no object that goes when such a name does: what is forgotten too early is only made again. */
const unavailables = new Map<string, Service>();
const remembered = 1000;

/** A virtual service that a virtual node provides has the node's listeners, and their time limits. */
const ofNode = memo((mesh: Mesh, name: string, node: string, found: VirtualNodeSpec | Absent): Service => {
  const spec = unlessAbsent(found);
  const listeners = spec?.listeners ?? [];
  if (spec === undefined || listeners.length === 0) {
    const lack = spec === undefined ? "does not exist" : "has no listener";
    return unavailable(name, `is provided by virtual node ${node}, which ${lack}`);
  }
  const ports = new Map<number, ServicePort>();
  const retries = retryPolicy(mesh, undefined);
  for (const [index, listener] of listeners.entries()) {
    const { port, protocol } = listener.portMapping;
    if (ports.has(port)) continue;
    const target = listenerTarget(spec, node, index);
    const timeout = listenerTimeout(listener);
    const cluster = names.egressCluster(mesh.name, node, protocol, port);
    const all: RouteJson = {
      match: { prefix: "/" },
      route: { cluster, ...requestTimeouts(timeout), ...(retries ? { retryPolicy: retries } : {}) },
    };
    ports.set(port, {
      port,
      protocol,
      targets: [target],
      routes: protocol === "tcp" ? [] : [all],
      shares: [{ target, weight: 1 }],
      timeout,
    });
  }
  return {
    name,
    ports: [...ports.values()],
    entities: [`virtualService/${name}`, `virtualNode/${node}`],
    problems: [],
  };
});

/** A virtual service that a virtual router provides has the router's listeners, and its routes. */
const ofRouter = memo(
  (
    mesh: Mesh,
    name: string,
    router: string,
    spec: VirtualRouterSpec,
    routes: readonly Named<RouteSpec>[],
    nodeSpecs: readonly (VirtualNodeSpec | Absent)[],
  ): Service => {
    const nodes = new Map(targetNodes(routes).map((node, i) => [node, unlessAbsent(nodeSpecs[i] as object)]));
    const problems = new Problems();
    const ordered = inOrder(routes);
    const ports = [...listeners(spec, ordered, nodes)].map(([port, protocol]) =>
      routerPort(mesh, router, port, protocol, ordered, nodes, problems),
    );
    if (ports.length === 0) {
      const lack = routes.length === 0 ? "no route" : "no listener, nor a route to a virtual node with one";
      return unavailable(name, `is provided by virtual router ${router}, which has ${lack}`);
    }
    for (const { port, routes, shares } of ports) {
      if (routes.length > 0 || shares.length > 0) continue;
      problems.add(
        `virtualRouter/${router}`,
        "spec.listeners",
        `no route serves port ${port}: calls get 404`,
      );
    }
    const served = new Set(ports.map(({ protocol }) => protocol));
    for (const route of routes) {
      const protocol = protocolOf(route.spec);
      if (!served.has(protocol)) {
        problems.add(
          entityOf(router, route),
          "spec",
          `virtual router ${router} has no ${protocol} listener: the route has no effect`,
        );
      }
    }
    return {
      name,
      ports,
      entities: [
        `virtualService/${name}`,
        `virtualRouter/${router}`,
        ...routes.map((route) => entityOf(router, route)),
        ...[...nodes.keys()].map((node) => `virtualNode/${node}`),
      ],
      problems: problems.all(),
    };
  },
);

type Nodes = ReadonlyMap<string, VirtualNodeSpec | undefined>;

const entityOf = (router: string, route: Named<RouteSpec>) => `virtualRouter/${router}/route/${route.name}`;

const protocolOf = (spec: RouteSpec): PortProtocol =>
  spec.httpRoute ? "http" : spec.http2Route ? "http2" : spec.grpcRoute ? "grpc" : "tcp";

/** The ports of a virtual router. One without listeners has those of the virtual nodes that it sends to. */
function listeners(
  spec: VirtualRouterSpec,
  routes: readonly Named<RouteSpec>[],
  nodes: Nodes,
): ReadonlyMap<number, PortProtocol> {
  const ports = new Map<number, PortProtocol>();
  const add = (port: number, protocol: PortProtocol) => {
    if (!ports.has(port)) ports.set(port, protocol);
  };
  for (const { portMapping } of spec.listeners ?? []) add(portMapping.port, portMapping.protocol);
  if (ports.size > 0) return ports;
  for (const { spec } of routes) {
    for (const { virtualNode, port } of weightedTargets(spec)) {
      const known = port ?? nodes.get(virtualNode)?.listeners?.[0]?.portMapping.port;
      if (known !== undefined) add(known, protocolOf(spec));
    }
  }
  return ports;
}

function routerPort(
  mesh: Mesh,
  router: string,
  port: number,
  protocol: PortProtocol,
  ordered: readonly Named<RouteSpec>[],
  nodes: Nodes,
  problems: Problems,
): ServicePort {
  const mine = ordered.filter(({ spec }) => {
    const kind = protocol === "tcp" ? spec.tcpRoute : routeOf(spec, protocol);
    return kind !== undefined && (kind.match?.port === undefined || kind.match.port === port);
  });
  const targets = new Map<string, Target>();
  const sharesOf = (named: Named<RouteSpec>): readonly Share[] =>
    weightedTargets(named.spec).map((weighted, i) => {
      const { target, message } = routeTarget(weighted, nodes.get(weighted.virtualNode), protocol, port);
      if (message !== undefined) {
        const kind = Object.keys(named.spec).find((member) => member.endsWith("Route"));
        problems.add(entityOf(router, named), `spec.${kind}.action.weightedTargets[${i}]`, message);
      }
      targets.set(names.egressCluster(mesh.name, target.node, target.protocol, target.port), target);
      return { target, weight: weighted.weight };
    });

  if (protocol === "tcp") {
    // A connection carries nothing to choose by: the first route takes all.
    const [first, ...others] = mine;
    for (const other of others) {
      problems.add(
        entityOf(router, other),
        "spec",
        `route ${first?.name} takes all connections to port ${port}: the route has no effect`,
      );
    }
    const shares = first === undefined ? [] : sharesOf(first);
    return {
      port,
      protocol,
      targets: [...targets.values()],
      routes: [],
      shares,
      timeout: first?.spec.tcpRoute?.timeout,
    };
  }
  const routes = mine.flatMap((named) => {
    const shares = sharesOf(named);
    const json = route(mesh, named, shares, (path, message) =>
      problems.add(entityOf(router, named), path, message),
    );
    return json === undefined ? [] : [json];
  });
  return { port, protocol, targets: [...targets.values()], routes, shares: [] };
}
