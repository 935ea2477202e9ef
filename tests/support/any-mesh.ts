// Meshes of every kind that the model allows, their entities drawn together so that they refer to each other.

import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { Interception, Proxy } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type {
  GatewayRouteSpec,
  RouteSpec,
  VirtualGatewaySpec,
  VirtualNodeSpec,
  VirtualServiceSpec,
  WeightedTarget,
} from "@pulumi-appmesh/model";
import { arbitrarySpec } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";

const nodes = ["catalog-v1", "catalog-v2", "ratings", "Ünïcode node_1:x"];
const routers = ["catalog", "router 2"];
const services = [
  "catalog.shop.local",
  "CATALOG.shop.local",
  "ratings",
  "a b",
  "*",
  "x:8080",
  "10.1.2.3",
  "100%{}",
];
const gateways = ["edge"];
const missing = "missing";
const ports = [80, 443, 8080, 9090, 15000, 15001];

/** Most of what is drawn: one of these; the rest: as it was. */
const mostly = <T>(known: readonly T[]) =>
  fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(...known)).map(
    ([dice, value]) =>
      (own: T) =>
        dice === 0 ? own : value,
  );

const nodeName = mostly([...nodes, missing]);
const serviceName = mostly([...services, missing]);
const port = mostly(ports);
const hostname = mostly([
  "localhost",
  "127.0.0.1",
  "::1",
  "catalog.shop.local.",
  "under_score.local",
  "[::1]",
]);

interface Choices {
  readonly node: (own: string) => string;
  readonly service: (own: string) => string;
  readonly port: (own: number) => number;
  readonly host: (own: string) => string;
}
/** A number of choices, taken one after the other. */
const choices: fc.Arbitrary<() => Choices> = fc
  .array(fc.record({ node: nodeName, service: serviceName, port, host: hostname }), {
    minLength: 8,
    maxLength: 8,
  })
  .map((drawn) => {
    let next = 0;
    return () => drawn[next++ % drawn.length] as Choices;
  });

const virtualNode: fc.Arbitrary<VirtualNodeSpec> = fc
  .tuple(arbitrarySpec("virtualNode"), choices)
  .map(([spec, choose]) => {
    const used = new Set<number>();
    const listeners = (spec.listeners ?? []).flatMap((listener) => {
      const own = choose().port(listener.portMapping.port);
      if (used.has(own)) return [];
      used.add(own);
      const { port: _, ...healthCheck } = listener.healthCheck ?? {};
      return [
        {
          ...listener,
          portMapping: { ...listener.portMapping, port: own },
          ...(listener.healthCheck ? { healthCheck: healthCheck as typeof listener.healthCheck } : {}),
        },
      ];
    });
    const dns = spec.serviceDiscovery?.dns;
    return {
      ...spec,
      ...(spec.listeners ? { listeners } : {}),
      ...(dns ? { serviceDiscovery: { dns: { ...dns, hostname: choose().host(dns.hostname) } } } : {}),
      ...(spec.backends
        ? {
            backends: spec.backends.map(({ virtualService }) => ({
              virtualService: {
                ...virtualService,
                virtualServiceName: choose().service(virtualService?.virtualServiceName ?? ""),
              },
            })),
          }
        : {}),
      // A proxy refuses a log file that it cannot write; that is not for the control plane to know.
      ...(spec.logging?.accessLog?.file
        ? { logging: { accessLog: { file: { ...spec.logging.accessLog.file, path: "/dev/null" } } } }
        : {}),
    };
  });

const retarget = (targets: readonly WeightedTarget[], choose: () => Choices): readonly WeightedTarget[] =>
  targets.map((target) => ({
    ...target,
    virtualNode: choose().node(target.virtualNode),
    ...(target.port === undefined ? {} : { port: choose().port(target.port) }),
  }));

const route: fc.Arbitrary<RouteSpec> = fc.tuple(arbitrarySpec("route"), choices).map(([spec, choose]) => {
  const retargeted = <R extends NonNullable<RouteSpec["httpRoute"] | RouteSpec["tcpRoute"]>>(kind: R): R => ({
    ...kind,
    action: { weightedTargets: retarget(kind.action.weightedTargets, choose) },
    ...(kind.match && "port" in kind.match
      ? { match: { ...kind.match, port: choose().port(kind.match.port as number) } }
      : {}),
  });
  return {
    ...spec,
    ...(spec.httpRoute ? { httpRoute: retargeted(spec.httpRoute) } : {}),
    ...(spec.http2Route ? { http2Route: retargeted(spec.http2Route) } : {}),
    ...(spec.grpcRoute ? { grpcRoute: retargeted(spec.grpcRoute as never) as typeof spec.grpcRoute } : {}),
    ...(spec.tcpRoute ? { tcpRoute: retargeted(spec.tcpRoute) } : {}),
  } as RouteSpec;
});

const virtualGateway: fc.Arbitrary<VirtualGatewaySpec> = fc
  .tuple(arbitrarySpec("virtualGateway"), choices)
  .map(([spec, choose]) => {
    const used = new Set<number>();
    return {
      ...spec,
      listeners: spec.listeners.flatMap(({ healthCheck, ...listener }) => {
        const own = choose().port(listener.portMapping.port);
        if (used.has(own)) return [];
        used.add(own);
        const { port: _, ...check } = healthCheck ?? {};
        return [
          {
            ...listener,
            portMapping: { ...listener.portMapping, port: own },
            ...(healthCheck ? { healthCheck: check as typeof healthCheck } : {}),
          },
        ];
      }),
      ...(spec.logging?.accessLog?.file
        ? { logging: { accessLog: { file: { ...spec.logging.accessLog.file, path: "/dev/null" } } } }
        : {}),
    };
  });

