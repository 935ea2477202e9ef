// What the engine asks of a provider besides the life of one mesh: names, time limits, other runs, other addresses.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { TestStack } from "./stack.js";

describe("the engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const names = async (collection: string, nameMember: string) => {
    const { body } = await controlPlane.call("GET", `/v20190125/meshes/shop/${collection}`);
    return body[collection].map((each: Record<string, string>) => each[nameMember]).sort();
  };
  const numbers = Array.from({ length: 8 }, (_, index) => index);

  it("loses nothing of two updates at once in one mesh, nor of what is deleted while the other goes on", async () => {
    const env = { APPMESH_ENDPOINT: controlPlane.api };
    const [left, right] = [await TestStack.create(env, "left"), await TestStack.create(env, "right")];
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const program = (side: string) => async () => {
      for (const number of numbers) {
        const name = `${side}-${number}`;
        const { virtualNodeName } = new appmesh.VirtualNode(name, {
          meshName: "shop",
          virtualNodeName: name,
          spec: nodeSpec(`${name}.internal`),
        });
        new appmesh.VirtualService(name, {
          meshName: "shop",
          virtualServiceName: `${name}.local`,
          spec: { provider: { virtualNode: { virtualNodeName } } },
        });
      }
    };
    const ups = await Promise.all([left.up(program("left")), right.up(program("right"))]);
    assert.deepEqual(
      ups.map(({ failure, steps }) => [failure, steps.length]),
      [
        [undefined, 16],
        [undefined, 16],
      ],
    );
    const all = ["left", "right"].flatMap((side) => numbers.map((number) => `${side}-${number}`));
    assert.deepEqual(await names("virtualNodes", "virtualNodeName"), all);
    assert.deepEqual(
      await names("virtualServices", "virtualServiceName"),
      all.map((name) => `${name}.local`),
    );
    const [gone, same] = await Promise.all([left.destroy(), right.refresh({ expectNoChanges: true })]);
    assert.deepEqual([gone.failure, same.failure], [undefined, undefined]);
    assert.deepEqual(await names("virtualNodes", "virtualNodeName"), all.slice(8));
    assert.equal((await right.destroy()).failure, undefined);
    await controlPlane.call("DELETE", "/v20190125/meshes/shop");
  });

  it("has names made as the user wants, keeps what was made when a part fails, and deletes what names another without saying so", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    await stack.stack.setConfig("pulumi:autonaming.pattern", { value: "$" + "{project}-$" + "{name}" }, true);
    const program = (hostname: string) => async () => {
      const { meshName } = new appmesh.Mesh("mesh");
      const { virtualNodeName } = new appmesh.VirtualNode("node", {
        meshName,
        spec: nodeSpec("node.internal"),
      });
      const { virtualRouterName } = new appmesh.VirtualRouter("router", {
        meshName,
        spec: { listeners: nodeSpec("").listeners },
      });
      new appmesh.VirtualService("catalog", {
        meshName,
        virtualServiceName: "catalog.shop.local",
        // The name alone, so that the engine knows of no order between the two.
        spec: { provider: { virtualNode: { virtualNodeName: "shop-node" } } },
      });
      new appmesh.Route("all", {
        meshName,
        virtualRouterName,
        spec: {
          httpRoute: {
            match: { prefix: "/" },
            action: {
              weightedTargets: [{ virtualNode: hostname === "" ? virtualNodeName : hostname, weight: 1 }],
            },
          },
        },
      });
    };
    const failed = await stack.up(program("none"));
    assert.notEqual(failed.failure, undefined);
    const made = (await stack.resources()).map(({ id }) => id).sort();
    assert.ok(made.includes("shop-mesh") && !made.includes("shop-mesh/shop-router/shop-all"), made.join());

    const up = await stack.up(program(""));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual((await stack.resources()).map(({ id }) => id).sort(), [
      "shop-mesh",
      "shop-mesh/catalog.shop.local",
      "shop-mesh/shop-node",
      "shop-mesh/shop-router",
      "shop-mesh/shop-router/shop-all",
    ]);
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
  });

  it("is told of a time limit that has passed, and finds the mesh again where its control plane has moved to", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const nowhere = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const stack = await TestStack.create({});
    const program = (endpoint: string, limit: object) => async () => {
      const provider = new appmesh.Provider("mine", { endpoint });
      new appmesh.Mesh("shop", { meshName: "shop" }, { provider, ...limit });
    };
    try {
      const late = await stack.up(program(nowhere, { customTimeouts: { create: "1s" } }));
      assert.deepEqual(late.messages, [
        'cannot create mesh "shop": the operation did not finish within its time limit (custom timeout); what was not answered yet ' +
          "may or may not have been done. If the next pulumi up finds that it exists already, import it: " +
          "pulumi import appmesh:index:Mesh NAME shop",
      ]);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
    assert.equal((await stack.up(program(controlPlane.api, {}))).failure, undefined);

    const { data } = controlPlane;
    await controlPlane.stop();
    controlPlane = await startControlPlane({ data });
    const moved = await stack.up(program(controlPlane.api, {}));
    assert.deepEqual([moved.failure, moved.steps], [undefined, []]);
    assert.equal((await stack.destroy()).failure, undefined);
    assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
  });
});
