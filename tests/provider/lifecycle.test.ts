// The life of a mesh on Pulumi's real engine: plugin, engine and control plane are processes of their own.
import assert from "node:assert/strict";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec, shopSteps, shopWith } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const route = "/v20190125/meshes/shop/virtualRouter/catalog/routes/canary";

const routeSpec = (v2: number) => ({
  httpRoute: {
    match: { prefix: "/" },
    action: {
      weightedTargets: [
        { virtualNode: "catalog-v1", weight: 100 - v2 },
        { virtualNode: "catalog-v2", weight: v2 },
      ],
    },
  },
});

const weightShift = {
  op: "update",
  type: "appmesh:index:Route",
  name: "catalog",
  diff: {
    "spec.httpRoute.action.weightedTargets[0].weight": "update",
    "spec.httpRoute.action.weightedTargets[1].weight": "update",
  },
};

describe("a mesh on the real engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane?.stop());
  beforeEach(async () => {
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  afterEach(async () => {
    // One test's failure is not the next one's.
    await stack?.destroy();
    await controlPlane?.call("DELETE", "/v20190125/meshes/shop/virtualNodes/stray");
    await controlPlane?.call("DELETE", "/v20190125/meshes/shop");
  });

  const meshes = async () => (await controlPlane.call("GET", "/v20190125/meshes")).body.meshes;
  const put = async (path: string, body: unknown) => {
    const answer = await controlPlane.call("PUT", path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const remove = async (path: string) => assert.equal((await controlPlane.call("DELETE", path)).status, 200);

  it("is made, stays without change, shifts weights by its route alone, and leaves nothing", async () => {
    const made = await stack.up(shopWith(0));
    assert.deepEqual(made.messages, []);
    assert.deepEqual(sorted(made.steps), shopSteps("create"));
    assert.deepEqual(made.outputs, {
      arn: "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualService/catalog.shop.local",
      route: "shop/catalog/canary",
    });
    assert.deepEqual((await controlPlane.call("GET", route)).body.spec, routeSpec(0));

    const again = await stack.preview(shopWith(0));
    assert.deepEqual([again.steps, again.messages], [[], []]);

    const planned = await stack.preview(shopWith(10));
    assert.deepEqual([planned.steps, planned.messages], [[weightShift], []]);
    assert.deepEqual((await controlPlane.call("GET", route)).body.spec, routeSpec(0));
    const shifted = await stack.up(shopWith(10));
    assert.deepEqual([shifted.steps, shifted.messages], [[weightShift], []]);
    const live = (await controlPlane.call("GET", route)).body;
    assert.deepEqual([live.spec, live.metadata.version], [routeSpec(10), 2]);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(
      sorted(gone.steps).map(({ op, type, name }) => ({ op, type, name })),
      shopSteps("delete"),
    );
    assert.deepEqual(await meshes(), []);
  });

  it("shows in a refresh what was changed outside, and puts it back", async () => {
    await stack.up(shopWith(10));
    await put(route, { spec: routeSpec(75) });
    await controlPlane.call(
      "PUT",
      "/v20190125/tag?resourceArn=arn:aws:appmesh:us-east-1:000000000000:mesh/shop",
      {
        tags: [{ key: "team", value: "outside" }],
      },
    );

    const refreshed = await stack.refresh();
    assert.deepEqual([refreshed.failure, refreshed.messages], [undefined, []]);
    const drifted = refreshed.events.flatMap(({ resOutputsEvent }) => {
      const { op, type, detailedDiff } = resOutputsEvent?.metadata ?? {};
      return op === "update" ? [{ type, diff: Object.keys(detailedDiff ?? {}).sort() }] : [];
    });
    assert.deepEqual(
      drifted.sort((a, b) => String(a.type).localeCompare(String(b.type))),
      [
        { type: "appmesh:index:Mesh", diff: ["tags"] },
        { type: "appmesh:index:Route", diff: Object.keys(weightShift.diff) },
      ],
    );
    const known = (await stack.resources()).find(({ type }) => type === "appmesh:index:Route");
    assert.deepEqual(known?.outputs.spec, routeSpec(75));

    const back = await stack.up(shopWith(10));
    assert.deepEqual(back.messages, []);
    assert.deepEqual(sorted(back.steps), [
      { op: "update", type: "appmesh:index:Mesh", name: "shop", diff: { tags: "delete" } },
      weightShift,
    ]);
    assert.deepEqual((await controlPlane.call("GET", route)).body.spec, routeSpec(10));
  });

  it("is made again, where it was deleted outside, after a refresh", async () => {
    await stack.up(shopWith(10));
    await remove("/v20190125/meshes/shop/virtualServices/catalog.shop.local");
    await remove(route);
    const refreshed = await stack.refresh();
    assert.deepEqual([refreshed.failure, refreshed.messages], [undefined, []]);
    const back = await stack.up(shopWith(10));
    assert.deepEqual(back.messages, []);
    assert.deepEqual(
      sorted(back.steps),
      shopSteps("create").filter(
        ({ type, name }) => name === "catalog" && /:(Route|VirtualService)$/.test(type),
      ),
    );
  });

  it("is imported by its readable ids, and needs no change then", async () => {
    await put("/v20190125/meshes", { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } });
    await put("/v20190125/meshes/shop/virtualNodes", {
      virtualNodeName: "catalog-v1",
      spec: nodeSpec("catalog-v1.internal"),
      tags: [{ key: "team", value: "shop" }],
    });
    const program = (importing: boolean) => async () => {
      const { meshName } = new appmesh.Mesh(
        "shop",
        { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } },
        importing ? { import: "shop" } : {},
      );
      new appmesh.VirtualNode(
        "catalog-v1",
        {
          meshName,
          virtualNodeName: "catalog-v1",
          spec: nodeSpec("catalog-v1.internal"),
          tags: { team: "shop" },
        },
        importing ? { import: "shop/catalog-v1" } : {},
      );
    };
    const imported = await stack.up(program(true));
    assert.deepEqual(imported.messages, []);
    assert.deepEqual(sorted(imported.steps), [
      { op: "import", type: "appmesh:index:Mesh", name: "shop" },
      { op: "import", type: "appmesh:index:VirtualNode", name: "catalog-v1" },
    ]);
    assert.deepEqual(
      (await stack.resources()).map(({ id }) => id),
      ["shop", "shop/catalog-v1"],
    );
    const after = await stack.preview(program(false));
    assert.deepEqual([after.steps, after.messages], [[], []]);
  });

  it("is not imported under an id that cannot be one, or that nothing has", async () => {
    await put("/v20190125/meshes", { meshName: "shop" });
    const program = (id: string) => async () => {
      new appmesh.VirtualNode(
        "catalog-v1",
        { meshName: "shop", virtualNodeName: "catalog-v1", spec: {} },
        { import: id },
      );
    };
    assert.deepEqual((await stack.preview(program("catalog-v1"))).messages, [
      'Preview failed: "catalog-v1" is not the id of a virtual node; mesh/virtualNode is expected, for example ' +
        "shop/catalog, or shop@111122223333/catalog in a mesh of another account.",
    ]);
    assert.deepEqual((await stack.preview(program("shop/catalog-v1"))).messages, [
      "Preview failed: resource 'shop/catalog-v1' does not exist",
    ]);
  });

  it("is not deleted while something that the stack does not know is in it; what is gone already is no error", async () => {
    await stack.up(async () => {
      new appmesh.Mesh("shop", { meshName: "shop" }, { customTimeouts: { delete: "1s" } });
    });
    await put("/v20190125/meshes/shop/virtualNodes", { virtualNodeName: "stray", spec: {} });
    const refused = await stack.destroy();
    assert.deepEqual(refused.messages, [
      'mesh "shop" cannot be deleted while it is in use. It is used by virtual node "stray" of mesh "shop". ' +
        "Delete what uses it first, or change it to use something else. (ResourceInUseException: Mesh shop for account " +
        "000000000000 has active VirtualNodes, please delete VirtualNodes before deleting the Mesh)",
    ]);
    assert.deepEqual(
      (await stack.resources()).map(({ id }) => id),
      ["shop"],
    );

    await remove("/v20190125/meshes/shop/virtualNodes/stray");
    await remove("/v20190125/meshes/shop");
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(await stack.resources(), []);
  });

  it("says of what exists already how to import it", async () => {
    await put("/v20190125/meshes", { meshName: "shop" });
    const refused = await stack.up(async () => {
      new appmesh.Mesh("shop", { meshName: "shop" });
    });
    assert.deepEqual(refused.messages, [
      'mesh "shop" exists already. Import it (pulumi import appmesh:index:Mesh NAME shop), or choose another name. ' +
        "Where this program made it as another resource, under another name or parent, say so by the option aliases. " +
        "Where it is to be replaced (--replace, replacementTrigger), give it the option deleteBeforeReplace. " +
        "(ConflictException: Mesh with name shop already exists: arn:aws:appmesh:us-east-1:000000000000:mesh/shop. " +
        "Update it, delete it first, or take another name)",
    ]);
  });
});
