// App Mesh's objects on a real API server of Kubernetes: what it takes, what it refuses, what it shows.
import assert from "node:assert/strict";
import { customResourceDefinitions } from "@pulumi-appmesh/model/kubernetes";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { skipWithout } from "../support/needs.js";

const definitions = customResourceDefinitions();
const object = (kind: string, name: string, spec: unknown) => ({
  apiVersion: "appmesh.k8s.aws/v1beta2",
  kind,
  metadata: { name, ...(kind !== "Mesh" && { namespace: "shop" }) },
  spec,
});

const second = { unit: "s", value: 1 };
const http = { portMapping: { port: 8080, protocol: "http" } };
const catalog = { virtualService: { virtualServiceRef: { name: "catalog" } } };

/** Of each kind, what manifests of the controller's users say. */
const accepted = [
  object("Mesh", "shop", {
    namespaceSelector: { matchLabels: { mesh: "shop" } },
    egressFilter: { type: "ALLOW_ALL" },
    meshServiceDiscovery: { ipPreference: "IPv4_ONLY" },
    meshOwner: "111122223333",
  }),
  object("VirtualNode", "front", {
    awsName: "front",
    podSelector: { matchLabels: { app: "front" }, matchExpressions: [{ key: "tier", operator: "Exists" }] },
    listeners: [
      {
        ...http,
        healthCheck: {
          protocol: "http",
          path: "/ping",
          port: 8080,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
          timeoutMillis: 2000,
          intervalMillis: 5000,
        },
        timeout: { http: { perRequest: second, idle: second } },
        connectionPool: { http: { maxConnections: 10, maxPendingRequests: 5 } },
        outlierDetection: {
          maxServerErrors: 5,
          interval: second,
          baseEjectionDuration: second,
          maxEjectionPercent: 50,
        },
        tls: {
          mode: "STRICT",
          certificate: { sds: { secretName: "spiffe://shop/front" } },
          validation: {
            trust: { sds: { secretName: "spiffe://shop" } },
            subjectAlternativeNames: { match: { exact: ["spiffe://shop/gateway"] } },
          },
        },
      },
    ],
    serviceDiscovery: { awsCloudMap: { namespaceName: "shop.internal", serviceName: "front" } },
    backends: [
      {
        virtualService: {
          ...catalog.virtualService,
          clientPolicy: {
            tls: {
              enforce: true,
              ports: [8080],
              validation: {
                trust: {
                  acm: {
                    certificateAuthorityARNs: [
                      "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1",
                    ],
                  },
                },
              },
            },
          },
        },
      },
      {
        virtualService: {
          virtualServiceARN: "arn:aws:appmesh:eu-west-1:111122223333:mesh/shop/virtualService/a.example",
        },
      },
    ],
    backendGroups: [{ name: "all", namespace: "shop" }],
    backendDefaults: { clientPolicy: {} },
    logging: {
      accessLog: { file: { path: "/dev/stdout", format: { json: [{ key: "a", value: "%PROTOCOL%" }] } } },
    },
  }),
  object("VirtualRouter", "catalog", {
    listeners: [http],
    routes: [
      {
        name: "canary",
        priority: 1,
        httpRoute: {
          match: {
            prefix: "/",
            method: "GET",
            headers: [{ name: "x-canary", match: { exact: "1" } }],
            queryParameters: [{ name: "q", match: { exact: "1" } }],
          },
          action: { weightedTargets: [{ virtualNodeRef: { name: "catalog-v2" }, weight: 100, port: 8080 }] },
          retryPolicy: {
            maxRetries: 2,
            perRetryTimeout: { unit: "ms", value: 500 },
            httpRetryEvents: ["server-error"],
            tcpRetryEvents: ["connection-error"],
          },
          timeout: { perRequest: second },
        },
      },
      {
        name: "rest",
        tcpRoute: { action: { weightedTargets: [{ virtualNodeARN: "arn:aws:x", weight: 1 }] } },
      },
    ],
  }),
  object("VirtualService", "catalog", {
    awsName: "catalog.shop.svc.cluster.local",
    provider: { virtualRouter: { virtualRouterRef: { name: "catalog" } } },
  }),
  object("VirtualService", "empty", {}),
  object("VirtualGateway", "ingress", {
    namespaceSelector: { matchLabels: { gateway: "ingress" } },
    podSelector: {},
    gatewayRouteSelector: { matchLabels: { gateway: "ingress" } },
    listeners: [
      {
        ...http,
        tls: {
          mode: "STRICT",
          certificate: { acm: { certificateARN: "arn:aws:acm:eu-west-1:111122223333:certificate/1" } },
        },
      },
    ],
    logging: { accessLog: { file: { path: "/dev/stdout" } } },
  }),
  object("GatewayRoute", "catalog", {
    httpRoute: {
      match: { prefix: "/catalog", hostname: { suffix: ".example" } },
      action: {
        target: catalog,
        rewrite: { prefix: { defaultPrefix: "DISABLED" }, hostname: { defaultTargetHostname: "DISABLED" } },
      },
    },
  }),
  object("BackendGroup", "all", { virtualservices: [{ name: "catalog" }] }),
];

