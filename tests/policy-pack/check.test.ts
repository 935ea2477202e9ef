// `appmesh check`, as scripts run it.
import { deepStrictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";

const appmesh = fileURLToPath(new URL("../../../node_modules/.bin/appmesh", import.meta.url));

describe("appmesh check", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const open = { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } };
  function run(
    args: readonly string[],
    input = "",
  ): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(appmesh, ["check", ...args], { input, encoding: "utf8" });
    return { status, stdout, stderr };
  }

  it("ends with 1 where something mandatory was found, with 0 where not", () => {
    const found =
      "[mandatory] egress-drop-all: spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.";
    const path = file("mesh.json", open);
    deepStrictEqual(run([path]), {
      status: 1,
      stdout: `${path}: mesh shop: ${found}\n1 found in 1 resource, of which 1 is mandatory\n`,
      stderr: "",
    });
    deepStrictEqual(run(["-"], JSON.stringify(open)), {
      status: 1,
      stdout: `-: mesh shop: ${found}\n1 found in 1 resource, of which 1 is mandatory\n`,
      stderr: "",
    });
    const settings = file("settings.json", { rules: { "egress-drop-all": "advisory" } });
    deepStrictEqual(run(["--settings", settings, "--format", "json", path]).status, 0);
  });

  it("ends with 2 and says why where it cannot judge", () => {
    const settings = file("wrong.json", { rules: { "tls-strict": "mandatory" } });
    const { status, stdout, stderr } = run(["--settings", settings, file("mesh.json", open)]);
    deepStrictEqual(
      { status, stdout, stderr: stderr.split(";")[0] },
      {
        status: 2,
        stdout: "",
        stderr:
          "appmesh check: the settings of the policy pack cannot be followed:\n  rules.tls-strict: there is no such name",
      },
    );
    const missing = join(folder, "missing.json");
    deepStrictEqual(run([missing]), {
      status: 2,
      stdout: "",
      stderr: `appmesh check: ${missing}: ENOENT: no such file or directory, open '${missing}'\n`,
    });
    deepStrictEqual(run([file("other.json", { a: 1 })]).status, 2);
  });
});
