// The same mesh in the three shapes that the pack knows, and workloads, on the real engine: every family of rules stops it.
import { deepStrictEqual, match } from "node:assert/strict";
import { pack, policedStack, Shown, said } from "./stack.js";

const settings = {
  all: "disabled",
  rules: {
    "tls-listener-strict": "mandatory",
    "retry-attempts-bounded": "mandatory",
    "health-check": "mandatory",
    "route-weights": "mandatory",
    "routes-to-empty-services": "mandatory",
    "egress-drop-all": "mandatory",
    "access-log": "mandatory",
    tracing: "mandatory",
    "sidecar-image-pinned": "mandatory",
    "sidecar-least-privilege": "mandatory",
    "sidecar-chosen-once": "mandatory",
    "sidecar-own-network": "mandatory",
    "name-pattern": { level: "mandatory", pattern: "^[a-z_]+$" },
  },
};

const mesh = { egressFilter: { type: "ALLOW_ALL" } };
const portMapping = { port: 8080, protocol: "http" };
const node = {
  listeners: [{ portMapping, tls: { mode: "PERMISSIVE" } }],
  serviceDiscovery: { dns: { hostname: "web.shop" } },
};
const perRetryTimeout = { unit: "s", value: 1 };
const retryPolicy = { maxRetries: 9, perRetryTimeout, tcpRetryEvents: ["connection-error"] };
const route = (target: object) => ({
  httpRoute: { match: { prefix: "/" }, action: { weightedTargets: [{ ...target, weight: 0 }] }, retryPolicy },
});

/** What every shape is told, where `prefix` is before the route's spec and `about` is what declares each. */
const told = (about: { mesh: string; node: string; route: string }, name: string, prefix = "spec") => [
  ["access-log", about.node, "spec.logging.accessLog: there is no access log; set file.path to /dev/stdout."],
  [
    "egress-drop-all",
    about.mesh,
    "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.",
  ],
  [
    "health-check",
    about.node,
    "spec.listeners[0].healthCheck: endpoints are not checked; give a health check.",
  ],
  [
    "name-pattern",
    about.node,
    `the name of virtual node ${name} does not match ^[a-z_]+$; give it another name.`,
  ],
  [
    "retry-attempts-bounded",
    about.route,
    `${prefix}.httpRoute.retryPolicy.maxRetries: 9 retries are more than the 3 that are allowed; set maxRetries to 3 or less.`,
  ],
  [
    "route-weights",
    about.route,
    `${prefix}.httpRoute.action.weightedTargets: all 1 weights are 0: every request is answered with 503; give one of them a weight above 0.`,
  ],
  [
    "tls-listener-strict",
    about.node,
    "spec.listeners[0].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.",
  ],
];

