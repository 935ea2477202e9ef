import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { markName, survivors } from "./survivors.mjs";

describe("the search for processes that tests left behind", () => {
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  it("finds a process that outlived its parent, and only that", async () => {
    const mark = randomUUID();
    assert.deepEqual(await survivors(mark, 0), []);
    const parent = spawn("sh", ["-c", "sleep 300 >&- & echo $!"], {
      env: { ...process.env, [markName]: mark },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
    const pid = Number(line);
    try {
      await once(parent, "exit");
      const found = await survivors(mark, 0);
      assert.deepEqual(
        found.map((process) => process.pid),
        [pid],
      );
      assert.match(found[0].command, /sleep 300/);
    } finally {
      process.kill(pid);
    }
    assert.deepEqual(await survivors(mark), []);
  });
});
