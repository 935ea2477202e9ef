// A preview of what depends on what is not there yet, on Pulumi's real engine: parts of every depth are unknown, and
// nothing fails; when they are known, the same program makes what it says, and what is wrong is told then.
import assert from "node:assert/strict";
import type { Output } from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const portMapping = { port: 8080, protocol: "http" as const };
const dns = (hostname: string) => ({ dns: { hostname } });

/** Values that are known once the mesh is there. */
type Later = <T>(value: T) => Output<T>;

const program =
  (make: (later: Later, meshName: Output<string>) => void): (() => Promise<void>) =>
  async () => {
    const { meshName, uid } = new appmesh.Mesh("shop", { meshName: "shop" });
    // What comes of it is its own, not the identifier's.
    make((value) => uid.apply(() => value) as Output<typeof value>, meshName);
  };

const whole = program((later, meshName) => {
  new appmesh.VirtualNode("spec", { meshName, virtualNodeName: "spec", spec: later(nodeSpec("a.internal")) });
  new appmesh.VirtualNode("deep", {
    meshName,
    virtualNodeName: later("deep"),
    spec: {
      listeners: [
        {
          portMapping: { port: later(8080), protocol: later("http") },
          timeout: { http: { idle: later({ value: 1, unit: "s" }) } },
        },
        later({ portMapping: { port: 9090, protocol: "grpc" } }),
      ],
      serviceDiscovery: { dns: { hostname: later("deep.internal") } },
      backends: later([{ virtualService: { virtualServiceName: "catalog.shop.local" } }]),
    },
    tags: { part: later("deep") },
  });
  new appmesh.VirtualNode("tags", {
    meshName,
    virtualNodeName: "tags",
    spec: {},
    tags: later({ part: "tags" }),
  });
  const { virtualServiceName } = new appmesh.MeshService("catalog", {
    meshName,
    virtualServiceName: later("catalog.shop.local"),
    listener: later({ portMapping }),
    backends: later(["deep.shop.local"]),
    logging: { accessLog: later({ file: { path: "/dev/stdout" } }) },
    httpRoute: later({ timeout: { perRequest: { value: 5, unit: "s" } } }),
    priority: later(9),
    versions: {
      v1: { weight: later(90), serviceDiscovery: later(dns("v1.internal")) },
      v2: {
        weight: 10,
        spec: later({ serviceDiscovery: dns("v2.internal") }),
        preview: { headers: [{ name: later("x-preview"), match: later({ exact: "v2" }) }] },
      },
      v3: { weight: 0, virtualNodeName: later("tags"), preview: later({ headers: [{ name: "x-tags" }] }) },
    },
    tags: later({ part: "catalog" }),
  });
  new appmesh.Gateway("ingress", {
    meshName,
    virtualGatewayName: "ingress",
    listeners: later([{ portMapping }]),
    routes: {
      all: { virtualServiceName },
      some: { virtualServiceName, priority: later(1), httpRoute: later({ match: { prefix: "/some/" } }) },
    },
  });
});

const made = [
  "Gateway ingress",
  "GatewayRoute ingress-all",
  "GatewayRoute ingress-some",
  "Mesh shop",
  "MeshService catalog",
  "Route catalog-route",
  "Route catalog-v2-preview",
  "Route catalog-v3-preview",
  "VirtualGateway ingress-gateway",
  "VirtualNode catalog-v1",
  "VirtualNode catalog-v2",
  "VirtualNode deep",
  "VirtualNode spec",
  "VirtualNode tags",
  "VirtualRouter catalog-router",
  "VirtualService catalog-service",
];

describe("what is not known in a preview", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());
  afterEach(() => stack?.destroy());

  const names = (steps: Awaited<ReturnType<TestStack["up"]>>["steps"]) =>
    sorted(steps).map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);

  it("stops nothing, at any depth of entities and components, and is there when it is made", async () => {
    const planned = await stack.preview(whole);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(
      names(planned.steps),
      made.map((each) => `create ${each}`),
    );

    const up = await stack.up(whole);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { spec } = (await controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/deep")).body;
    assert.deepEqual(spec, {
      listeners: [
        { portMapping, timeout: { http: { idle: { value: 1, unit: "s" } } } },
        { portMapping: { port: 9090, protocol: "grpc" } },
      ],
      serviceDiscovery: dns("deep.internal"),
      backends: [{ virtualService: { virtualServiceName: "catalog.shop.local" } }],
    });
    const route = await controlPlane.call(
      "GET",
      "/v20190125/meshes/shop/virtualRouter/catalog-router/routes/catalog-v3-preview",
    );
    assert.deepEqual(route.body.spec, {
      priority: 0,
      httpRoute: {
        match: { prefix: "/", headers: [{ name: "x-tags" }] },
        action: { weightedTargets: [{ virtualNode: "tags", weight: 1 }] },
        timeout: { perRequest: { value: 5, unit: "s" } },
      },
    });
    const again = await stack.preview(whole);
    assert.deepEqual([again.steps, again.messages], [[], []]);
  });

  it("is checked when it is known, before anything wrong is made", async () => {
    const wrong = program((later, meshName) => {
      new appmesh.VirtualNode("late", {
        meshName,
        virtualNodeName: "late",
        spec: {
          listeners: [{ portMapping: { port: later(0), protocol: "http" } }],
          serviceDiscovery: dns("late"),
        },
      });
    });
    const planned = await stack.preview(wrong);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const up = await stack.up(wrong);
    assert.deepEqual(up.messages, [
      "appmesh:index:VirtualNode resource 'late': property spec.listeners[0].portMapping.port value {<nil>} has a problem: " +
        "0 was given; an integer from 1 to 65535 is allowed.",
    ]);
    assert.deepEqual(
      (await stack.resources()).map(({ id }) => id),
      ["shop"],
    );
  });
});
