// One entity of each kind, each using much of what its spec can say, as App Mesh's clients send them.
export interface Sample {
  /** As in AWS's operation names. */
  readonly title: string;
  /** Of the member that an answer holds the entity in, and of those that name it. */
  readonly names: Readonly<Record<string, string>>;
  readonly path: string;
  readonly listMember: string;
  readonly spec: object;
  readonly changed: object;
}

const listener = { portMapping: { port: 8080, protocol: "http" } };
const target = (virtualNode: string, weight: number) => ({ virtualNode, weight });

export const shop: readonly Sample[] = [
  {
    title: "Mesh",
    names: { meshName: "shop" },
    path: "mesh/shop",
    listMember: "meshes",
    spec: { egressFilter: { type: "DROP_ALL" } },
    changed: { serviceDiscovery: { ipPreference: "IPv4_PREFERRED" }, egressFilter: { type: "ALLOW_ALL" } },
  },
  {
    title: "VirtualNode",
    names: { meshName: "shop", virtualNodeName: "catalog-v1" },
    path: "mesh/shop/virtualNode/catalog-v1",
    listMember: "virtualNodes",
    spec: {
      serviceDiscovery: { dns: { hostname: "catalog-v1.shop.local", responseType: "ENDPOINTS" } },
      listeners: [
        {
          healthCheck: {
            protocol: "http",
            path: "/healthz",
            unhealthyThreshold: 2,
            healthyThreshold: 3,
            intervalMillis: 5000,
            timeoutMillis: 2000,
          },
          ...listener,
          timeout: { http: { perRequest: { value: 15, unit: "s" }, idle: { unit: "ms", value: 0 } } },
          connectionPool: { http: { maxConnections: 100, maxPendingRequests: 10 } },
          outlierDetection: {
            maxServerErrors: 5,
            interval: { value: 10, unit: "s" },
            baseEjectionDuration: { value: 30, unit: "s" },
            maxEjectionPercent: 0,
          },
        },
      ],
      // Backends may name services that do not exist yet.
      backends: [{ virtualService: { virtualServiceName: "ratings.shop.local" } }],
      backendDefaults: {
        clientPolicy: {
          tls: {
            enforce: false,
            ports: [],
            validation: { trust: { file: { certificateChain: "/ca.pem" } } },
          },
        },
      },
      logging: { accessLog: { file: { path: "/dev/stdout" } } },
    },
    changed: {
      backends: [],
      listeners: [listener],
      serviceDiscovery: { dns: { hostname: "catalog.shop.local" } },
    },
  },
  {
    title: "VirtualRouter",
    names: { meshName: "shop", virtualRouterName: "catalog" },
    path: "mesh/shop/virtualRouter/catalog",
    listMember: "virtualRouters",
    spec: { listeners: [listener] },
    changed: { listeners: [{ portMapping: { protocol: "http2", port: 9090 } }] },
  },
  {
    title: "Route",
    names: { meshName: "shop", virtualRouterName: "catalog", routeName: "all" },
    path: "mesh/shop/virtualRouter/catalog/route/all",
    listMember: "routes",
    spec: {
      priority: 0,
      httpRoute: {
        match: { prefix: "/", headers: [{ name: "x-canary", invert: false, match: { exact: "yes" } }] },
        action: { weightedTargets: [target("catalog-v1", 90), target("catalog-v1", 0)] },
        retryPolicy: {
          maxRetries: 0,
          perRetryTimeout: { value: 2, unit: "s" },
          httpRetryEvents: ["server-error", "gateway-error"],
          tcpRetryEvents: ["connection-error"],
        },
      },
    },
    changed: {
      httpRoute: { action: { weightedTargets: [target("catalog-v1", 1)] }, match: { prefix: "/v2" } },
    },
  },
  {
    title: "VirtualService",
    names: { meshName: "shop", virtualServiceName: "catalog.shop.local" },
    path: "mesh/shop/virtualService/catalog.shop.local",
    listMember: "virtualServices",
    spec: { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
    changed: {},
  },
  {
    title: "VirtualGateway",
    names: { meshName: "shop", virtualGatewayName: "edge" },
    path: "mesh/shop/virtualGateway/edge",
    listMember: "virtualGateways",
    spec: {
      listeners: [listener],
      logging: { accessLog: { file: { path: "/dev/stdout", format: { text: "%PROTOCOL%" } } } },
    },
    changed: { listeners: [{ ...listener, connectionPool: { http: { maxConnections: 1 } } }] },
  },
  {
    title: "GatewayRoute",
    names: { meshName: "shop", virtualGatewayName: "edge", gatewayRouteName: "catalog" },
    path: "mesh/shop/virtualGateway/edge/gatewayRoute/catalog",
    listMember: "gatewayRoutes",
    spec: {
      httpRoute: {
        match: { prefix: "/catalog/" },
        action: {
          target: { virtualService: { virtualServiceName: "catalog.shop.local" } },
          rewrite: { prefix: { value: "/" }, hostname: { defaultTargetHostname: "DISABLED" } },
        },
      },
    },
    changed: {
      priority: 1000,
      httpRoute: {
        match: { hostname: { suffix: ".example.com" }, prefix: "/" },
        action: { target: { virtualService: { virtualServiceName: "catalog.shop.local" } } },
      },
    },
  },
];