const gatewayRoute: fc.Arbitrary<GatewayRouteSpec> = fc
  .tuple(arbitrarySpec("gatewayRoute"), choices)
  .map(([spec, choose]) => {
    const retargeted = <R extends NonNullable<GatewayRouteSpec["httpRoute"] | GatewayRouteSpec["grpcRoute"]>>(
      kind: R,
    ): R => {
      const { target } = kind.action;
      const virtualServiceName = choose().service(target.virtualService.virtualServiceName);
      const port = target.port === undefined ? {} : { port: choose().port(target.port) };
      return {
        ...kind,
        action: { ...kind.action, target: { virtualService: { virtualServiceName }, ...port } },
        ...(kind.match.port === undefined
          ? {}
          : { match: { ...kind.match, port: choose().port(kind.match.port) } }),
      };
    };
    return {
      ...spec,
      ...(spec.httpRoute ? { httpRoute: retargeted(spec.httpRoute) } : {}),
      ...(spec.http2Route ? { http2Route: retargeted(spec.http2Route) } : {}),
      ...(spec.grpcRoute ? { grpcRoute: retargeted(spec.grpcRoute) } : {}),
    } as GatewayRouteSpec;
  });

const virtualService: fc.Arbitrary<VirtualServiceSpec> = fc.oneof(
  { weight: 1, arbitrary: arbitrarySpec("virtualService") },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...nodes, missing)
      .map((virtualNodeName) => ({ provider: { virtualNode: { virtualNodeName } } })),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...routers, missing)
      .map((virtualRouterName) => ({ provider: { virtualRouter: { virtualRouterName } } })),
  },
);

const some = <T>(names: readonly string[], value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), {
    requiredKeys: [],
    noNullPrototype: true,
  });

const perParent = <T>(parents: readonly string[], value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(parents.map((parent) => [parent, some(["a", "b", "c", "d"], value)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });

const virtualRouter = fc.tuple(arbitrarySpec("virtualRouter"), choices).map(([spec, choose]) => {
  const used = new Set<number>();
  return spec.listeners === undefined
    ? spec
    : {
        listeners: spec.listeners
          .map(({ portMapping }) => ({
            portMapping: { ...portMapping, port: choose().port(portMapping.port) },
          }))
          .filter(({ portMapping }) => used.size < used.add(portMapping.port).size),
      };
});

export const anyMesh = fc.record({
  meshName: fc.constantFrom("shop", "another mesh"),
  mesh: arbitrarySpec("mesh"),
  virtualNodes: some(nodes, virtualNode),
  virtualRouters: some(routers, virtualRouter),
  virtualServices: some(services, virtualService),
  routes: perParent(routers, route),
  virtualGateways: some(gateways, virtualGateway),
  gatewayRoutes: perParent(gateways, gatewayRoute),
}) as fc.Arbitrary<MeshDocument>;

/**
 * Meshes with a virtual gateway `edge` for a proxy without a control plane, which would wait for ever for secrets and for
 * endpoints in Cloud Map; and as long as a health check takes for those that are to be checked.
 */
export const anyGatewayMesh: fc.Arbitrary<MeshDocument> = fc
  .tuple(anyMesh, virtualGateway, some(["a", "b", "c", "d"], gatewayRoute))
  .map(([document, { backendDefaults: _, ...gateway }, routes]) => ({
    ...document,
    virtualGateways: {
      edge: { ...gateway, listeners: gateway.listeners.map(({ tls: _, ...listener }) => listener) },
    },
    gatewayRoutes: { edge: routes as Readonly<Record<string, GatewayRouteSpec>> },
    virtualNodes: Object.fromEntries(
      Object.entries(document.virtualNodes ?? {}).map(([name, { serviceDiscovery, ...node }]) => [
        name,
        {
          ...node,
          ...(node.listeners
            ? { listeners: node.listeners.map(({ tls: _, healthCheck: _check, ...plain }) => plain) }
            : {}),
          ...(serviceDiscovery
            ? { serviceDiscovery: { dns: serviceDiscovery.dns ?? { hostname: "127.0.0.1" } } }
            : {}),
        },
      ]),
    ),
  }));

export const anyInterception: fc.Arbitrary<Interception> = fc.oneof(
  fc.constant<Interception>({ mode: "transparent" }),
  fc.record({
    mode: fc.constant("explicit" as const),
    address: fc.constantFrom("127.0.0.1", "127.0.9.9", "0.0.0.0", "::1", "10.0.0.1"),
    appPorts: fc.constantFrom<Readonly<Record<string, number>>>(
      {},
      { "*": 41234 },
      { "8080": 8081, "9090": 9090 },
    ),
  }),
);

/** A proxy of which a mesh may be asked. */
export type Asked = Pick<Proxy, "kind" | "name">;

/** Those of whom a mesh may be asked. */
export const allAsked: readonly Asked[] = [
  ...[...nodes, missing].map((name): Asked => ({ kind: "virtualNode", name })),
  ...[...gateways, missing].map((name): Asked => ({ kind: "virtualGateway", name })),
];
