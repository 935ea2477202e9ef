// Values that must not be shown and values that are not known yet, in every place that a program may put them.
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Input, interpolate, secret } from "@pulumi/pulumi";
import { Mesh, MeshService, VirtualNode } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { TestStack } from "./stack.js";

const HIDDEN = ["hidden-host.internal", "hidden-tag", "hidden-backend.local"] as const;

/** What the state file holds in plain text of what is secret. */
function leaks({ stack }: TestStack): string[] {
  const file = join(stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
  const text = readFileSync(file, "utf8");
  return HIDDEN.filter((value) => text.includes(value));
}

describe("secret and unknown values", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const program = (v2: number) => async () => {
    const [host, tag, backend] = HIDDEN;
    const { meshName } = new Mesh("shop", { meshName: "shop" });
    const first = new VirtualNode("first", {
      meshName,
      virtualNodeName: "first",
      tags: { team: secret(tag) },
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: secret(host) } },
      },
    });
    // Only the control plane knows the version, so nothing of this is known in the first preview.
    const port = first.version.apply((version) => 8000 + version);
    const second = new VirtualNode("second", {
      meshName,
      virtualNodeName: "second",
      spec: {
        listeners: [{ portMapping: { port, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: interpolate`v${first.version}.internal` } },
      },
    });
    const service = new MeshService("catalog", {
      meshName,
      virtualServiceName: interpolate`catalog${first.version}.local`,
      listener: { portMapping: { port, protocol: "http" } },
      backends: [secret(backend)],
      versions: {
        v1: { weight: secret(100 - v2), serviceDiscovery: { dns: { hostname: secret(host) } } },
        v2: { weight: first.version.apply(() => v2), virtualNodeName: second.virtualNodeName },
      },
    });
    return { service: service.virtualServiceName, nodes: service.virtualNodeNames };
  };

  it("go through every operation; none is in plain text in the state, none makes a difference of its own", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });

    const planned = await stack.preview(program(0));
    deepStrictEqual(planned.messages, []);
    deepStrictEqual(planned.steps.map(({ op, name }) => `${op} ${name}`).sort(), [
      "create catalog",
      "create catalog-route",
      "create catalog-router",
      "create catalog-service",
      "create catalog-v1",
      "create first",
      "create second",
      "create shop",
    ]);

    const made = await stack.up();
    strictEqual(made.failure, undefined);
    deepStrictEqual(made.outputs, { service: "catalog1.local", nodes: { v1: "catalog-v1", v2: "second" } });
    deepStrictEqual(leaks(stack), []);
    const { body } = await controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/catalog-v1");
    deepStrictEqual(body.spec, {
      listeners: [{ portMapping: { port: 8001, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: "hidden-host.internal" } },
      backends: [{ virtualService: { virtualServiceName: "hidden-backend.local" } }],
    });

    deepStrictEqual((await stack.preview()).steps, []);
    strictEqual((await stack.refresh({ expectNoChanges: true })).failure, undefined);
    deepStrictEqual(leaks(stack), []);

    const shifted = await stack.up(program(10));
    deepStrictEqual(
      shifted.steps.filter(({ diff }) => diff !== undefined),
      [
        {
          op: "update",
          type: "appmesh:index:Route",
          name: "catalog-route",
          diff: {
            "spec.httpRoute.action.weightedTargets[0].weight": "update",
            "spec.httpRoute.action.weightedTargets[1].weight": "update",
          },
        },
      ],
    );
    deepStrictEqual(leaks(stack), []);
    strictEqual((await stack.destroy()).failure, undefined);
    deepStrictEqual(await stack.resources(), []);
  });

  it("are encrypted in the state from when they are made secret, by an update that changes nothing else", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    const [host, tag] = HIDDEN;
    const node = (hide: (text: string) => Input<string>) => async () => {
      const { meshName } = new Mesh("shop", { meshName: "shop" });
      new VirtualNode("first", {
        meshName,
        virtualNodeName: "first",
        tags: { team: hide(tag) },
        spec: {
          listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
          serviceDiscovery: { dns: { hostname: hide(host) } },
        },
      });
    };
    strictEqual((await stack.up(node((text) => text))).failure, undefined);
    deepStrictEqual(leaks(stack), [host, tag]);

    const hidden = await stack.up(node(secret));
    deepStrictEqual([hidden.failure, hidden.messages], [undefined, []]);
    deepStrictEqual(hidden.steps, [
      {
        op: "update",
        type: "appmesh:index:VirtualNode",
        name: "first",
        diff: { "spec.serviceDiscovery.dns.hostname": "update", "tags.team": "update" },
      },
    ]);
    deepStrictEqual(leaks(stack), []);
    const { body } = await controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/first");
    strictEqual(body.metadata.version, 1);

    deepStrictEqual((await stack.preview()).steps, []);
    strictEqual((await stack.refresh({ expectNoChanges: true })).failure, undefined);
    deepStrictEqual((await stack.preview()).steps, []);
    strictEqual((await stack.destroy()).failure, undefined);
  });
});
