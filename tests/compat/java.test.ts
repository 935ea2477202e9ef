import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { javaClient } from "../support/tools.js";
import { run } from "./run.js";

// The checks themselves are in tests/compat/java: whole answers, as values of the SDK's classes.
describe("AWS SDK for Java v2", function () {
  this.timeout(60_000);
  let classPath: string | undefined;
  let controlPlane: ControlPlane | undefined;

  before(async function () {
    classPath = await javaClient();
    if (classPath === undefined) {
      console.log("    skipped: set-up found no JDK, or no Maven, to build tests/compat/java with");
      return this.skip();
    }
    controlPlane = await startControlPlane({
      accessKey: { accessKeyId: "AKIDJAVA", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    });
  });
  after(() => controlPlane?.stop());

  for (const [check, title] of [
    ["operations", "calls all 38 operations, typed, and gets whole answers"],
    ["paginators", "pages by every paginator of the SDK"],
    ["errors", "gets App Mesh's errors as the exceptions of the SDK"],
  ] as const) {
    it(title, async () => {
      const { code, stdout, stderr } = await run(
        "java",
        ["-XX:TieredStopAtLevel=1", "-cp", classPath ?? "", "appmesh.Main", check],
        controlPlane?.env,
      );
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `passed: ${check}\n` }, stderr);
    });
  }
});
