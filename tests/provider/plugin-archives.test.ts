// The plugin as users get it: an archive that Pulumi's own command fetches from a release and unpacks, and that needs
// nothing else to run: no Node, no packages, nothing of this clone.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { pulumiFolder } from "../support/tools.js";
import { TASK, taskProgram } from "./ecs-programs.js";
import { nodeSpec } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const { name, version, pluginDownloadURL } = JSON.parse(
  readFileSync(join(root, "provider/schema.json"), "utf8"),
) as { name: string; version: string; pluginDownloadURL: string };
const os = process.platform === "darwin" ? "darwin" : "linux";
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const archiveName = (target: string) => `pulumi-resource-appmesh-v${version}-${target}.tar.gz`;

const program = (weight: number) => async () => {
  const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
  new appmesh.VirtualNode("billing", {
    meshName,
    virtualNodeName: "billing",
    spec: nodeSpec("billing.internal"),
  });
  const versions = { v1: { weight, serviceDiscovery: { dns: { hostname: "catalog.internal" } } } };
  new appmesh.MeshService("catalog", {
    meshName,
    virtualServiceName: "catalog.shop.local",
    listener: { portMapping: { port: 8080, protocol: "http" } },
    versions,
  });
};

const made = (op: string) => [
  { op, type: "appmesh:index:Mesh", name: "shop" },
  { op, type: "appmesh:index:MeshService", name: "catalog" },
  { op, type: "appmesh:index:Route", name: "catalog-route" },
  { op, type: "appmesh:index:VirtualNode", name: "billing" },
  { op, type: "appmesh:index:VirtualNode", name: "catalog-v1" },
  { op, type: "appmesh:index:VirtualRouter", name: "catalog-router" },
  { op, type: "appmesh:index:VirtualService", name: "catalog-service" },
];

