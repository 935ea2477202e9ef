// `pulumi import`, as a user types it: Pulumi's own command, on a mesh that was made without Pulumi.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { TestStack } from "./stack.js";

const languageHost = fileURLToPath(new URL("language-host.js", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

describe("pulumi import", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  const bin = temporaryFolder();
  before(async () => {
    controlPlane = await startControlPlane();
    // Pulumi's own is not part of what is built here, and has nothing to do: no program runs.
    const host = join(bin, "pulumi-language-nodejs");
    await writeFile(host, `#!/bin/sh\nexec "${process.execPath}" "${languageHost}"\n`);
    await chmod(host, 0o755);
  });
  after(() => controlPlane?.stop());
  beforeEach(async () => {
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    await put("/v20190125/meshes", {
      meshName: "shop",
      spec: { egressFilter: { type: "DROP_ALL" } },
      tags: [{ key: "team", value: "shop" }],
    });
    await put("/v20190125/meshes/shop/virtualNodes", {
      virtualNodeName: "v1",
      spec: nodeSpec("v1.internal"),
    });
    await put("/v20190125/meshes/shop/virtualRouters", {
      virtualRouterName: "catalog",
      spec: { listeners: nodeSpec("").listeners },
    });
    await put("/v20190125/meshes/shop/virtualRouter/catalog/routes", {
      routeName: "canary",
      spec: routeSpec,
    });
  });
  afterEach(async () => {
    for (const path of [
      "/shop/virtualRouter/catalog/routes/canary",
      "/shop/virtualRouters/catalog",
      "/shop/virtualNodes/v1",
      "/shop",
    ]) {
      await controlPlane.call("DELETE", `/v20190125/meshes${path}`);
    }
  });

  const routeSpec = {
    httpRoute: {
      match: { prefix: "/" },
      action: { weightedTargets: [{ virtualNode: "v1", weight: 1 }] },
    },
  };
  async function put(path: string, body: object): Promise<void> {
    const answer = await controlPlane.call("PUT", path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
  /** The command, in the folder of a project. */
  const pulumi = (...args: string[]) =>
    new Promise<Outcome>((resolve) => {
      const cwd = stack.stack.workspace.workDir;
      const PATH = [bin, stack.env.PATH].join(delimiter);
      const env = { HOME: process.env.HOME, ...stack.env, PATH };
      execFile("pulumi", [...args, "--stack", "test", "--non-interactive"], { cwd, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), output: out + err }),
      );
    });
  const imported = async () =>
    Object.fromEntries((await stack.resources()).map(({ id, inputs }) => [id, inputs]));

  it("takes one entity by its readable id into the stack, with its inputs, and protects it", async () => {
    const { code, output } = await pulumi(
      "import",
      "appmesh:index:Route",
      "canary",
      "shop/catalog/canary",
      "--yes",
      "--generate-code=false",
    );
    assert.equal(code, 0, output);
    assert.deepEqual(await imported(), {
      "shop/catalog/canary": {
        meshName: "shop",
        virtualRouterName: "catalog",
        routeName: "canary",
        spec: routeSpec,
      },
    });
    const [route] = (await stack.stack.exportStack()).deployment.resources.filter(
      ({ type }: { type: string }) => type === "appmesh:index:Route",
    );
    assert.equal(route.protect, true);
  });

  it("takes a whole mesh from a file, and a preview of a program that says the same shows no change", async () => {
    const file = join(stack.stack.workspace.workDir, "import.json");
    const resources = [
      { type: "appmesh:index:Mesh", name: "shop", id: "shop" },
      { type: "appmesh:index:VirtualNode", name: "v1", id: "shop/v1" },
      { type: "appmesh:index:VirtualRouter", name: "catalog", id: "shop/catalog" },
      { type: "appmesh:index:Route", name: "canary", id: "shop/catalog/canary" },
    ];
    await writeFile(file, JSON.stringify({ resources }));
    const written = join(stack.stack.workspace.workDir, "written");
    const { code, output } = await pulumi(
      "import",
      ...["--file", file, "--yes", "--protect=false", "--out", written],
    );
    assert.equal(code, 0, output);
    // As all languages' writers get it. Pulumi finds of a reference only what is an id: the mesh's name.
    assert.equal(
      (await readFile(written, "utf8")).split(/\s+/).join(" "),
      'package appmesh { baseProviderName = "appmesh" } ' +
        'resource shop "appmesh:index:Mesh" { meshName = "shop" spec ={ egressFilter ={ type = "DROP_ALL"}} tags ={ "team" = "shop"} } ' +
        'resource v1 "appmesh:index:VirtualNode" { meshName = shop.id spec ={ ' +
        'listeners =[{ portMapping ={ port = 8080, protocol = "http" }}], ' +
        'serviceDiscovery ={ dns ={ hostname = "v1.internal"}} } virtualNodeName = "v1" } ' +
        'resource catalog "appmesh:index:VirtualRouter" { meshName = shop.id ' +
        'spec ={ listeners =[{ portMapping ={ port = 8080, protocol = "http" }}]} virtualRouterName = "catalog" } ' +
        'resource canary "appmesh:index:Route" { meshName = shop.id routeName = "canary" spec ={ httpRoute ={ ' +
        'action ={ weightedTargets =[{ virtualNode = "v1", weight = 1 }]}, match ={ prefix = "/"} }} virtualRouterName = "catalog" } ',
    );
    assert.deepEqual(await imported(), {
      shop: { meshName: "shop", spec: { egressFilter: { type: "DROP_ALL" } }, tags: { team: "shop" } },
      "shop/v1": { meshName: "shop", virtualNodeName: "v1", spec: nodeSpec("v1.internal") },
      "shop/catalog": {
        meshName: "shop",
        virtualRouterName: "catalog",
        spec: { listeners: nodeSpec("").listeners },
      },
      "shop/catalog/canary": {
        meshName: "shop",
        virtualRouterName: "catalog",
        routeName: "canary",
        spec: routeSpec,
      },
    });
    const { steps, messages } = await stack.preview(async () => {
      const { meshName } = new appmesh.Mesh("shop", {
        meshName: "shop",
        spec: { egressFilter: { type: "DROP_ALL" } },
        tags: { team: "shop" },
      });
      const { listeners } = nodeSpec("");
      new appmesh.VirtualNode("v1", { meshName, virtualNodeName: "v1", spec: nodeSpec("v1.internal") });
      const { virtualRouterName } = new appmesh.VirtualRouter("catalog", {
        meshName,
        virtualRouterName: "catalog",
        spec: { listeners },
      });
      new appmesh.Route("canary", { meshName, virtualRouterName, routeName: "canary", spec: routeSpec });
    });
    assert.deepEqual([steps, messages], [[], []]);
  });

  it("says what an id looks like, and that nothing has it", async () => {
    const wrong = await pulumi("import", "appmesh:index:Route", "canary", "shop/canary", "--yes");
    assert.notEqual(wrong.code, 0);
    assert.ok(
      wrong.output.includes(
        '"shop/canary" is not the id of a route; mesh/virtualRouter/route is expected, for example ' +
          "shop/catalog/canary, or shop@111122223333/catalog/canary in a mesh of another account.",
      ),
      wrong.output,
    );
    const missing = await pulumi("import", "appmesh:index:Route", "canary", "shop/catalog/none", "--yes");
    assert.notEqual(missing.code, 0);
    assert.ok(missing.output.includes("resource 'shop/catalog/none' does not exist"), missing.output);
    assert.deepEqual(await stack.resources(), []);
  });
});
