import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { maxHeaderSize } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defaultBodyLimits } from "@pulumi-appmesh/control-plane/api/bodies.js";
import { defaultTiming } from "@pulumi-appmesh/control-plane/api/server.js";
import { Metrics } from "@pulumi-appmesh/control-plane/metrics/metrics.js";
import { startControlPlane } from "../support/control-plane.js";
import { until } from "../support/sidecar.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/operations.md", import.meta.url)), "utf8");

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
      .map((cell) => cell.trim()),
  );
}

describe("docs/operations.md", function () {
  this.timeout(180_000);

  it("tells every metric there is, as it is", () => {
    const told = table("metric").map(([name, type, labels, what]) => ({
      name: name?.replaceAll("`", ""),
      type,
      labels: labels === "" ? [] : labels?.replaceAll("`", "").split(", "),
      help: what,
    }));
    assert.deepEqual(
      told,
      new Metrics().describe().map(({ name, type, labels, help }) => ({ name, type, labels, help })),
    );
  });

  it("tells what one client may cost", () => {
    const told = table("what").map(([, most]) => Number(most?.split(" ")[0]));
    const { bytes, bytesTogether, freeBytes } = defaultBodyLimits;
    const { requestMillis, idleMillis } = defaultTiming;
    assert.deepEqual(told, [maxHeaderSize, bytes, bytesTogether, requestMillis / 1000, idleMillis / 1000]);
    assert.ok(text.includes(`without the first ${freeBytes} bytes of each`));
  });

  it("tells commands that work", async () => {
    const server = await startControlPlane();
    const script = block("run").replaceAll("http://127.0.0.1:7070", server.api);
    const { stdout } = await promisify(execFile)("sh", ["-ec", script]);
    assert.ok(
      stdout.startsWith('{"status":"ok"}{"status":"ready"}appmesh_entities{kind="mesh"} 0\n'),
      stdout,
    );
    await server.stop();
  });

  it("has Prometheus ask in a way that is answered", async () => {
    const yaml = block("prometheus");
    const [, token] = /^ +credentials: (\S+)$/m.exec(yaml) ?? [];
    const [, target] = /targets: \["(\S+)"\]/.exec(yaml) ?? [];
    assert.ok(token && target);
    const server = await startControlPlane({
      args: ["--metrics", target.replace(/:\d+$/, ":0")],
      env: { APPMESH_METRICS_TOKEN: token },
    });
    await until(() => server.log().includes('"msg":"ready"'));
    const [, url = ""] = /"metrics":"([^"]+)"/.exec(server.log()) ?? [];
    assert.equal((await fetch(url)).status, 401);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /^appmesh_store_revision 0$/m);
    await server.stop();
  });

  it("tells every member of a request's line in the log", async () => {
    const server = await startControlPlane({ accessKey: { accessKeyId: "AKID", secretAccessKey: "secret" } });
    await server.call("GET", "/v20190125/meshes/none");
    await server.stop();
    const line = server
      .log()
      .split("\n")
      .find((line) => line.includes("NotFoundException")) as string;
    const told = table("member").flatMap(([names]) => names?.replaceAll("`", "").split(", ") ?? []);
    assert.deepEqual(
      Object.keys(JSON.parse(line)).sort(),
      // pino's own, and without the one that is rare.
      [...told.filter((name) => name !== "slow"), "level", "time"].sort(),
    );
  });
});