describe("the policy pack on the real engine, in every shape", function () {
  this.timeout(180_000);

  /** What stops a preview of the program: rule, resource, and the finding. */
  async function stops(program: () => void): Promise<readonly (readonly string[])[]> {
    const stack = await policedStack({}, settings);
    const run = await stack.preview(async () => program(), { policyPacks: [pack] });
    match(run.failure ?? "", /preview failed/);
    const all = said(run);
    deepStrictEqual([...new Set(all.map(({ level }) => level))], ["mandatory"]);
    return all.map(({ rule, about, message }) => [rule, about, message.split("\n").at(-1) ?? ""]);
  }

  it("stops a preview of aws.appmesh resources", async () => {
    const found = await stops(() => {
      new Shown("aws:appmesh/mesh:Mesh", "mesh", { name: "shop", spec: mesh });
      new Shown("aws:appmesh/virtualNode:VirtualNode", "node", { name: "Web", meshName: "shop", spec: node });
      new Shown("aws:appmesh/route:Route", "route", {
        name: "all",
        meshName: "shop",
        virtualRouterName: "r",
        spec: route({ virtualNode: "Web" }),
      });
    });
    deepStrictEqual(found, told({ mesh: "mesh", node: "node", route: "route" }, "Web"));
  });

  it("stops a preview of Kubernetes objects", async () => {
    const shown = (kind: string, name: string, spec: object) =>
      new Shown(`kubernetes:appmesh.k8s.aws/v1beta2:${kind}`, `${kind} ${name}`, {
        apiVersion: "appmesh.k8s.aws/v1beta2",
        kind,
        metadata: { name, namespace: "shop" },
        spec,
      });
    const found = await stops(() => {
      shown("Mesh", "shop", mesh);
      shown("VirtualNode", "Web", node);
      const listeners = [{ portMapping }];
      shown("VirtualRouter", "r", {
        listeners,
        routes: [{ name: "all", ...route({ virtualNodeRef: { name: "Web" } }) }],
      });
    });
    const about = { mesh: "Mesh shop", node: "VirtualNode Web", route: "VirtualRouter r" };
    deepStrictEqual(found, told(about, "Web_shop", "spec.routes[0]"));
  });

  it("stops a preview of workloads with a proxy, of their roles, and of routes to services that run nothing", async () => {
    const labels = { app: "web" };
    const app = { name: "app", image: "shop:1" };
    const environment = [{ name: "APPMESH_RESOURCE_ARN", value: "mesh/shop/virtualNode/web" }];
    const found = await stops(() => {
      new Shown("aws:ecs/taskDefinition:TaskDefinition", "task", {
        containerDefinitions: JSON.stringify([
          app,
          { name: "envoy", image: "envoyproxy/envoy", environment },
        ]),
      });
      const envoy = { name: "envoy", image: "envoyproxy/envoy:latest", env: environment };
      new Shown("kubernetes:apps/v1:Deployment", "deployment", {
        metadata: { name: "web", namespace: "shop" },
        spec: {
          replicas: 0,
          template: { metadata: { labels }, spec: { containers: [app, envoy] } },
        },
      });
      new Shown("kubernetes:core/v1:Service", "service", {
        metadata: { name: "web", namespace: "shop" },
        spec: { selector: labels },
      });
      new Shown("aws:iam/role:Role", "role", {
        assumeRolePolicy: JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" } }],
        }),
        inlinePolicies: [
          { policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }) },
        ],
      });
      const strict = { portMapping, tls: { mode: "STRICT" }, healthCheck: {} };
      const logging = { accessLog: { file: { path: "/dev/stdout" } } };
      new Shown("aws:appmesh/virtualNode:VirtualNode", "node", {
        name: "web",
        meshName: "shop",
        spec: { ...node, listeners: [strict], logging },
      });
      new Shown("aws:appmesh/route:Route", "route", {
        name: "all",
        meshName: "shop",
        virtualRouterName: "r",
        spec: { tcpRoute: { action: { weightedTargets: [{ virtualNode: "web", weight: 100 }] } } },
      });
    });
    const traces = "envoy traces nothing; set ENABLE_ENVOY_XRAY_TRACING to 1.";
    deepStrictEqual(found, [
      [
        "routes-to-empty-services",
        "route",
        "spec.tcpRoute.action.weightedTargets[0].weight: weight 100 sends traffic to virtual node web, and Deployment web behind it is of size 0; set the weight to 0, or run a copy at least.",
      ],
      [
        "sidecar-image-pinned",
        "deployment",
        "spec.template.spec.containers[1].image: envoyproxy/envoy:latest is whatever is newest; name a version or a digest.",
      ],
      [
        "sidecar-image-pinned",
        "task",
        "containerDefinitions[1].image: envoyproxy/envoy names no version; name a version or a digest.",
      ],
      [
        "sidecar-least-privilege",
        "role",
        "inlinePolicies[0].policy.Statement[0].Action: * allows every action; name the actions.",
      ],
      ["tracing", "deployment", `spec.template.spec.containers[1].env: ${traces}`],
      ["tracing", "task", `containerDefinitions[1].environment: ${traces}`],
    ]);
  });

  it("stops a preview of pods that two virtual nodes choose, and of selectors that cannot be told apart", async () => {
    const metadata = (name: string) => ({ name, namespace: "shop" });
    const chooser = (kind: string, name: string, podSelector: object) =>
      new Shown(`kubernetes:appmesh.k8s.aws/v1beta2:${kind}`, name, {
        apiVersion: "appmesh.k8s.aws/v1beta2",
        kind,
        metadata: metadata(name),
        spec: { podSelector, logging: { accessLog: { file: { path: "/dev/stdout" } } } },
      });
    const deployment = (name: string, labels: object, spec: object = {}) =>
      new Shown("kubernetes:apps/v1:Deployment", `deployment ${name}`, {
        metadata: metadata(name),
        spec: { template: { metadata: { labels }, spec: { containers: [{ name: "app" }], ...spec } } },
      });
    const found = await stops(() => {
      chooser("VirtualNode", "web", { matchLabels: { app: "web" } });
      chooser("VirtualNode", "web_b", {
        matchExpressions: [{ key: "version", operator: "NotIn", values: ["1"] }],
      });
      deployment("one", { app: "web", version: "1" });
      deployment("two", { app: "web", version: "2" });
      deployment("host", { app: "web", version: "1" }, { hostNetwork: true });
      chooser("VirtualGateway", "edge", { matchLabels: { app: "edge", version: "1" } });
      chooser("VirtualNode", "behind", {
        matchExpressions: [{ key: "app", operator: "In", values: ["edge"] }],
      });
    });
    deepStrictEqual(found, [
      [
        "sidecar-chosen-once",
        "deployment two",
        "spec.template.metadata.labels: VirtualNode shop/web and VirtualNode shop/web_b choose the pod, and the controller refuses it; narrow the podSelector of all but one.",
      ],
      [
        "sidecar-chosen-once",
        "edge",
        "spec.podSelector: every pod that it chooses is chosen by VirtualNode shop/behind too, and the controller refuses such a pod; narrow the podSelector of all but one.",
      ],
      [
        "sidecar-own-network",
        "deployment host",
        "spec.template.spec.hostNetwork: the pod has the network of its node, whose traffic is redirected to the proxy of VirtualNode shop/web; leave it out, or let the pod have no proxy.",
      ],
    ]);
  });
});
