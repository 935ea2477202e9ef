import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { codes } from "@pulumi-appmesh/control-plane/diagnostics/diagnostic.js";
import { limitDefinitions } from "@pulumi-appmesh/control-plane/mesh/limits.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/api.md", import.meta.url)), "utf8");
const appmesh = fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url));

/** The code block that follows a comment. */
const block = (comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

/** The cells of the table with this first column. */
function table(first: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  const rows = lines.slice(start + 2);
  return rows.slice(0, rows.indexOf("")).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("docs/api.md", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    const [, ...settings] = block("limits").trim().split(" ").slice(1);
    controlPlane = await startControlPlane({ args: settings });
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
  });
  after(() => controlPlane?.stop());

  /** As a user has it: `appmesh` on the PATH, and the control plane where it listens by default. */
  const run = (script: string) =>
    promisify(execFile)("sh", ["-ec", script.replaceAll("http://127.0.0.1:7070", controlPlane.api)], {
      env: { ...process.env, PATH: `${dirname(appmesh)}:${dirname(process.execPath)}:${process.env.PATH}` },
    }).catch((error: { code: number; stdout: string; stderr: string }) => error);

  it("tells every limit there is, as it is", () => {
    assert.deepEqual(
      table("limit"),
      Object.entries(limitDefinitions).map(([name, { default: value, counts }]) => [
        name,
        String(value),
        counts,
      ]),
    );
  });

  it("settles what a mesh does by default", async () => {
    const { stdout } = await run(block("settings"));
    assert.equal(stdout, '{"defaultRetries":false}{"defaultRetries":false}');
  });

  it("tells every code of a diagnostic there is, as it is", () => {
    assert.deepEqual(
      table("code"),
      Object.entries(codes).map(([code, { severity, says }]) => [code, severity, says]),
    );
  });

  it("starts a control plane with limits that count", async () => {
    // More than there may be by default.
    for (let n = 0; n < 201; n++) {
      const body = { virtualServiceName: `service-${n}`, spec: {} };
      const { status } = await controlPlane.call("PUT", "/v20190125/meshes/shop/virtualServices", body);
      assert.equal(status, 200, `service-${n}`);
    }
    for (let n = 0; n < 201; n++) {
      await controlPlane.call("DELETE", `/v20190125/meshes/shop/virtualServices/service-${n}`);
    }
  });

  it("shares a mesh by calls that work", async () => {
    const { stdout } = await run(block("share"));
    const [shared, rest] = [stdout.slice(0, stdout.indexOf("}") + 1), stdout.slice(stdout.indexOf("}") + 1)];
    const share = JSON.parse(shared);
    assert.deepEqual(Object.keys(share), ["meshName", "meshOwner", "account", "sharedAt"]);
    assert.equal(rest, `${JSON.stringify({ shares: [share] })}${JSON.stringify(share)}`);
  });

  it("makes a change conditional by calls that work", async () => {
    const { stdout } = await run(block("precondition"));
    assert.equal(JSON.parse(stdout).metadata.version, 2);
  });

  it("shows what the command line tells", async () => {
    await controlPlane.call("PUT", "/v20190125/meshes/shop/virtualNodes", {
      virtualNodeName: "web",
      spec: { backends: [{ virtualService: { virtualServiceName: "catalog.shop.local" } }] },
    });
    const { stdout, code } = (await run(block("diagnose"))) as { stdout: string; code: number };
    assert.deepEqual([stdout, code], [block("diagnosed"), 1]);
  });
});
