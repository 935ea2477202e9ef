import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { first } from "./callers.js";

const ACCOUNT = "000000000000";

describe("The audit of appmesh serve", function () {
  this.timeout(180_000);

  it("is in a file that may be moved away, or in the log", async () => {
    const audit = join(temporaryFolder(), "audit.jsonl");
    const controlPlane = await startControlPlane({ accessKey: first, args: ["--audit", audit] });
    const linesOf = (file: string) =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const create = (meshName: string) => controlPlane.call("PUT", "/v20190125/meshes", { meshName });
    const created = await create("shop");
    const [{ time, peer, ...line }] = linesOf(audit);
    assert.deepEqual(line, {
      event: "change",
      account: ACCOUNT,
      accessKeyId: first.accessKeyId,
      requestId: created.headers.get("x-amzn-requestid"),
      operation: "CreateMesh",
      arn: `arn:aws:appmesh:us-east-1:${ACCOUNT}:mesh/shop`,
      version: 1,
      from: null,
      to: { version: 1, spec: {}, tags: [] },
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    renameSync(audit, `${audit}.1`);
    process.kill(controlPlane.pid, "SIGHUP");
    const names: string[] = [];
    do names.push(`mesh-${names.length}`);
    while ((await create(names.at(-1) as string)) && !readdirSync(join(audit, "..")).includes("audit.jsonl"));
    const told = [`${audit}.1`, audit].flatMap((file) => linesOf(file).map(({ arn }) => arn.split("/")[1]));
    assert.deepEqual(told, ["shop", ...names]);
    assert.equal((statSync(audit).mode & 0o777).toString(8), "600");
    await controlPlane.stop();

    const logging = await startControlPlane({ accessKey: first, args: ["--log-level", "warn"] });
    await logging.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    assert.match(logging.log(), /"audit":\{"time":"[^"]+","event":"change".*"operation":"CreateMesh"/);
    await logging.stop();
  });

  it("has nothing changed that it cannot be told of", async () => {
    const audit = join(temporaryFolder(), "audit.jsonl");
    symlinkSync("/dev/full", audit);
    const controlPlane = await startControlPlane({ args: ["--audit", audit] });
    // The first line could not be written, and is in the log; from then on, nothing is changed.
    assert.equal((await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" })).status, 200);
    assert.match(controlPlane.log(), /"operation":"CreateMesh".*"a line of the audit could not be written"/);
    const { status, body } = await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "bank" });
    assert.deepEqual(
      [status, body],
      [
        503,
        {
          message:
            "the audit cannot be written now, so that no change is made; the control plane's log says why",
        },
      ],
    );
    assert.equal((await controlPlane.call("GET", "/v20190125/meshes")).body.meshes.length, 1);
    assert.equal((await controlPlane.call("GET", "/readyz")).status, 503);
    await controlPlane.stop();
  });
});
