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
      // The log level is said, since `npm start --silent` would silence the reason of a failure as well.
      await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel", "notice"], {
        cwd: root,
        env: { ...process.env, APPMESH_SKIP_BUILD: "1" },
      });
      if (!existsSync(node)) throw new Error("npm ended well, but node_modules/node/bin/node is missing");
    });
  });
}

/** Whether node_modules holds what the lock file says, by npm's own record of what it installed. */
function upToDate() {
  if (!existsSync(node)) return false;
  const packages = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  try {
    return missing(packages("package-lock.json"), packages("node_modules/.package-lock.json")).length === 0;
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

/** The packages of a lock file that are not installed, or not as it has them. */
export function missing(locked, installed) {
  return Object.keys(locked).filter((path) => {
    // The workspaces themselves are folders of this clone.
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return false;
    const [wanted, found] = [locked[path], installed[path]];
    // npm leaves out what is for other platforms.
    if (found === undefined) return !wanted.optional && !wanted.devOptional;
    return found.version !== wanted.version || found.integrity !== wanted.integrity;
  });
}
