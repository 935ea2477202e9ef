// Each value that a member of a spec can have, in the smallest spec around it: what a table says best.
import type { Request, Story } from "./corpus.js";

const meshName = "variations";
const node = "v";

/** A story that creates an entity, and then updates it to each of the specs. */
function story(name: string, kind: string, names: Record<string, string>, specs: readonly object[]): Story {
  const given = { meshName, ...names };
  const requests: Request[] = [
    { operation: "CreateMesh", input: { meshName } },
    { operation: "CreateVirtualNode", input: { meshName, virtualNodeName: node, spec: {} } },
  ];
  const listeners = [{ portMapping: { port: 80, protocol: "http" } }];
  if ("routeName" in names) {
    const { virtualRouterName } = names;
    requests.push({
      operation: "CreateVirtualRouter",
      input: { meshName, virtualRouterName, spec: { listeners } },
    });
  }
  if ("gatewayRouteName" in names) {
    const { virtualGatewayName } = names;
    requests.push(
      { operation: "CreateVirtualService", input: { meshName, virtualServiceName: node, spec: {} } },
      { operation: "CreateVirtualGateway", input: { meshName, virtualGatewayName, spec: { listeners } } },
    );
  }
  const [first, ...others] = specs;
  requests.push({ operation: `Create${kind}`, input: { ...given, spec: first } });
  for (const spec of others) requests.push({ operation: `Update${kind}`, input: { ...given, spec } });
  return { name: `variations of ${name}`, requests };
}

const action = { weightedTargets: [{ virtualNode: node, weight: 1 }] };
const target = { virtualService: { virtualServiceName: node } };
const dns = { dns: { hostname: "v.local" } };
const duration = (value: number, unit: string) => ({ value, unit });
const durations = [
  duration(0, "s"),
  duration(0, "ms"),
  duration(1, "ms"),
  duration(15, "s"),
  duration(86_400, "s"),
];
const listener = (protocol: string, more: object = {}) => ({
  serviceDiscovery: dns,
  listeners: [{ portMapping: { port: 8080, protocol }, ...more }],
});
const http = (match: object, more: object = {}) => ({ httpRoute: { match, action, ...more } });
const gateway = (match: object, rewrite?: object) => ({
  httpRoute: { match, action: { target, ...(rewrite && { rewrite }) } },
});
const logging = (format: object) => ({ logging: { accessLog: { file: { path: "/dev/stdout", format } } } });
const valueMatches = [
  { exact: "a" },
  { exact: "ü€😀" },
  { prefix: "a b" },
  { suffix: "=;, \"'" },
  { regex: "^a(b|c)*$" },
  { range: { start: 0, end: 1 } },
  { range: { start: -9_007_199_254_740_991, end: 9_007_199_254_740_991 } },
];
const health = {
  protocol: "http",
  intervalMillis: 5000,
  timeoutMillis: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};

