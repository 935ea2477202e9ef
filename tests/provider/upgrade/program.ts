// What a user of each release may have written: every resource and component that the release has, with its settings.
// Users do not change their programs when a new release comes, so a part stays as it is once it was released; what is new
// in a release is a new part.
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import * as appmesh from "@pulumi-appmesh/appmesh";

const seconds = (value: number) => ({ value, unit: "s" as const });
const listener = <P extends "http" | "http2" | "grpc" | "tcp">(port: number, protocol: P) => ({
  portMapping: { port, protocol },
});
const tags = (part: string) => ({ team: "shop", part });
const dns = (hostname: string) => ({ dns: { hostname } });
const to = (virtualNode: Name | undefined, weight = 1) => ({ virtualNode: virtualNode ?? "missing", weight });

type Name = appmesh.Mesh["meshName"];
/** The names of what earlier parts made, which tell the engine the order. */
type Names = { meshName: Name } & Record<string, Name>;

interface Part {
  /** The release that it came with. */
  readonly since: string;
  readonly make: (names: Names) => void;
}

const parts: readonly Part[] = [
  { since: "0.1.0", make: nodes },
  { since: "0.1.0", make: routes },
  { since: "0.1.0", make: gateways },
  { since: "0.1.0", make: components },
];

/** The program of a user of this release. */
export const programOf =
  (release: string): PulumiFn =>
  async () => {
    const { meshName } = new appmesh.Mesh("shop", {
      meshName: "shop",
      spec: { egressFilter: { type: "DROP_ALL" }, serviceDiscovery: { ipPreference: "IPv4_ONLY" } },
      tags: tags("mesh"),
    });
    const names: Names = { meshName };
    for (const { since, make } of parts) if (compare(since, release) <= 0) make(names);
  };

const compare = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

function nodes(names: Names): void {
  const { meshName } = names;
  const catalog = new appmesh.VirtualNode("catalog-v1", {
    meshName,
    virtualNodeName: "catalog-v1",
    spec: {
      listeners: [
        {
          ...listener(8080, "http"),
          healthCheck: {
            protocol: "http",
            path: "/health",
            healthyThreshold: 2,
            unhealthyThreshold: 3,
            intervalMillis: 5000,
            timeoutMillis: 2000,
          },
          timeout: { http: { idle: seconds(60), perRequest: seconds(15) } },
          connectionPool: { http: { maxConnections: 100, maxPendingRequests: 50 } },
          outlierDetection: {
            maxServerErrors: 5,
            interval: seconds(10),
            baseEjectionDuration: seconds(30),
            maxEjectionPercent: 50,
          },
          tls: {
            mode: "STRICT",
            certificate: { file: { certificateChain: "/tls/chain.pem", privateKey: "/tls/key.pem" } },
            validation: {
              trust: { file: { certificateChain: "/tls/ca.pem" } },
              subjectAlternativeNames: { match: { exact: ["b.shop.local", "a.shop.local"] } },
            },
          },
        },
      ],
      serviceDiscovery: dns("catalog-v1.internal"),
      backends: [
        {
          virtualService: {
            virtualServiceName: "ratings.shop.local",
            clientPolicy: {
              tls: {
                enforce: true,
                ports: [8443, 443],
                validation: { trust: { sds: { secretName: "ca" } } },
              },
            },
          },
        },
      ],
      backendDefaults: {
        clientPolicy: { tls: { validation: { trust: { file: { certificateChain: "/tls/ca.pem" } } } } },
      },
      logging: {
        accessLog: {
          file: { path: "/dev/stdout", format: { json: [{ key: "status", value: "%RESPONSE_CODE%" }] } },
        },
      },
    },
    tags: tags("node"),
  });
  // A name that is made up must stay the one that it was.
  new appmesh.VirtualNode("unnamed", { meshName, spec: {}, tags: tags("node") });
  const ratings = new appmesh.VirtualNode("ratings", {
    meshName,
    virtualNodeName: "ratings",
    spec: {
      listeners: [listener(9090, "grpc")],
      serviceDiscovery: {
        awsCloudMap: {
          namespaceName: "shop.local",
          serviceName: "ratings",
          attributes: [{ key: "ECS_TASK_SET_EXTERNAL_ID", value: "blue" }],
        },
      },
    },
    tags: tags("node"),
  });
  Object.assign(names, { catalog: catalog.virtualNodeName, ratings: ratings.virtualNodeName });
}

