// For every rule: a stack that breaks it, what is said of it, and what changes that.
import type { StackResource } from "../pulumi/subjects.js";
import { unknownText } from "./judged.js";

export interface Case {
  readonly breaks: readonly StackResource[];
  /** The resource at which it is told, by its name. */
  readonly at: string;
  /** The whole text. */
  readonly found: string;
  readonly complies: readonly StackResource[];
  /** A stack in which what matters is not known, and what the rule says to that. */
  readonly waits: readonly StackResource[];
  readonly open: string;
  /**
   * For every setting a value, and what is found by it (nothing where it is empty): in `breaks`, or in other resources, of which
   * something else is usual.
   */
  readonly settings: Readonly<
    Record<
      string,
      {
        readonly value: unknown;
        readonly on?: readonly StackResource[];
        readonly usual?: string;
        readonly finds: string;
      }
    >
  >;
  /** Settings without which the rule asks for nothing. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Inputs of the resource after the one safe change, where there is one. */
  readonly mended?: object;
}

const urn = (name: string) => `urn:pulumi:dev::shop::${name}`;
const resource = (type: string, name: string, props: object): StackResource => ({
  urn: urn(name),
  type,
  props,
});
export const nameOf = (at: string): string => at.replace(urn(""), "");

const mesh = (spec: object = {}, more: object = {}) =>
  resource("appmesh:index:Mesh", "mesh", { meshName: "shop", spec, ...more });
const node = (spec: object, name = "web") =>
  resource("appmesh:index:VirtualNode", name, { meshName: "shop", virtualNodeName: name, spec });
const gateway = (spec: object) =>
  resource("appmesh:index:VirtualGateway", "edge", { meshName: "shop", virtualGatewayName: "edge", spec });
const route = (spec: object, routeName = "all", virtualRouterName = "web") =>
  resource("appmesh:index:Route", routeName, { meshName: "shop", virtualRouterName, routeName, spec });
const service = (name: string, provider?: object) =>
  resource("appmesh:index:VirtualService", name, {
    meshName: "shop",
    virtualServiceName: name,
    spec: provider ? { provider } : {},
  });
const task = (containerDefinitions: readonly object[] | string, more: object = {}) =>
  resource("aws:ecs/taskDefinition:TaskDefinition", "task", {
    containerDefinitions:
      typeof containerDefinitions === "string" ? containerDefinitions : JSON.stringify(containerDefinitions),
    ...more,
  });
const iam = (type: string, name: string, props: object, from: Record<string, string[]> = {}) => ({
  ...resource(`aws:iam/${type[0]?.toLowerCase()}${type.slice(1)}:${type}`, name, props),
  propertyDependencies: from,
});

const listener = (more: object = {}) => ({ portMapping: { port: 8080, protocol: "http" }, ...more });
const file = { file: { certificateChain: "/c.pem", privateKey: "/k.pem" } };
const sds = { sds: { secretName: "own" } };
const trust = { file: { certificateChain: "/ca.pem" } };
const tls = (mode: string, more: object = {}) => listener({ tls: { mode, certificate: sds, ...more } });
const backend = (name = "db.local") => ({ virtualService: { virtualServiceName: name } });
const client = (more: object, validation: object = {}) => ({
  backends: [backend()],
  backendDefaults: { clientPolicy: { tls: { validation: { trust, ...validation }, ...more } } },
});
const to = (virtualNode = "web", weight: number | string = 1) => ({
  action: { weightedTargets: [{ virtualNode, weight }] },
});
const http = (more: object = {}, match: object = { prefix: "/" }) => ({
  httpRoute: { match, ...to(), ...more },
});
const retryPolicy = (maxRetries: number | string, seconds = 1, events: object = {}) => ({
  retryPolicy: {
    maxRetries,
    perRetryTimeout: { value: seconds, unit: "s" },
    httpRetryEvents: ["server-error"],
    ...events,
  },
});
const names = { match: { exact: ["db.local"] } };

const image = "envoyproxy/envoy:v1.40.0";
const healthCheck = { command: ["CMD-SHELL", "true"] };
const envoy = (more: object = {}) => ({ name: "envoy", image, user: "1337", healthCheck, ...more });
const app = (more: object = {}) => ({
  name: "app",
  image: "app:1",
  dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }],
  ...more,
});
const traced = (value: string) =>
  envoy({
    environment: [
      { name: "APPMESH_RESOURCE_ARN", value: "arn:aws:appmesh:r:1:mesh/shop/virtualNode/web" },
      { name: "ENABLE_ENVOY_XRAY_TRACING", value },
    ],
  });