const route = (httpRoute: unknown) =>
  object("VirtualRouter", "r", { listeners: [http], routes: [{ name: "r", httpRoute }] });
const targets = { weightedTargets: [{ virtualNodeRef: { name: "a" }, weight: 1 }] };

/** What the original definitions refuse as well, and in which words. */
const refused: readonly (readonly [unknown, RegExp])[] = [
  [
    object("Mesh", "m", { egressFilter: { type: "SOME" } }),
    /spec\.egressFilter\.type: Unsupported value: "SOME"/,
  ],
  [
    object("VirtualNode", "n", { listeners: [{ portMapping: { port: 70000, protocol: "http" } }] }),
    /spec\.listeners\[0\]\.portMapping\.port.*should be less than or equal to 65535/,
  ],
  [
    object("VirtualNode", "n", { listeners: [{ portMapping: { port: 80, protocol: "udp" } }] }),
    /portMapping\.protocol: Unsupported value: "udp"/,
  ],
  [object("VirtualNode", "n", { listeners: [{}] }), /spec\.listeners\[0\]\.portMapping: Required value/],
  [
    object("VirtualNode", "n", { listeners: [{ ...http, healthCheck: { protocol: "http" } }] }),
    /healthCheck\.healthyThreshold: Required value/,
  ],
  [route({ match: { prefix: "/" }, action: { weightedTargets: [] } }), /weightedTargets.*at least 1 items/],
  [route({ match: { method: "FETCH" }, action: targets }), /match\.method: Unsupported value: "FETCH"/],
  [route({ match: {}, action: { weightedTargets: [{ weight: 101 }] } }), /weight.*less than or equal to 100/],
  [
    object("GatewayRoute", "g", { httpRoute: { match: {}, action: {} } }),
    /httpRoute\.action\.target: Required value/,
  ],
  [object("VirtualNode", "n", { listener: [] }), /unknown field "spec\.listener"/],
  [
    object("VirtualNode", "n", { serviceDiscovery: { dns: { hostname: "a", ipPreference: "IPv4_ONLY" } } }),
    /unknown field "spec\.serviceDiscovery\.dns\.ipPreference"/,
  ],
];