function routes(names: Names): void {
  const { meshName, catalog, ratings } = names;
  const { virtualRouterName } = new appmesh.VirtualRouter("catalog", {
    meshName,
    virtualRouterName: "catalog",
    spec: { listeners: [listener(8080, "http"), listener(9090, "grpc"), listener(7000, "tcp")] },
    tags: tags("router"),
  });
  const route = (name: string, spec: appmesh.RouteArgs["spec"]) =>
    new appmesh.Route(name, { meshName, virtualRouterName, routeName: name, spec, tags: tags("route") });
  route("http", {
    priority: 1,
    httpRoute: {
      match: {
        prefix: "/",
        port: 8080,
        method: "GET",
        scheme: "http",
        headers: [
          { name: "user-agent", match: { regex: ".*(Chrome|Firefox).*" } },
          { name: "canary", invert: true },
        ],
        queryParameters: [{ name: "page", match: { exact: "1" } }],
      },
      action: { weightedTargets: [to(catalog, 90), to(ratings, 10)] },
      retryPolicy: {
        maxRetries: 2,
        perRetryTimeout: { value: 500, unit: "ms" },
        httpRetryEvents: ["server-error", "gateway-error"],
        tcpRetryEvents: ["connection-error"],
      },
      timeout: { perRequest: seconds(10) },
    },
  });
  route("grpc", {
    grpcRoute: {
      match: { port: 9090, serviceName: "shop.Ratings", methodName: "Get", metadata: [{ name: "tenant" }] },
      action: { weightedTargets: [to(ratings)] },
      retryPolicy: {
        maxRetries: 1,
        perRetryTimeout: seconds(1),
        grpcRetryEvents: ["unavailable", "cancelled"],
      },
    },
  });
  route("tcp", {
    tcpRoute: {
      match: { port: 7000 },
      action: { weightedTargets: [to(catalog)] },
      timeout: { idle: seconds(300) },
    },
  });
  const service = new appmesh.VirtualService("catalog", {
    meshName,
    virtualServiceName: "catalog.shop.local",
    spec: { provider: { virtualRouter: { virtualRouterName } } },
    tags: tags("service"),
  });
  names.service = service.virtualServiceName;
}

function gateways({ meshName, service }: Names): void {
  const { virtualGatewayName } = new appmesh.VirtualGateway("edge", {
    meshName,
    virtualGatewayName: "edge",
    spec: {
      listeners: [
        { ...listener(8443, "http2"), connectionPool: { http2: { maxRequests: 1000 } } },
        { ...listener(8080, "http") },
      ],
      logging: { accessLog: { file: { path: "/dev/stdout" } } },
    },
    tags: tags("gateway"),
  });
  new appmesh.GatewayRoute("catalog", {
    meshName,
    virtualGatewayName,
    gatewayRouteName: "catalog",
    spec: {
      priority: 5,
      httpRoute: {
        match: { prefix: "/catalog/", port: 8080, hostname: { suffix: ".example.com" } },
        action: {
          target: { virtualService: { virtualServiceName: service ?? "missing" }, port: 8080 },
          rewrite: { prefix: { value: "/" }, hostname: { defaultTargetHostname: "DISABLED" } },
        },
      },
    },
    tags: tags("gatewayRoute"),
  });
}

function components({ meshName }: Names): void {
  const { virtualServiceName } = new appmesh.MeshService("ratings", {
    meshName,
    virtualServiceName: "ratings.shop.local",
    listener: listener(8080, "http"),
    backends: ["catalog.shop.local"],
    logging: { accessLog: { file: { path: "/dev/stdout" } } },
    versions: {
      v1: { weight: 90, serviceDiscovery: dns("ratings-v1.internal") },
      v2: {
        weight: 10,
        spec: { serviceDiscovery: dns("ratings-v2.internal") },
        preview: { headers: [{ name: "preview", match: { exact: "v2" } }], priority: 3 },
      },
    },
    httpRoute: { match: { prefix: "/" }, timeout: { perRequest: seconds(5) } },
    tags: tags("meshService"),
  });
  new appmesh.Gateway("ingress", {
    meshName,
    virtualGatewayName: "ingress",
    listeners: [listener(8080, "http")],
    routes: {
      all: { virtualServiceName },
      ratings: {
        virtualServiceName,
        priority: 1,
        httpRoute: { match: { prefix: "/ratings/" }, rewrite: { prefix: { value: "/" } } },
      },
    },
    tags: tags("gatewayComponent"),
  });
}
