// The packages as npm packs them: what they need is in them or is a dependency that they name.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "./support/control-plane.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
/** Packages of ours by their folders. */
const packed = ["model", "control-plane", "provider"];
const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };

describe("the packages that npm packs", function () {
  this.timeout(180_000);
  let modules: string;

  before(async () => {
    const folder = temporaryFolder();
    modules = join(folder, "node_modules");
    const { stdout } = await run(
      "npm",
      ["pack", "--json", "--pack-destination", folder, ...packed.flatMap((each) => ["-w", each])],
      { cwd: root, env, maxBuffer: 64 * 1024 * 1024 },
    );
    for (const { name, filename } of JSON.parse(stdout) as { name: string; filename: string }[]) {
      const target = join(modules, name);
      mkdirSync(target, { recursive: true });
      await run("tar", ["-xzf", join(folder, filename), "-C", target, "--strip-components=1"]);
    }
    // In the place of what npm would fetch: the dependencies that the packages name, and none of those that only
    // this workspace has.
    for (const each of packed) {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(modules, "@pulumi-appmesh", each, "package.json"), "utf8"),
      ) as { dependencies?: Record<string, string> };
      for (const name of Object.keys(dependencies)) {
        if (!name.startsWith("@pulumi-appmesh/")) link(name);
      }
    }
  });

  const linked = new Set<string>();
  function link(name: string): void {
    if (linked.has(name)) return;
    linked.add(name);
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }

  /** The first line that a program prints, and the code with which it ends when it is told to. */
  async function started(executable: string, args: readonly string[], signal: NodeJS.Signals) {
    const child = spawn(join(modules, "@pulumi-appmesh", executable), args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      ended.then((code) => reject(new Error(`${executable} ended with ${code}:\n${errors}`)));
    });
    child.kill(signal);
    return { line, code: await ended };
  }

  it("hold the whole control plane: it says what it can do, and serves", async () => {
    const appmesh = join(modules, "@pulumi-appmesh/control-plane/bin/appmesh");
    const { stdout } = await run(appmesh, ["serve", "--help"], { env });
    assert.match(stdout, /^Usage: appmesh serve \[options\]/);
    const anyPort = ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--data", temporaryFolder()];
    const { line, code } = await started("control-plane/bin/appmesh", ["serve", ...anyPort], "SIGTERM");
    assert.match(line, /^ready api=http:\/\/127\.0\.0\.1:\d+ xds=127\.0\.0\.1:\d+ data=/);
    assert.equal(code, 0);
  });

  it("hold the whole provider: it serves on the port that it prints, and has its schema", async () => {
    const { line } = await started("provider/bin/pulumi-resource-appmesh", [], "SIGTERM");
    assert.match(line, /^\d+$/);
    const schema = readFileSync(join(modules, "@pulumi-appmesh/provider/schema.json"), "utf8");
    assert.equal(JSON.parse(schema).name, "appmesh");
  });
});
