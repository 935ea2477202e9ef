import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const plugin = fileURLToPath(new URL("../bin/pulumi-resource-appmesh", import.meta.url));

describe("the plugin's process", () => {
  let running: ChildProcess | undefined;
  afterEach(() => {
    running?.kill("SIGKILL");
  });

  // The engine waits five seconds for a plugin that does not heed its SIGINT, at the end of every command.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`says where it listens, and ends on ${signal}`, async () => {
      running = spawn(plugin, [], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(running, "exit");
      const [port] = await once(createInterface({ input: running.stdout as NodeJS.ReadableStream }), "line");
      assert.match(port, /^\d+$/);
      running.kill(signal);
      assert.deepEqual(await exited, [0, null]);
    });
  }
});
