import assert from "node:assert/strict";
import { join } from "node:path";
import { caOf } from "../control-plane/callers.js";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { javaClient } from "../support/tools.js";
import { run } from "./run.js";

// The checks themselves are in tests/compat/java: whole answers, as values of the SDK's classes.
for (const [scheme, options] of [
  ["HTTP", []],
  ["HTTPS", ["--tls-self-signed"]],
] as const)
  describe(`AWS SDK for Java v2 over ${scheme}`, function () {
    this.timeout(180_000);
    /** What makes Java trust the control plane's authority. */
    let trust: readonly string[] = [];
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
        args: options,
      });
      const ca = caOf(controlPlane);
      if (ca) {
        const store = join(temporaryFolder(), "trust.p12");
        const args = ["-importcert", "-noprompt", "-file", ca, "-keystore", store, "-storepass", "changeit"];
        const { code, stderr } = await run("keytool", args);
        assert.equal(code, 0, stderr);
        trust = [`-Djavax.net.ssl.trustStore=${store}`, "-Djavax.net.ssl.trustStorePassword=changeit"];
      }
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
          ["-XX:TieredStopAtLevel=1", ...trust, "-cp", classPath ?? "", "appmesh.Main", check],
          controlPlane?.env,
        );
        assert.deepEqual({ code, stdout }, { code: 0, stdout: `passed: ${check}\n` }, stderr);
      });
    }
  });
