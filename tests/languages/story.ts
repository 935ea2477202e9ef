// The canary story of examples/canary-*: the same in every language, with the real engine and a real control plane.
import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { type Command, Driver } from "./driver.js";

const meshPath = "/v20190125/meshes/shop";
const routePath = `${meshPath}/virtualRouter/catalog-router/routes/catalog-route`;
const httpListener = { portMapping: { port: 8080, protocol: "http" } };
const nodeSpec = (name: string) => ({
  listeners: [httpListener],
  serviceDiscovery: { dns: { hostname: `${name}.shop.internal` } },
});
const routeSpec = (canaryWeight: number) => ({
  httpRoute: {
    match: { prefix: "/" },
    action: {
      weightedTargets: [
        { virtualNode: "catalog-v1", weight: 100 - canaryWeight },
        { virtualNode: "catalog-v2", weight: canaryWeight },
      ],
    },
    retryPolicy: {
      maxRetries: 2,
      perRetryTimeout: { value: 500, unit: "ms" },
      httpRetryEvents: ["server-error"],
    },
  },
});

/**
 * @param language as the title says it
 * @param command the driver of that language; a text says why there is none on this machine, and skips the tests
 */
export function canaryStory(language: string, command: () => Promise<Command | string>): void {
  describe(`the canary story in ${language}`, function () {
    this.timeout(300_000);
    // Each test goes on from where the one before it left the stack.
    this.bail(true);
    let controlPlane: ControlPlane;
    let driver: Driver;

    before(async function () {
      const found = await command();
      if (typeof found === "string") {
        console.log(`    skipped: ${found}`);
        return this.skip();
      }
      controlPlane = await startControlPlane();
      driver = await Driver.start(found, controlPlane.api);
      await driver.do("config", "canaryWeight", "10");
    });
    after(async () => {
      await driver?.stop();
      await controlPlane?.stop();
    });

    const spec = async (path: string) => (await controlPlane.call("GET", path)).body.spec;

    it("previews the whole mesh before any of it is there", async () => {
      // The stack itself, the mesh, the component and its five.
      assert.deepEqual(await driver.do("preview"), { changes: { create: 8 } });
      assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
    });

    it("tells a mistake at its place in the program's arguments, in the preview", async () => {
      await driver.do("config", "canaryWeight", "101");
      await assert.rejects(
        driver.do("preview"),
        /property versions\.v2\.weight with value '\{101\}' has a problem: 101 was given; an integer from 0 to 100 is allowed\./,
      );
      await driver.do("config", "canaryWeight", "10");
    });

    it("makes the whole mesh by up, as the program says it, with outputs that are real", async () => {
      const made = await driver.do("up");
      assert.deepEqual(made, {
        changes: { create: 8 },
        outputs: {
          virtualServiceName: "catalog.shop.local",
          canaryNodeArn: "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/catalog-v2",
        },
      });
      assert.deepEqual(await spec(routePath), routeSpec(10));
      for (const name of ["catalog-v1", "catalog-v2"]) {
        assert.deepEqual(await spec(`${meshPath}/virtualNodes/${name}`), nodeSpec(name));
      }
      assert.deepEqual(await spec(`${meshPath}/virtualServices/catalog.shop.local`), {
        provider: { virtualRouter: { virtualRouterName: "catalog-router" } },
      });
    });

    it("previews no change when nothing has changed", async () => {
      assert.deepEqual(await driver.do("preview"), { changes: { same: 8 } });
    });

    it("shifts the traffic by a change of the route alone", async () => {
      await driver.do("config", "canaryWeight", "50");
      // The component's own record of its arguments is the second that is updated.
      assert.deepEqual((await driver.do("up")).changes, { update: 2, same: 6 });
      assert.deepEqual(await spec(routePath), routeSpec(50));
    });

    it("sees by refresh what was changed outside, and puts it right by up", async () => {
      const answer = await controlPlane.call("PUT", routePath, { spec: routeSpec(99) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.deepEqual((await driver.do("refresh")).changes, { update: 1, same: 7 });
      assert.deepEqual((await driver.do("up")).changes, { update: 1, same: 7 });
      assert.deepEqual(await spec(routePath), routeSpec(50));
    });

    it("imports what was made without Pulumi, by its readable id, and has nothing to change then", async () => {
      const answer = await controlPlane.call("PUT", `${meshPath}/virtualNodes`, {
        virtualNodeName: "ratings",
        spec: nodeSpec("ratings"),
      });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      await driver.do("config", "adoptRatings", "true");
      assert.deepEqual((await driver.do("up")).changes, { import: 1, same: 8 });
      assert.deepEqual(await driver.do("preview"), { changes: { same: 9 } });
    });

    it("leaves nothing by destroy", async () => {
      assert.deepEqual((await driver.do("destroy")).changes, { delete: 9 });
      assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
    });
  });
}