export function variations(): Story[] {
  const virtualNode = { virtualNodeName: "varied" };
  const route = { virtualRouterName: "varied", routeName: "varied" };
  const gatewayRoute = { virtualGatewayName: "varied", gatewayRouteName: "varied" };
  return [
    story(
      "headers",
      "Route",
      route,
      [undefined, false, true].flatMap((invert) =>
        [undefined, ...valueMatches].map((match) =>
          http({
            prefix: "/",
            headers: [{ name: "x-a", ...(invert !== undefined && { invert }), ...(match && { match }) }],
          }),
        ),
      ),
    ),
    story(
      "paths",
      "Route",
      route,
      [
        { prefix: "/" },
        { prefix: "/a/b" },
        { prefix: "/a/" },
        { path: { exact: "/" } },
        { path: { exact: "/a%20b" } },
        { path: { regex: "/.*" } },
        { prefix: "/", port: 80 },
      ].flatMap((match) => [http(match), { http2Route: { match, action } }]),
    ),
    story("priorities and weights", "Route", route, [
      ...[0, 1, 999, 1000].map((priority) => ({ priority, ...http({ prefix: "/" }) })),
      ...[0, 1, 50, 99, 100].map((weight) =>
        http({ prefix: "/" }, { action: { weightedTargets: [{ virtualNode: node, weight }] } }),
      ),
      http(
        { prefix: "/" },
        {
          action: { weightedTargets: Array.from({ length: 10 }, () => ({ virtualNode: node, weight: 10 })) },
        },
      ),
    ]),
    story(
      "route timeouts",
      "Route",
      route,
      durations.flatMap((each) => [
        http({ prefix: "/" }, { timeout: { perRequest: each } }),
        http({ prefix: "/" }, { timeout: { idle: each, perRequest: each } }),
        { tcpRoute: { action, timeout: { idle: each } } },
        { grpcRoute: { match: {}, action, timeout: { perRequest: each, idle: each } } },
      ]),
    ),
    story(
      "listener timeouts",
      "VirtualNode",
      virtualNode,
      durations.flatMap((each) => [
        ...["http", "http2", "grpc"].map((protocol) =>
          listener(protocol, { timeout: { [protocol]: { perRequest: each, idle: each } } }),
        ),
        listener("tcp", { timeout: { tcp: { idle: each } } }),
      ]),
    ),
    story(
      "health checks",
      "VirtualNode",
      virtualNode,
      [
        { ...health, port: 8080 },
        { ...health, path: "/a?b=c" },
        { ...health, intervalMillis: 300_000, timeoutMillis: 60_000 },
        { ...health, healthyThreshold: 10, unhealthyThreshold: 10 },
        { ...health, protocol: "http2" },
        { ...health, protocol: "grpc" },
        { ...health, protocol: "tcp" },
      ].map((healthCheck) => listener(healthCheck.protocol, { healthCheck })),
    ),
    story("service discovery", "VirtualNode", virtualNode, [
      {},
      ...["LOADBALANCER", "ENDPOINTS"].map((responseType) => ({
        serviceDiscovery: { dns: { hostname: "v.local", responseType } },
      })),
      { serviceDiscovery: { dns: { hostname: "10.0.0.1" } } },
      { serviceDiscovery: { dns: { hostname: "v.local." } } },
      ...[undefined, [], [{ key: "a", value: "b" }]].map((attributes) => ({
        serviceDiscovery: {
          awsCloudMap: { namespaceName: "n.local", serviceName: "v", ...(attributes && { attributes }) },
        },
      })),
    ]),
    story("backends", "VirtualNode", virtualNode, [
      { backends: [] },
      {
        backends: Array.from({ length: 50 }, (_, n) => ({ virtualService: { virtualServiceName: `s${n}` } })),
      },
      ...[
        {},
        { tls: { validation: { trust: { file: { certificateChain: "/ca.pem" } } } } },
        { tls: { enforce: false, ports: [1, 65_535], validation: { trust: { sds: { secretName: "ca" } } } } },
      ].flatMap((clientPolicy) => [
        { backendDefaults: { clientPolicy } },
        { backends: [{ virtualService: { virtualServiceName: "s", clientPolicy } }] },
      ]),
      { backendDefaults: {} },
    ]),
    story("access logs", "VirtualNode", virtualNode, [
      logging({ text: "%START_TIME%\n" }),
      logging({ text: '{"status": "%RESPONSE_CODE%"}\t☃' }),
      logging({ json: [{ key: "k", value: "%PROTOCOL%" }] }),
      logging({ json: Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, value: "%BYTES_SENT%" })) }),
    ]),
    story("structures with nothing in them", "VirtualNode", virtualNode, [
      { logging: {} },
      { backendDefaults: {} },
      { backendDefaults: { clientPolicy: {} } },
      { backends: [{ virtualService: { virtualServiceName: "s", clientPolicy: {} } }] },
      ...["http", "http2", "grpc", "tcp"].map((protocol) =>
        listener(protocol, { timeout: { [protocol]: {} } }),
      ),
      { ...listener("http"), listeners: [] },
    ]),
    story("routes with nothing in them", "Route", route, [
      { tcpRoute: { action, match: {} } },
      { tcpRoute: { action, timeout: {} } },
      { grpcRoute: { match: {}, action } },
      { grpcRoute: { match: { metadata: [{ name: "a" }] }, action, timeout: {} } },
      http({ prefix: "/", headers: [{ name: "a" }], queryParameters: [{ name: "b" }] }),
      http({ prefix: "/" }, { timeout: {} }),
    ]),
    story("gateway routes", "GatewayRoute", gatewayRoute, [
      gateway({ prefix: "/a/" }, {}),
      gateway({ prefix: "/a/" }, { hostname: {} }),
      ...[{ prefix: "/" }, { prefix: "/a/" }, { prefix: "/a" }, { prefix: "/", port: 80 }].map((match) =>
        gateway(match),
      ),
      ...[{ exact: "a.example.com" }, { suffix: ".example.com" }, { suffix: "example.com" }].flatMap(
        (hostname) => [
          gateway({ hostname }),
          gateway({ hostname, prefix: "/" }),
          gateway({ prefix: "/", hostname }, { hostname: { defaultTargetHostname: "DISABLED" } }),
        ],
      ),
      ...[{ defaultPrefix: "ENABLED" }, { defaultPrefix: "DISABLED" }, { value: "/" }, { value: "/b/" }].map(
        (prefix) => gateway({ prefix: "/a/" }, { prefix }),
      ),
      ...[{ exact: "/a" }, { regex: "/a[0-9]" }].flatMap((path) => [
        gateway({ path }),
        gateway({ path }, { path: { exact: "/b" } }),
      ]),
      ...valueMatches.map((match) => gateway({ prefix: "/", headers: [{ name: "x-a", match }] })),
      ...["GET", "DELETE"].map((method) => gateway({ prefix: "/", method })),
      gateway({ prefix: "/", queryParameters: [{ name: "q" }, { name: "r", match: { exact: "1" } }] }),
    ]),
  ];
}
