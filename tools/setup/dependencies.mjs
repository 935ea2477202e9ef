// The npm dependencies of all workspaces, as package-lock.json has them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./cache.mjs";
import { node, notes, root } from "./clone.mjs";
import { step } from "./step.mjs";

const wayOut =
  'look at the log: most often the npm registry cannot be reached, or scripts are switched off ("npm config get ' +
  'ignore-scripts" must say false: the package "node" brings its executable by one). Then run this again.';

export async function ensureDependencies() {
  if (upToDate()) return;
  await withLock(join(notes, "dependencies"), async () => {
    if (upToDate()) return;
    await step("installing the npm dependencies", wayOut, async (run) => {
      // The build is a step of its own, with its own message when it fails.
      await run("npm", ["ci"], { cwd: root, env: { ...process.env, APPMESH_SKIP_BUILD: "1" } });
      if (!existsSync(node)) throw new Error("npm ended well, but node_modules/node/bin/node is missing");
    });
  });
}

/** Whether node_modules holds what the lock file says, by npm's own record of what it installed. */
function upToDate() {
  if (!existsSync(node)) return false;
  const packages = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  let installed;
  try {
    installed = packages("node_modules/.package-lock.json");
  } catch {
    return false;
  }
  return Object.entries(packages("package-lock.json")).every(([path, locked]) => {
    // The workspaces themselves are folders of this clone; npm leaves out what is for other platforms.
    if (!path.startsWith("node_modules/")) return true;
    if (installed[path] === undefined) return locked.optional === true || locked.devOptional === true;
    return installed[path].version === locked.version && installed[path].integrity === locked.integrity;
  });
}