describe("App Mesh's objects on a Kubernetes API server", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    cluster = await startCluster();
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    // As a cluster has them on which AWS's chart was installed years ago: fewer members, and applied by somebody else.
    cluster.kubectl(["apply", "--server-side", "--field-manager=helm", "-f", "-"], JSON.stringify(older));
    cluster.apply(object("VirtualNode", "kept", { listeners: [http] }));
  });
  after(() => cluster?.stop());

  it("replaces the definitions of an older version, and keeps the objects", async () => {
    assert.throws(() => cluster.apply(...definitions), /conflict with "helm"/);
    const applied = cluster.kubectl(
      ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      definitions.map((definition) => JSON.stringify(definition)).join("\n---\n"),
    );
    assert.deepEqual(
      applied.trim().split("\n"),
      definitions.map(
        ({ metadata }) => `customresourcedefinition.apiextensions.k8s.io/${metadata.name} serverside-applied`,
      ),
    );
    for (const { metadata } of definitions)
      cluster.kubectl(["wait", "--for=condition=Established", `crd/${metadata.name}`, "--timeout=60s"]);
    assert.match(
      cluster.kubectl(["get", "virtualnodes", "-n", "shop", "-o", "name"]),
      /virtualnode.appmesh.k8s.aws\/kept/,
    );
  });

  it("takes what manifests of the controller's users say, and keeps all of it", async () => {
    // The new schema is in force once what only it knows is taken.
    for (const each of accepted) {
      await eventually(() => cluster.apply(each));
      const kept = JSON.parse(
        cluster.kubectl([
          "get",
          `${each.kind}.appmesh.k8s.aws`,
          each.metadata.name,
          "-n",
          "shop",
          "-o",
          "json",
        ]),
      );
      assert.deepEqual(kept.spec, each.spec, `${each.kind} ${each.metadata.name}`);
    }
  });

  it("refuses what the original definitions refuse, by the place of the mistake", async () => {
    for (const [each, words] of refused) {
      const text = JSON.stringify(each);
      assert.throws(() => cluster.kubectl(["apply", "-f", "-"], text), words, text);
    }
  });

  it("leaves to the webhooks which members exclude each other", () => {
    cluster.apply(
      object("VirtualNode", "both", {
        backends: [{ virtualService: { virtualServiceRef: { name: "a" }, virtualServiceARN: "arn:aws:x" } }],
      }),
    );
    cluster.apply(object("GatewayRoute", "none", {}));
  });

  it("shows the ARN that the controller writes into the status, and lists all kinds as one category", async () => {
    const arn = "arn:aws:appmesh:eu-west-1:111122223333:mesh/shop/virtualNode/front";
    const path = "/apis/appmesh.k8s.aws/v1beta2/namespaces/shop/virtualnodes/front/status";
    const patched = await cluster.call(
      "PATCH",
      path,
      {
        status: {
          virtualNodeARN: arn,
          observedGeneration: 1,
          conditions: [
            { type: "VirtualNodeActive", status: "True", lastTransitionTime: "2026-11-23T15:00:00Z" },
          ],
        },
      },
      "application/merge-patch+json",
    );
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    const [head, ...rows] = cluster.kubectl(["get", "virtualnodes", "-n", "shop"]).trim().split("\n");
    assert.match(head ?? "", /^NAME +ARN +AGE$/);
    assert.ok(rows.some((row) => row.startsWith("front ") && row.includes(arn)));
    const all = cluster.kubectl(["get", "all", "-n", "shop", "-o", "name"]);
    assert.match(all, /^gatewayroute.appmesh.k8s.aws\/catalog$/m);
    assert.match(all, /^virtualgateway.appmesh.k8s.aws\/ingress$/m);
  });
});

const older = {
  ...definitions.find(({ metadata }) => metadata.name.startsWith("virtualnodes.")),
  spec: {
    group: "appmesh.k8s.aws",
    scope: "Namespaced",
    names: {
      kind: "VirtualNode",
      listKind: "VirtualNodeList",
      plural: "virtualnodes",
      singular: "virtualnode",
    },
    versions: [
      {
        name: "v1beta2",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  listeners: {
                    type: "array",
                    maxItems: 1,
                    items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** The API server takes up a new definition a moment after it has said that it is established. */
async function eventually(work: () => unknown): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
