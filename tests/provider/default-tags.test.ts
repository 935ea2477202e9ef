// Tags that a provider gives to everything it makes, on Pulumi's real engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

describe("default tags", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());

  const tags = async (path: string) => {
    const { metadata } = (await controlPlane.call("GET", `/v20190125/meshes/${path}`)).body;
    const query = `resourceArn=${encodeURIComponent(metadata.arn)}`;
    const { body } = await controlPlane.call("GET", `/v20190125/tags?${query}`);
    return Object.fromEntries(
      body.tags.map(({ key, value }: { key: string; value: string }) => [key, value]),
    );
  };

  const program = (defaultTags?: appmesh.ProviderArgs["defaultTags"]) => async () => {
    const provider = new appmesh.Provider("mine", {
      endpoint: controlPlane.api,
      ...(defaultTags && { defaultTags }),
    });
    const { meshName, tags } = new appmesh.Mesh("shop", { meshName: "shop" }, { provider });
    new appmesh.VirtualNode(
      "own",
      { meshName, virtualNodeName: "own", spec: nodeSpec("own.internal"), tags: { team: "stock" } },
      { provider },
    );
    new appmesh.MeshService(
      "catalog",
      {
        meshName,
        virtualServiceName: "catalog.shop.local",
        listener: { portMapping: { port: 8080, protocol: "http" } },
        versions: { v1: { weight: 1, serviceDiscovery: { dns: { hostname: "v1.internal" } } } },
      },
      { provider },
    );
    return { tags };
  };

  it("reach everything, behind a resource's own; a change of them is an update of tags alone; nothing drifts, no secret shows", async () => {
    const stack = await TestStack.create({ APPMESH_MAX_RETRIES: "0" });
    const first = { team: "shop", stage: "test" };
    const made = await stack.up(program(first));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(made.outputs, { tags: first });
    const all = [
      "shop",
      "shop/virtualNodes/catalog-v1",
      "shop/virtualRouters/catalog-router",
      "shop/virtualRouter/catalog-router/routes/catalog-route",
      "shop/virtualServices/catalog.shop.local",
    ];
    for (const path of all) assert.deepEqual(await tags(path), first, path);
    assert.deepEqual(await tags("shop/virtualNodes/own"), { team: "stock", stage: "test" });

    assert.deepEqual((await stack.preview(program(first))).steps, []);
    assert.equal((await stack.refresh({ expectNoChanges: true })).failure, undefined);

    const shifted = await stack.up(program({ team: "retail", cost: "7" }));
    assert.deepEqual([shifted.failure, shifted.messages], [undefined, []]);
    const update = (type: string, name: string, diff: Record<string, string>) => ({
      op: "update",
      type: `appmesh:index:${type}`,
      name,
      diff: { "tags.cost": "add", "tags.stage": "delete", ...diff },
    });
    assert.deepEqual(sorted(shifted.steps), [
      update("Mesh", "shop", { "tags.team": "update" }),
      update("Route", "catalog-route", { "tags.team": "update" }),
      update("VirtualNode", "catalog-v1", { "tags.team": "update" }),
      update("VirtualNode", "own", {}),
      update("VirtualRouter", "catalog-router", { "tags.team": "update" }),
      update("VirtualService", "catalog-service", { "tags.team": "update" }),
    ]);
    for (const path of all) assert.deepEqual(await tags(path), { team: "retail", cost: "7" }, path);
    assert.deepEqual(await tags("shop/virtualNodes/own"), { team: "stock", cost: "7" });

    assert.equal((await stack.up(program({ team: secret("hidden-team") }))).failure, undefined);
    for (const path of all) assert.deepEqual(await tags(path), { team: "hidden-team" }, path);
    const file = join(stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
    assert.equal(readFileSync(file, "utf8").includes("hidden-team"), false);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("come from the stack's configuration and the environment", async () => {
    const stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_DEFAULT_TAGS: '{"team":"environment"}',
    });
    const mesh = async () => {
      new appmesh.Mesh("shop", { meshName: "shop" });
    };
    assert.equal((await stack.up(mesh)).failure, undefined);
    assert.deepEqual(await tags("shop"), { team: "environment" });

    await stack.stack.setConfig("appmesh:defaultTags.team", { value: "configuration" }, true);
    assert.deepEqual((await stack.up(mesh)).steps, [
      { op: "update", type: "appmesh:index:Mesh", name: "shop", diff: { "tags.team": "update" } },
    ]);
    assert.deepEqual(await tags("shop"), { team: "configuration" });
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("leave alone what a resource ignores, all of its tags or one", async () => {
    const stack = await TestStack.create({ APPMESH_MAX_RETRIES: "0" });
    const ignoring = (defaultTags: Record<string, string>, node: string, mesh?: "DROP_ALL") => async () => {
      const provider = new appmesh.Provider("mine", { endpoint: controlPlane.api, defaultTags });
      const spec = mesh && { egressFilter: { type: mesh } };
      const { meshName } = new appmesh.Mesh(
        "shop",
        { meshName: "shop", ...(spec && { spec }) },
        { provider, ignoreChanges: ["tags"] },
      );
      new appmesh.VirtualNode(
        "own",
        { meshName, virtualNodeName: "own", spec: {}, tags: { own: node } },
        { provider, ignoreChanges: ["tags.team"] },
      );
    };
    const first = { team: "shop", stage: "test" };
    assert.equal((await stack.up(ignoring(first, "1"))).failure, undefined);
    const second = { team: "retail", cost: "7" };

    const ofNode = { "tags.cost": "add", "tags.own": "update", "tags.stage": "delete" };
    const update = (name: string, diff: object) => ({ op: "update", type: `appmesh:index:${name}`, diff });
    const shown = (steps: Awaited<ReturnType<typeof stack.up>>["steps"]) =>
      sorted(steps).map(({ op, type, diff }) => ({ op, type, diff }));
    const planned = await stack.preview(ignoring(second, "2"));
    assert.deepEqual([planned.messages, shown(planned.steps)], [[], [update("VirtualNode", ofNode)]]);

    // An update of something else does not bring the tags along.
    const changed = await stack.up(ignoring(second, "2", "DROP_ALL"));
    assert.deepEqual(shown(changed.steps), [update("Mesh", { spec: "add" }), update("VirtualNode", ofNode)]);
    assert.deepEqual(await tags("shop"), first);
    assert.deepEqual(await tags("shop/virtualNodes/own"), { own: "2", team: "shop", cost: "7" });
    assert.deepEqual((await stack.preview(ignoring(second, "2", "DROP_ALL"))).steps, []);
    assert.equal((await stack.refresh({ expectNoChanges: true })).failure, undefined);
    assert.deepEqual((await stack.preview(ignoring(second, "2", "DROP_ALL"))).steps, []);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("do not stand in the way of an import", async () => {
    const stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_DEFAULT_TAGS: '{"team":"shop"}',
    });
    await controlPlane.call("PUT", "/v20190125/meshes", {
      meshName: "shop",
      tags: [
        { key: "team", value: "shop" },
        { key: "own", value: "x" },
      ],
    });
    const mesh = (options: object) => async () => {
      new appmesh.Mesh("shop", { meshName: "shop", tags: { own: "x" } }, options);
    };
    const imported = await stack.up(mesh({ import: "shop" }));
    assert.deepEqual([imported.failure, imported.messages], [undefined, []]);
    assert.deepEqual((await stack.preview(mesh({}))).steps, []);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("are refused where they cannot be tags", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    const { failure, messages } = await stack.preview(program({ "": "x" }));
    assert.notEqual(failure, undefined);
    assert.deepEqual(messages, [
      `pulumi:providers:appmesh resource 'mine': property defaultTags value {{"":"x"}} has a problem: "": the key of a tag ` +
        'has 1 to 128 characters: "" was given; a string of 1 to 128 characters is allowed.',
    ]);
  });
});
