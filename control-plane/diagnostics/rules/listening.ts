import type { PortMapping, VirtualRouterSpec } from "@pulumi-appmesh/model";
import { type Address, ownName } from "../../mesh/address.js";
import type { Finding } from "../diagnostic.js";
import { entityName, type RouteKind, routeKind, spoken, type WholeMesh } from "../whole-mesh.js";

/** Whether routers and gateways listen for what their routes take. */
export async function* listening(mesh: WholeMesh): AsyncIterable<Finding> {
  const provided = await servicesByRouter(mesh);
  for await (const { address, spec } of mesh.all("virtualRouter")) {
    if (mesh.routesOf(address).length === 0) {
      yield {
        code: "NoRoutes",
        address,
        path: "",
        message: "the virtual router has no routes: calls to the virtual services that it provides fail",
        remedy: "Create a route, or delete the virtual router.",
        covers: [
          { entity: entityName(address), path: "spec.listeners" },
          ...(provided.get(ownName(address)) ?? []).flatMap((service) => mesh.leadingTo(service)),
        ],
      };
    }
    if ((spec.listeners ?? []).length === 0) {
      yield {
        code: "NoListeners",
        address,
        path: "spec.listeners",
        message:
          "the virtual router has no listeners: it takes traffic on the ports of the virtual nodes that its routes name",
        remedy: "Give it the listeners that its callers are to call.",
      };
    }
  }
  for await (const route of mesh.routes()) {
    const router = mesh.routerOf(route.address);
    const kind = routeKind(route.spec);
    if (router && kind) yield* fits(router.address, router.spec, route.address, kind);
  }
  for await (const { address } of mesh.all("virtualGateway")) {
    if (mesh.gatewayRoutesOf(address).length > 0) continue;
    yield {
      code: "NoGatewayRoutes",
      address,
      path: "",
      message: "the virtual gateway has no gateway routes: every request gets 404",
      remedy: "Create a gateway route.",
    };
  }
  for await (const route of mesh.gatewayRoutes()) {
    const gateway = mesh.gatewayOf(route.address);
    const kind = routeKind(route.spec);
    if (gateway && kind) yield* fits(gateway.address, gateway.spec, route.address, kind);
  }
}

/** The names of the virtual services that each virtual router provides. */
async function servicesByRouter(mesh: WholeMesh): Promise<ReadonlyMap<string, readonly string[]>> {
  const services = new Map<string, string[]>();
  for await (const { address, spec } of mesh.all("virtualService")) {
    const router = spec.provider?.virtualRouter?.virtualRouterName;
    if (router === undefined) continue;
    const others = services.get(router);
    if (others === undefined) services.set(router, [ownName(address)]);
    else others.push(ownName(address));
  }
  return services;
}

function* fits(
  parent: Address,
  { listeners = [] }: VirtualRouterSpec,
  address: Address,
  { protocol, path, match }: RouteKind,
): Iterable<Finding> {
  if (listeners.length === 0) return;
  const mappings = listeners.map(({ portMapping }) => portMapping);
  const { port } = match;
  if (port === undefined) {
    if (mappings.some((mapping) => mapping.protocol === protocol)) return;
    yield {
      code: "RouteProtocol",
      address,
      path,
      message: `${spoken(parent)} has no ${protocol} listener, only ${list(mappings)}: the route has no effect`,
      remedy: "Make the route one of a listener's protocol, or the listener one of the route's.",
      covers: [{ entity: entityName(address), path: "spec" }],
    };
    return;
  }
  const mapping = mappings.find((one) => one.port === port);
  if (mapping === undefined) {
    yield {
      code: "RoutePort",
      address,
      path: `${path}.match.port`,
      message: `${spoken(parent)} does not listen on port ${port}, only on ${list(mappings)}: the route has no effect`,
      remedy: "Match on a listener's port, or add a listener on this one.",
    };
  } else if (mapping.protocol !== protocol) {
    yield {
      code: "RouteProtocol",
      address,
      path,
      message: `the listener of ${spoken(parent)} on port ${port} is for ${mapping.protocol}, not ${protocol}: the route has no effect`,
      remedy: "Make the route one of the listener's protocol, or match on the port of another listener.",
      covers: [{ entity: entityName(address), path: "spec" }],
    };
  }
}

const list = (mappings: readonly PortMapping[]): string =>
  mappings.map(({ port, protocol }) => `${port} (${protocol})`).join(", ");
