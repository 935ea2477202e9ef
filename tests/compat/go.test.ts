import assert from "node:assert/strict";
import { caOf } from "../control-plane/callers.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { goClient } from "../support/tools.js";
import { run } from "./run.js";

// The checks themselves are in tests/compat/go: whole answers, as values of the SDK's types.
for (const [scheme, options] of [
  ["HTTP", []],
  ["HTTPS", ["--tls-self-signed"]],
] as const)
  describe(`AWS SDK for Go v2 over ${scheme}`, function () {
    this.timeout(180_000);
    let program: string | undefined;
    let controlPlane: ControlPlane | undefined;

    before(async function () {
      program = await goClient();
      if (program === undefined) {
        console.log("    skipped: set-up found no Go to build tests/compat/go with");
        return this.skip();
      }
      controlPlane = await startControlPlane({
        accessKey: { accessKeyId: "AKIDGO", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
        args: options,
      });
    });
    after(() => controlPlane?.stop());

    for (const [test, title] of [
      ["TestOperations", "calls all 38 operations, typed, and gets whole answers"],
      ["TestPaginators", "pages by every paginator of the SDK"],
      ["TestErrors", "gets App Mesh's errors as the types of the SDK"],
      ["TestVersion1", "reconciles by the SDK's first version, as App Mesh's Kubernetes controller does"],
    ] as const) {
      it(title, async () => {
        const args = ["-test.v", `-test.run=^${test}$`];
        const ca = controlPlane && caOf(controlPlane);
        const env = { ...controlPlane?.env, ...(ca && { AWS_CA_BUNDLE: ca }) };
        const { code, stdout, stderr } = await run(program ?? "", args, env);
        assert.equal(code, 0, stdout + stderr);
        assert.match(stdout, new RegExp(`^=== RUN   ${test}\n--- PASS: ${test} .*\nPASS\n$`));
      });
    }
  });
