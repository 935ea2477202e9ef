// The provider from its sources (provider/PulumiPlugin.yaml), as `pulumi package add` has it: a clone in which npm has installed
// what the plugin needs and no more, built by the clone itself, and run by Pulumi's host for Node.js.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { pulumiFolder } from "../support/tools.js";
import { sorted, TestStack } from "./stack.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const sourceHost = fileURLToPath(new URL("source-host.js", import.meta.url));

/** The sources as git has them, and packages as `npm install --omit=dev` leaves them. */
function cloneForUse(): string {
  const clone = join(temporaryFolder(), "clone");
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    workspaces: string[];
  };
  const built = /(^|\/)(dist|gen|node_modules|sdk\/nodejs\/bin)$/;
  for (const path of [...workspaces, "tools"])
    cpSync(join(root, path), join(clone, path), { recursive: true, filter: (each) => !built.test(each) });
  for (const file of ["package.json", "tsconfig.base.json", "tsconfig.json"])
    cpSync(join(root, file), join(clone, file));

  const modules = join(clone, "node_modules");
  for (const name of readdirSync(join(root, "node_modules"))) {
    // Ours are the clone's own, and the types of the tests' are not installed.
    if (name === "@pulumi-appmesh" || name === "@types") mkdirSync(join(modules, name), { recursive: true });
    else link(join("node_modules", name), join(modules, name));
  }
  for (const name of readdirSync(join(root, "node_modules/@types")))
    if (name !== "mocha") link(join("node_modules/@types", name), join(modules, "@types", name));
  for (const path of workspaces) {
    const { name } = JSON.parse(readFileSync(join(clone, path, "package.json"), "utf8"));
    if (name.startsWith("@")) symlinkSync(join(clone, path), join(modules, name));
  }
  return clone;

  function link(from: string, to: string): void {
    mkdirSync(join(to, ".."), { recursive: true });
    symlinkSync(join(root, from), to);
  }
}

describe("the plugin from its sources", function () {
  this.timeout(300_000);
  let clone: string;
  let controlPlane: ControlPlane;
  let stack: TestStack;

  before(async () => {
    clone = cloneForUse();
    await run(process.execPath, [join(clone, "tools/build.mjs")]);
    const bin = temporaryFolder();
    const host = join(bin, "pulumi-language-nodejs");
    writeFileSync(host, `#!/bin/sh\nexec "${process.execPath}" "${sourceHost}"\n`);
    chmodSync(host, 0o755);
    controlPlane = await startControlPlane();
    // No executable of the plugin is on this PATH.
    const PATH = [bin, await pulumiFolder(), "/usr/bin", "/bin"].join(":");
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api, PATH, HOME: temporaryFolder() });
  });
  after(async () => {
    await stack?.destroy();
    await controlPlane?.stop();
  });

  const wanted = JSON.parse(readFileSync(join(root, "provider/schema.json"), "utf8"));
  const names = ({ resources, functions }: { resources: object; functions: object }) =>
    [...Object.keys(resources), ...Object.keys(functions)].sort();

  it("is built without what only development needs, and shows its schema to `pulumi package get-schema`", async () => {
    const { stdout } = await run("pulumi", ["package", "get-schema", join(clone, "provider")], {
      cwd: stack.stack.workspace.workDir,
      env: stack.env,
      maxBuffer: 64 * 1024 * 1024,
    });
    const found = JSON.parse(stdout);
    assert.equal(found.version, wanted.version);
    assert.deepEqual(names(found), names(wanted));
  });

  it("is added to a project by `pulumi package add`, which has an SDK made from the whole schema", async () => {
    const project = temporaryFolder();
    writeFileSync(join(project, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    await run("pulumi", ["package", "add", join(clone, "provider")], { cwd: project, env: stack.env });
    assert.equal(
      readFileSync(join(project, "Pulumi.yaml"), "utf8"),
      `name: shop\nruntime: nodejs\npackages:\n  appmesh: ${join(clone, "provider")}\n`,
    );
    const schema = readFileSync(join(project, "sdks/appmesh/schema.json"), "utf8");
    assert.deepEqual(names(JSON.parse(schema)), names(wanted));
  });

  it("makes entities and components for a project that names the clone as the plugin's place", async () => {
    const { workspace } = stack.stack;
    const settings = await workspace.projectSettings();
    const plugins = { providers: [{ name: "appmesh", path: join(clone, "provider") }] };
    await workspace.saveProjectSettings(Object.assign(settings, { plugins }));
    const program = async () => {
      const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
      new appmesh.MeshService("catalog", {
        meshName,
        virtualServiceName: "catalog.shop.local",
        listener: { portMapping: { port: 8080, protocol: "http" } },
        versions: { v1: { weight: 1, serviceDiscovery: { dns: { hostname: "catalog.internal" } } } },
      });
    };
    const up = await stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(
      sorted(up.steps).map(({ type, name }) => `${type.split(":").at(-1)} ${name}`),
      [
        "Mesh shop",
        "MeshService catalog",
        "Route catalog-route",
        "VirtualNode catalog-v1",
        "VirtualRouter catalog-router",
        "VirtualService catalog-service",
      ],
    );
    const again = await stack.preview(program);
    assert.deepEqual([again.steps, again.messages], [[], []]);
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body.meshes, []);
  });
});