const proxyConfiguration = (IgnoredUID: string) => ({
  proxyConfiguration: { type: "APPMESH", containerName: "envoy", properties: { IgnoredUID } },
});
const unknownTask = task(unknownText);
const document = (...actions: string[]) =>
  JSON.stringify({ Statement: actions.map((Action) => ({ Effect: "Allow", Action, Resource: "*" })) });
const trusted = JSON.stringify({
  Statement: [
    { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});
const role = (policy: string) =>
  iam("Role", "role", { name: "web", assumeRolePolicy: trusted, inlinePolicies: [{ name: "own", policy }] });
const attached = (policyArn: string) => [
  iam("Role", "role", { name: "web", assumeRolePolicy: trusted }),
  iam("RolePolicyAttachment", "attachment", { role: "web", policyArn }),
];
const kubernetes = (version: string) =>
  resource(`kubernetes:appmesh.k8s.aws/${version}:VirtualNode`, "object", {
    apiVersion: `appmesh.k8s.aws/${version}`,
    kind: "VirtualNode",
    metadata: { name: "web" },
    spec: { meshRef: { name: "shop" } },
  });

const chooser = (name: string, podSelector: object | string, kind = "VirtualNode") =>
  resource(`kubernetes:appmesh.k8s.aws/v1beta2:${kind}`, name, {
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind,
    metadata: { name, namespace: "shop" },
    spec: { meshRef: { name: "shop" }, podSelector },
  });
const chosenPods = (spec: object = {}, labels: object = { app: "web", version: "2" }) =>
  resource("kubernetes:apps/v1:Deployment", "deployment", {
    metadata: { name: "web", namespace: "shop" },
    spec: { template: { metadata: { labels }, spec: { containers: [{ name: "app" }], ...spec } } },
  });

/** Calls of a virtual node of itself, by a service whose route retries as often. */
const amplified = (maxRetries: number | string) => [
  node({ backends: [backend("b.local")] }, "a"),
  node({}, "b"),
  service("b.local", { virtualRouter: { virtualRouterName: "web" } }),
  route({ httpRoute: { match: { prefix: "/" }, ...to("b"), ...retryPolicy(maxRetries) } }),
];
const deployment = (replicas: number) => [
  node({ serviceDiscovery: { dns: { hostname: "web.default" } } }),
  resource("kubernetes:core/v1:Service", "svc", {
    metadata: { name: "web" },
    spec: { selector: { app: "web" } },
  }),
  resource("kubernetes:apps/v1:Deployment", "deployment", {
    metadata: { name: "web" },
    spec: { replicas, template: { metadata: { labels: { app: "web" } } } },
  }),
];

const none = {};

export const cases: Readonly<Record<string, Case>> = {
  "tls-listener-strict": {
    breaks: [node({ listeners: [tls("PERMISSIVE")] })],
    at: "web",
    found: "spec.listeners[0].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.",
    complies: [node({ listeners: [tls("STRICT")] })],
    waits: [node({ listeners: [tls(unknownText)] })],
    open: "spec.listeners[0].tls.mode",
    settings: none,
    mended: node({ listeners: [tls("STRICT")] }).props,
  },
  "tls-gateway-strict": {
    breaks: [gateway({ listeners: [tls("PERMISSIVE")] })],
    at: "edge",
    found: "spec.listeners[0].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.",
    complies: [gateway({ listeners: [tls("STRICT")] })],
    waits: [gateway({ listeners: [tls(unknownText)] })],
    open: "spec.listeners[0].tls.mode",
    settings: none,
    mended: gateway({ listeners: [tls("STRICT")] }).props,
  },
  "tls-client-policy": {
    breaks: [node({ backends: [backend()] })],
    at: "web",
    found:
      "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the backend without a policy of its own; give one with a validation of the certificate.",
    complies: [node(client({ enforce: true }))],
    waits: [node({ backends: [backend()], backendDefaults: unknownText })],
    open: "spec.backendDefaults",
    settings: none,
  },
  "tls-client-enforced": {
    breaks: [node(client({ enforce: false }))],
    at: "web",
    found:
      "spec.backendDefaults.clientPolicy.tls.enforce: enforce is false: connections to the backend without a policy of its own may go without TLS; set enforce to true.",
    complies: [node(client({ enforce: true }))],
    waits: [node(client({ enforce: unknownText }))],
    open: "spec.backendDefaults.clientPolicy.tls.enforce",
    settings: none,
    mended: node(client({ enforce: true })).props,
  },
  "tls-names-pinned": {
    breaks: [node(client({}))],
    at: "web",
    found:
      "spec.backendDefaults.clientPolicy.tls.validation.subjectAlternativeNames: no name is expected of the backend without a policy of its own; give match.exact with the names in its certificate.",
    complies: [node(client({}, { subjectAlternativeNames: names }))],
    waits: [node(client({}, { subjectAlternativeNames: unknownText }))],
    open: "spec.backendDefaults.clientPolicy.tls.validation.subjectAlternativeNames",
    settings: none,
  },
  "tls-managed-certificates": {
    breaks: [node({ listeners: [tls("STRICT", { certificate: file })] })],
    at: "web",
    found: "spec.listeners[0].tls.certificate.file: the private key is in a file; use acm or sds.",
    complies: [node({ listeners: [tls("STRICT")] })],
    waits: [node({ listeners: [tls("STRICT", { certificate: unknownText })] })],
    open: "spec.listeners[0].tls.certificate",
    settings: none,
  },
  "tls-mutual": {
    breaks: [node({ listeners: [tls("STRICT")] })],
    at: "web",
    found:
      "spec.listeners[0].tls.validation: clients are not asked for a certificate; give validation with the trusted authorities.",
    complies: [node({ listeners: [tls("STRICT", { validation: { trust } })] })],
    waits: [node({ listeners: [tls("STRICT", { validation: unknownText })] })],
    open: "spec.listeners[0].tls.validation",
    settings: none,
  },
  "tls-coverage": {
    breaks: [mesh(), node({ listeners: [tls("STRICT"), tls("DISABLED")] })],
    at: "mesh",
    found:
      "1 of 2 listeners of mesh shop have TLS in mode STRICT, which is 50 %; at least 100 % is asked for; give more listeners TLS in mode STRICT.",
    complies: [mesh(), node({ listeners: [tls("STRICT")] })],
    waits: [mesh(), node({ listeners: [tls(unknownText)] })],
    open: "spec.listeners[0].tls.mode of virtual node web",
    settings: { minimumPercent: { value: 50, finds: "" } },
  },
  "retry-policy-required": {
    breaks: [route(http())],
    at: "all",
    found:
      "spec.httpRoute.retryPolicy: the HTTP route has no retry policy; give one, or one with maxRetries 0 where nothing may be tried again.",
    complies: [route(http(retryPolicy(2)))],
    waits: [route(http({ retryPolicy: unknownText }))],
    open: "spec.httpRoute.retryPolicy",
    settings: none,
  },
  "retry-attempts-bounded": {
    breaks: [route(http(retryPolicy(9)))],
    at: "all",
    found:
      "spec.httpRoute.retryPolicy.maxRetries: 9 retries are more than the 3 that are allowed; set maxRetries to 3 or less.",
    complies: [route(http(retryPolicy(3)))],
    waits: [route(http(retryPolicy(unknownText)))],
    open: "spec.httpRoute.retryPolicy.maxRetries",
    settings: { maximum: { value: 9, finds: "" } },
  },
  "retry-within-timeout": {
    breaks: [route(http(retryPolicy(2, 9)))],
    at: "all",
    found:
      "spec.httpRoute.retryPolicy.perRetryTimeout: 3 attempts of 9 s take 27000 ms, and the request by default has 15000 ms; set perRetryTimeout to 5000 ms or less, or give the request more time.",
    complies: [route(http(retryPolicy(2, 5)))],
    waits: [route(http({ ...retryPolicy(2), timeout: unknownText }))],
    open: "spec.httpRoute.timeout",
    settings: none,
  },
  "retry-idempotent-only": {
    breaks: [route(http(retryPolicy(2), { prefix: "/", method: "POST" }))],
    at: "all",
    found:
      "spec.httpRoute.retryPolicy.httpRetryEvents[0]: after server-error the request may have been carried out, and the route takes POST; match repeatable methods by a route of their own, or leave server-error out.",
    complies: [route(http(retryPolicy(2), { prefix: "/", method: "GET" }))],
    waits: [route(http(retryPolicy(2), { prefix: "/", method: unknownText }))],
    open: "spec.httpRoute.match.method",
    settings: {
      methods: { value: ["POST"], finds: "" },
      grpc: {
        value: true,
        on: [route({ grpcRoute: { match: {}, ...to(), ...retryPolicy(2) } })],
        usual:
          "spec.grpcRoute.retryPolicy.httpRetryEvents[0]: after server-error the request may have been carried out, and the route takes a gRPC method, which may not be repeatable; match repeatable gRPC methods by a route of their own, or leave server-error out.",
        finds: "",
      },
    },
  },
  "retry-amplification": {
    breaks: amplified(30),
    at: "a",
    found:
      "one request may become 31 on the way a -> b, and 27 are allowed; lower maxRetries on the routes of that way.",
    complies: amplified(26),
    waits: amplified(unknownText),
    open: "spec.httpRoute.retryPolicy.maxRetries of route web/all",
    settings: { maximum: { value: 31, finds: "" } },
  },
  "request-timeout": {
    breaks: [route(http({ timeout: { perRequest: { value: 301, unit: "s" } } }))],
    at: "all",
    found:
      "spec.httpRoute.timeout.perRequest: 301 s are longer than the 300 s that are allowed; give 300 s or less.",
    complies: [route(http({ timeout: { perRequest: { value: 300, unit: "s" } } }))],
    waits: [route(http({ timeout: { perRequest: { value: unknownText, unit: "s" } } }))],
    open: "spec.httpRoute.timeout.perRequest.value",
    settings: { maximumSeconds: { value: 301, finds: "" } },
  },
  "health-check": {
    breaks: [node({ listeners: [listener()], serviceDiscovery: { dns: { hostname: "web.local" } } })],
    at: "web",
    found: "spec.listeners[0].healthCheck: endpoints are not checked; give a health check.",
    complies: [node({ listeners: [listener({ healthCheck: {} })] })],
    waits: [node({ listeners: [listener({ healthCheck: unknownText })] })],
    open: "spec.listeners[0].healthCheck",
    settings: none,
  },
  "outlier-detection": {
    breaks: [node({ listeners: [listener()] })],
    at: "web",
    found:
      "spec.listeners[0].outlierDetection: an endpoint that keeps failing is not ejected; give outlier detection.",
    complies: [node({ listeners: [listener({ outlierDetection: {} })] })],
    waits: [node({ listeners: [listener({ outlierDetection: unknownText })] })],
    open: "spec.listeners[0].outlierDetection",
    settings: none,
  },
  "connection-pool": {
    breaks: [node({ listeners: [listener()] })],
    at: "web",
    found:
      "spec.listeners[0].connectionPool: there is no limit; give a connection pool with what the application can carry.",
    complies: [node({ listeners: [listener({ connectionPool: { http: { maxConnections: 9 } } })] })],
    waits: [node({ listeners: [listener({ connectionPool: unknownText })] })],
    open: "spec.listeners[0].connectionPool",
    settings: none,
  },
  "route-weights": {
    breaks: [route({ httpRoute: { match: { prefix: "/" }, ...to("web", 0) } })],
    at: "all",
    found:
      "spec.httpRoute.action.weightedTargets: all 1 weights are 0: every request is answered with 503; give one of them a weight above 0.",
    complies: [route(http())],
    waits: [route({ httpRoute: { match: { prefix: "/" }, ...to("web", unknownText) } })],
    open: "spec.httpRoute.action.weightedTargets[0].weight",
    settings: none,
  },
  "routes-reachable": {
    breaks: [
      route({ priority: 1, ...http() }),
      route({ priority: 2, ...http({}, { prefix: "/a" }) }, "behind"),
    ],
    at: "behind",
    found:
      "route all of the same router comes first and takes all that route behind would take; give it a priority below 1, narrow the match of route all, or delete it.",
    complies: [
      route({ priority: 2, ...http() }),
      route({ priority: 1, ...http({}, { prefix: "/a" }) }, "behind"),
    ],
    waits: [
      route({ priority: 1, ...http() }),
      route({ priority: 2, ...http({}, { prefix: unknownText }) }, "b"),
    ],
    open: "spec.httpRoute.match.prefix of route web/b",
    settings: none,
  },
  "references-resolve": {
    breaks: [mesh(), node({ backends: [backend("none.local")] })],
    at: "web",
    found:
      "spec.backends[0].virtualService.virtualServiceName: there is no virtual service none.local; correct the name, or declare it.",
    complies: [mesh(), node({ backends: [backend("b.local")] }), service("b.local")],
    waits: [mesh(), node({ backends: [backend(unknownText)] })],
    open: "spec.backends[0].virtualService.virtualServiceName of virtual node web",
    settings: none,
  },
  "routes-to-empty-services": {
    breaks: [...deployment(0), route(http())],
    at: "all",
    found:
      "spec.httpRoute.action.weightedTargets[0].weight: weight 1 sends traffic to virtual node web, and Deployment web behind it is of size 0; set the weight to 0, or run a copy at least.",
    complies: [...deployment(1), route(http())],
    waits: [...deployment(0), route({ httpRoute: { match: { prefix: "/" }, ...to("web", unknownText) } })],
    open: "spec.httpRoute.action.weightedTargets[0].weight of route web/all",
    settings: none,
  },
  "services-used": {
    breaks: [mesh(), service("b.local")],
    at: "b.local",
    found:
      "nobody calls b.local: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.",
    complies: [mesh(), service("b.local"), node({ backends: [backend("b.local")] })],
    waits: [mesh(), service("b.local"), node({ backends: [backend(unknownText)] })],
    open: "spec.backends[0].virtualService.virtualServiceName of virtual node web",
    settings: none,
  },
  "egress-drop-all": {
    breaks: [mesh({ egressFilter: { type: "ALLOW_ALL" } })],
    at: "mesh",
    found: "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.",
    complies: [mesh({ egressFilter: { type: "DROP_ALL" } })],
    waits: [mesh({ egressFilter: { type: unknownText } })],
    open: "spec.egressFilter.type",
    settings: none,
    mended: mesh({ egressFilter: { type: "DROP_ALL" } }).props,
  },
  "access-log": {
    breaks: [node({})],
    at: "web",
    found: "spec.logging.accessLog: there is no access log; set file.path to /dev/stdout.",
    complies: [node({ logging: { accessLog: { file: { path: "/dev/stdout" } } } })],
    waits: [node({ logging: unknownText })],
    open: "spec.logging",
    settings: none,
    mended: node({ logging: { accessLog: { file: { path: "/dev/stdout" } } } }).props,
  },
  tracing: {
    breaks: [task([traced("0"), app()])],
    at: "task",
    found: "containerDefinitions[0].environment: envoy traces nothing; set ENABLE_ENVOY_XRAY_TRACING to 1.",
    complies: [task([traced("1"), app()])],
    waits: [unknownTask],
    open: "",
    settings: none,
  },
  "sidecar-image-pinned": {
    breaks: [task([envoy({ image: "envoyproxy/envoy:latest" })])],
    at: "task",
    found:
      "containerDefinitions[0].image: envoyproxy/envoy:latest is whatever is newest; name a version or a digest.",
    complies: [task([envoy()])],
    waits: [unknownTask],
    open: "",
    settings: {
      minimumVersion: {
        value: "1.41.0",
        on: [task([envoy()])],
        usual: "",
        finds: "containerDefinitions[0].image: v1.40.0 is older than 1.41.0; take 1.41.0 or newer.",
      },
    },
  },
  "sidecar-not-root": {
    breaks: [task([envoy({ user: "0" })])],
    at: "task",
    found: "containerDefinitions[0].user: 0 is root; set it to 1337.",
    complies: [task([envoy()])],
    waits: [unknownTask],
    open: "",
    settings: none,
  },
  "sidecar-redirection": {
    breaks: [task([envoy(), app()], proxyConfiguration("1338"))],
    at: "task",
    found:
      "proxyConfiguration.properties.IgnoredUID: user 1338 is ignored, and the proxy runs as 1337; set IgnoredUID and the container's user to the same, such as 1337.",
    complies: [task([envoy(), app()], proxyConfiguration("1337"))],
    waits: [task([envoy(), app()], { proxyConfiguration: unknownText })],
    open: "proxyConfiguration",
    settings: none,
  },
  "sidecar-not-bypassed": {
    breaks: [task([envoy(), app({ user: "1337" })], proxyConfiguration("1337"))],
    at: "task",
    found:
      "containerDefinitions[1].user: app runs as 1337, whose traffic is not redirected to the proxy; give it another user.",
    complies: [task([envoy(), app({ user: "1000" })], proxyConfiguration("1337"))],
    waits: [task([envoy(), app({ user: "1337" })], { proxyConfiguration: unknownText })],
    open: "proxyConfiguration",
    settings: { others: { value: ["app"], finds: "" } },
  },
  "sidecar-chosen-once": {
    breaks: [
      chooser("a", { matchLabels: { app: "web" } }),
      chooser("b", { matchLabels: { version: "2" } }),
      chosenPods(),
    ],
    at: "deployment",
    found:
      "spec.template.metadata.labels: VirtualNode shop/a and VirtualNode shop/b choose the pod, and the controller refuses it; narrow the podSelector of all but one.",
    complies: [
      chooser("a", { matchLabels: { app: "web" } }),
      chooser("b", { matchLabels: { version: "3" } }),
      chosenPods(),
    ],
    waits: [chooser("a", unknownText), chooser("b", { matchLabels: { version: "2" } }), chosenPods()],
    open: "spec.podSelector",
    settings: none,
  },
  "sidecar-own-network": {
    breaks: [chooser("a", {}), chosenPods({ hostNetwork: true })],
    at: "deployment",
    found:
      "spec.template.spec.hostNetwork: the pod has the network of its node, whose traffic is redirected to the proxy of VirtualNode shop/a; leave it out, or let the pod have no proxy.",
    complies: [chooser("a", {}), chosenPods()],
    waits: [chooser("a", {}), chosenPods({ hostNetwork: unknownText })],
    open: "spec.template.spec.hostNetwork",
    settings: none,
  },
  "sidecar-essential": {
    breaks: [task([envoy({ essential: false })])],
    at: "task",
    found: "containerDefinitions[0].essential: the task goes on when its proxy has ended; set it to true.",
    complies: [task([envoy()])],
    waits: [unknownTask],
    open: "",
    settings: none,
  },
  "sidecar-health-checked": {
    breaks: [task([envoy({ healthCheck: undefined })])],
    at: "task",
    found: "containerDefinitions[0].healthCheck: nobody asks whether the proxy is ready; give one.",
    complies: [task([envoy()])],
    waits: [unknownTask],
    open: "",
    settings: none,
  },
  "sidecar-start-order": {
    breaks: [task([envoy(), app({ dependsOn: [] })])],
    at: "task",
    found:
      "containerDefinitions[1].dependsOn: app may start before envoy is healthy; give dependsOn with containerName envoy and condition HEALTHY.",
    complies: [task([envoy(), app()])],
    waits: [unknownTask],
    open: "",
    settings: { others: { value: ["app"], finds: "" } },
  },
  "sidecar-no-plain-secrets": {
    breaks: [task([envoy(), app({ environment: [{ name: "DB_PASSWORD", value: "hunter2" }] })])],
    at: "task",
    found:
      "containerDefinitions[1].environment[0].value: DB_PASSWORD stands there in plain text; give it by secrets.",
    complies: [task([envoy(), app({ environment: [{ name: "DB_HOST", value: "db" }] })])],
    waits: [unknownTask],
    open: "",
    settings: none,
  },
  "sidecar-least-privilege": {
    breaks: [role(document("*"))],
    at: "role",
    found: "inlinePolicies[0].policy.Statement[0].Action: * allows every action; name the actions.",
    complies: [role(document("s3:GetObject"))],
    waits: [role(unknownText)],
    open: "inlinePolicies[0].policy",
    settings: none,
  },
  "sidecar-attached-policies": {
    breaks: attached("arn:aws:iam::aws:policy/AdministratorAccess"),
    at: "attachment",
    found:
      "policyArn: AWS's policy AdministratorAccess allows every action, and role web of containers has it; attach a policy that names the actions.",
    complies: attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
    waits: [
      iam("Role", "role", { name: "web", assumeRolePolicy: trusted }),
      iam("RolePolicy", "own", { role: "web", policy: unknownText }),
    ],
    open: "policy",
    settings: none,
  },
  "name-pattern": {
    breaks: [mesh({}, { meshName: "Shop" })],
    at: "mesh",
    found: "the name of mesh Shop does not match ^[a-z][a-z0-9-]*$; give it another name.",
    complies: [mesh()],
    waits: [mesh({}, { meshName: unknownText })],
    open: "meshName",
    settings: { pattern: { value: "^S", finds: "" } },
  },
  "required-tags": {
    breaks: [mesh({}, { tags: { team: "a" } })],
    at: "mesh",
    found: "the tag owner is missing; give it.",
    complies: [mesh({}, { tags: { owner: "a" } })],
    waits: [mesh({}, { tags: unknownText })],
    open: "tags",
    settings: { tags: { value: ["team"], finds: "" } },
    given: { tags: ["owner"] },
  },
  "declarations-readable": {
    breaks: [kubernetes("v1beta1")],
    at: "object",
    found:
      "version appmesh.k8s.aws/v1beta1 cannot be read, so that no other rule judges it; declare it in appmesh.k8s.aws/v1beta2.",
    complies: [kubernetes("v1beta2")],
    waits: [unknownTask],
    open: "containerDefinitions",
    settings: none,
  },
};
