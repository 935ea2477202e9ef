import assert from "node:assert/strict";
import type { Command } from "commander";
import { keysCommand } from "./keys.js";

describe("appmesh keys", () => {
  /** Refused before anything is called: what is wrong, as the user reads it. */
  async function refused(...args: string[]): Promise<string> {
    const keys = keysCommand();
    const quiet = (command: Command) => command.exitOverride().configureOutput({ writeErr: () => {} });
    quiet(keys);
    keys.commands.forEach(quiet);
    let message = "";
    await assert.rejects(keys.parseAsync(args, { from: "user" }), (error: Error) => {
      message = error.message;
      return true;
    });
    return message;
  }

  it("says which values it takes", async () => {
    const time = "It must be a number of days, hours, minutes or seconds, such as 90d, 12h or 30m.";
    for (const value of ["4y", "1.5h", "-1d", "d", "", "1000000d"]) {
      assert.equal(
        await refused("create", "--expires-in", value),
        `error: option '--expires-in <time>' argument '${value}' is invalid. ${time}`,
      );
      assert.equal(
        await refused("rotate", "APMK", "--overlap", value),
        `error: option '--overlap <time>' argument '${value}' is invalid. ${time}`,
      );
    }
    assert.equal(
      await refused("create", "--account", "42"),
      "error: option '--account <id>' argument '42' is invalid. An account is twelve digits.",
    );
    for (const value of ["localhost:7070", "ftp://localhost", ""]) {
      assert.equal(
        await refused("list", "--endpoint", value),
        `error: option '--endpoint <url>' argument '${value}' is invalid. ` +
          "It must be a URL, such as https://mesh.example.com:7070.",
      );
    }
    assert.equal(
      await refused("list", "--data", ""),
      "error: option '--data <dir>' argument '' is invalid. It must name a folder.",
    );
    assert.equal(await refused("revoke"), "error: missing required argument 'accessKeyId'");
    assert.equal(
      await refused("create", "key"),
      "error: too many arguments for 'create'. Expected 0 arguments but got 1: key.",
    );
    assert.equal(await refused("show"), "error: unknown command 'show'");
  });

  it("needs no environment to be asked how it works", () => {
    assert.match(
      keysCommand().helpInformation(),
      /^Usage: keys \[options\] \[command\]\n\nissue, list, replace and take back the access keys of a control plane\n/,
    );
  });
});
