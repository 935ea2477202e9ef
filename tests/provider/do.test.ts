// `pulumi do`: the control plane's entities from a terminal, without a program, by way of the plugin. It is the command
// that lists (the protocol's List) what a control plane has.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { pulumiFolder } from "../support/tools.js";

const plugin = fileURLToPath(new URL("../../../node_modules/.bin/pulumi-resource-appmesh", import.meta.url));

describe("pulumi do", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    controlPlane = await startControlPlane();
    const folder = temporaryFolder();
    env = {
      PATH: [await pulumiFolder(), "/usr/bin", "/bin"].join(":"),
      HOME: folder,
      PULUMI_HOME: folder,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      APPMESH_ENDPOINT: controlPlane.api,
    };
    for (const meshName of ["books", "shop"]) {
      await put("", { meshName });
      await put(`/${meshName}/virtualNodes`, { virtualNodeName: "v1", spec: {} });
    }
    await put("/shop/virtualNodes", { virtualNodeName: "v2", spec: {} });
    await put("/shop/virtualRouters", { virtualRouterName: "catalog", spec: {} });
    await put("/shop/virtualRouter/catalog/routes", {
      routeName: "canary",
      spec: {
        httpRoute: {
          match: { prefix: "/" },
          action: { weightedTargets: [{ virtualNode: "v1", weight: 1 }] },
        },
      },
    });
  });
  after(() => controlPlane?.stop());

  async function put(path: string, body: object): Promise<void> {
    const answer = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
  const pulumi = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; output: string }>((resolve) => {
      const all = ["do", "--package", plugin, "--output", "json", ...args];
      execFile("pulumi", all, { cwd: env.HOME, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout: out, output: out + err }),
      );
    });
  async function answer(...args: string[]) {
    const { code, stdout, output } = await pulumi(...args);
    assert.equal(code, 0, output);
    return JSON.parse(stdout);
  }
  const ids = async (...args: string[]) => (await answer(...args)).map(({ id }: { id: string }) => id).sort();

  it("lists the entities of a kind, below the parents that are named, by the ids that import them", async () => {
    assert.deepEqual(await answer("appmesh:index:Mesh", "list", "--all"), [
      { id: "books", name: "books" },
      { id: "shop", name: "shop" },
    ]);
    assert.deepEqual(await ids("appmesh:index:VirtualNode", "list", "--all"), [
      "books/v1",
      "shop/v1",
      "shop/v2",
    ]);
    assert.deepEqual(await ids("appmesh:index:VirtualNode", "list", "--all", "--mesh-name", "shop"), [
      "shop/v1",
      "shop/v2",
    ]);
    assert.equal((await ids("appmesh:index:VirtualNode", "list", "--count", "2")).length, 2);
    const router = ["--mesh-name", "shop", "--virtual-router-name", "catalog"];
    assert.deepEqual(await ids("appmesh:index:Route", "list", "--all", ...router), ["shop/catalog/canary"]);
  });

  it("reads an entity by its id, and says what an id looks like", async () => {
    const { arn, uid, createdAt, lastUpdatedAt, ...rest } = await answer(
      "appmesh:index:VirtualNode",
      "read",
      "shop/v1",
    );
    assert.deepEqual(rest, {
      id: "shop/v1",
      meshName: "shop",
      meshOwner: "000000000000",
      resourceOwner: "000000000000",
      spec: {},
      status: "ACTIVE",
      version: 1,
      virtualNodeName: "v1",
    });
    assert.equal(arn, "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/v1");
    assert.deepEqual([typeof uid, typeof createdAt, lastUpdatedAt], ["string", "string", createdAt]);
    const { code, output } = await pulumi("appmesh:index:VirtualNode", "read", "v1");
    assert.notEqual(code, 0);
    assert.ok(output.includes('"v1" is not the id of a virtual node; mesh/virtualNode is expected'), output);
  });

  it("makes and deletes an entity, and calls a function", async () => {
    const mesh = "appmesh:index:Mesh";
    const made = await answer(mesh, "create", "--stateless", "--yes", "--mesh-name", "tools");
    assert.deepEqual([made.id, made.version], ["tools", 1]);
    const found = await answer("appmesh:index:getMesh", "--mesh-name", "tools");
    assert.equal(found.uid, made.uid);
    const { code, output } = await pulumi(mesh, "delete", "tools", "--stateless", "--yes");
    assert.equal(code, 0, output);
    assert.deepEqual(await ids(mesh, "list", "--all"), ["books", "shop"]);
  });
});
