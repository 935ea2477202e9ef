import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const module = new URL("./clients.mjs", import.meta.url).href;

describe("the clients in compiled languages", () => {
  it("are done without where there is nothing to build them with", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { ensureGoClient, ensureJavaClient } from ${JSON.stringify(module)};
         console.log(await ensureGoClient(), await ensureJavaClient());`,
      ],
      { env: { PATH: "/nowhere", HOME: "/nowhere" }, encoding: "utf8" },
    );
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "undefined undefined\n", stderr: "" });
  });
});