describe("the plugin's archives", function () {
  // The first time on a machine they get Node from the npm registry.
  this.timeout(600_000);
  const folder = temporaryFolder();
  let controlPlane: ControlPlane;
  let releases: Server;
  let stack: TestStack;
  const asked: string[] = [];

  before(async () => {
    const command = join(root, "tools/plugin-archives.mjs");
    const targets = ["--targets", `${os}-${arch},windows-amd64`];
    await run(process.execPath, [command, ...targets, "--out", folder], { maxBuffer: 64 * 1024 * 1024 });

    releases = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end(readFileSync(join(folder, request.url?.split("/").at(-1) ?? "")));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => releases.once("listening", resolve));
    const { port } = releases.address() as AddressInfo;
    controlPlane = await startControlPlane();
    putStandIn("aws");
    const [aws] = (process.env.PATH ?? "").split(delimiter);
    stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      // Nothing of this clone is on this PATH, and no Node; of plugins, the one that stands in for AWS's.
      PATH: [aws, await pulumiFolder(), "/usr/bin", "/bin"].join(delimiter),
      HOME: temporaryFolder(),
      // The release that the plugin's URL leads to, as it is on GitHub, and no other.
      PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES: `^github://api.github.com/(?P<owner>[^/]+)/(?P<repository>[^/]+)$=http://127.0.0.1:${port}/\${owner}/\${repository}`,
    });
  });
  after(async () => {
    await stack?.destroy();
    await controlPlane?.stop();
    releases?.close();
  });

  async function unpacked(target: string): Promise<string> {
    const place = join(folder, target);
    if (existsSync(place)) return place;
    mkdirSync(place);
    await run("tar", ["-xzf", join(folder, archiveName(target)), "-C", place]);
    return place;
  }

  it("have names and checksums that tell what they are for", () => {
    const checksums = readFileSync(join(folder, `pulumi-resource-appmesh-v${version}-sha256.txt`), "utf8");
    const targets = [`${os}-${arch}`, "windows-amd64"];
    assert.deepEqual(
      checksums.split("\n").map((line) => line.replace(/^[0-9a-f]{64} {2}/, "")),
      [...targets.map(archiveName), ""],
    );
    assert.deepEqual(
      readdirSync(folder)
        .filter((file) => file.endsWith(".gz"))
        .sort(),
      targets.map(archiveName).sort(),
    );
  });

  it("are what `pulumi plugin install` looks for at the plugin's URL, and installs", async () => {
    const args = ["plugin", "install", "resource", name, version, "--server", pluginDownloadURL];
    await run("pulumi", args, { env: stack.env });
    assert.deepEqual(asked, [`/pulumi-appmesh/pulumi-appmesh/${archiveName(`${os}-${arch}`)}`]);
    const plugins = join(stack.env.PULUMI_HOME ?? "", "plugins");
    assert.deepEqual(readdirSync(join(plugins, `resource-appmesh-v${version}`)).sort(), [
      "LICENSE",
      "plugin",
      "pulumi-resource-appmesh",
    ]);
    const { stdout } = await run("pulumi", ["plugin", "ls", "--json"], { env: stack.env });
    const [installed, ...others] = JSON.parse(stdout) as { name: string; version: string }[];
    assert.deepEqual([installed?.name, installed?.version, others], ["appmesh", version, []]);
  });

  it("make a mesh with an entity and a component, from nothing but what was installed", async () => {
    const up = await stack.up(program(100));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(sorted(up.steps), made("create"));
    const { status, body } = await controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/catalog-v1");
    assert.deepEqual([status, body.spec], [200, nodeSpec("catalog.internal")]);

    const again = await stack.preview(program(100));
    assert.deepEqual([again.steps, again.messages], [[], []]);
    const shifted = await stack.up(program(50));
    assert.deepEqual(shifted.messages, []);
    assert.deepEqual(
      sorted(shifted.steps).map(({ op, name }) => ({ op, name })),
      [
        { op: "update", name: "catalog" },
        { op: "update", name: "catalog-route" },
      ],
    );
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(
      sorted(gone.steps).map(({ op, type, name }) => ({ op, type, name })),
      made("delete"),
    );
    // Nothing was fetched beside the one archive.
    assert.equal(asked.length, 1);
  });

  it("make components of other packages' resources, which are in the bundle, too", async () => {
    const planned = await stack.preview(taskProgram());
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(
      planned.steps.map(({ type }) => type).filter((type) => /^(appmesh:|aws:ecs)/.test(type)),
      ["appmesh:index:MeshTaskDefinition", TASK],
    );
  });

  it("hold everything that any component loads", async () => {
    const place = join(await unpacked(`${os}-${arch}`), "plugin");
    const modules = readdirSync(place).filter((file) => file.endsWith(".mjs") && file !== "main.mjs");
    const urls = modules.map((file) => pathToFileURL(join(place, file)).href);
    const program = `for (const url of ${JSON.stringify(urls)}) await import(url); console.log("loaded"); process.exit();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: "/" });
    assert.equal(stdout, "loaded\n");
  });

  it("hold the whole package: its schema is the one of the SDKs", async () => {
    const plugin = join(await unpacked(`${os}-${arch}`), "pulumi-resource-appmesh");
    const { stdout } = await run("pulumi", ["package", "get-schema", plugin], {
      cwd: folder,
      env: stack.env,
      maxBuffer: 64 * 1024 * 1024,
    });
    const { version: found, resources } = JSON.parse(stdout);
    const { resources: wanted } = JSON.parse(readFileSync(join(root, "provider/schema.json"), "utf8"));
    assert.deepEqual([found, Object.keys(resources).sort()], [version, Object.keys(wanted).sort()]);
  });

  it("hold, for Windows, an executable for it that carries the launcher, and the same bundle", async () => {
    const place = await unpacked("windows-amd64");
    assert.deepEqual(readdirSync(place).sort(), ["LICENSE", "plugin", "pulumi-resource-appmesh.exe"]);
    const { inspect } = await import(join(root, "tools/plugin/inspect.mjs"));
    const { os: platform, arch: processor, launcher } = inspect(join(place, "pulumi-resource-appmesh.exe"));
    assert.deepEqual([platform, processor, launcher], ["windows", "amd64", true]);
    assert.ok(
      readFileSync(join(place, "pulumi-resource-appmesh.exe")).includes(
        'require("node:module").createRequire(process.execPath)("./plugin/launch.cjs");',
      ),
    );
    const bundle = (target: string) => readdirSync(join(folder, target, "plugin")).sort();
    assert.deepEqual(
      bundle("windows-amd64"),
      bundle(`${os}-${arch}`).filter((file) => file !== "node"),
    );
    const { version: found } = JSON.parse(readFileSync(join(place, "plugin/package.json"), "utf8"));
    assert.equal(found, version);
  });
});
