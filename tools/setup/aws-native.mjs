// The dependencies of examples/aws-native, which is no workspace: @pulumi/aws is larger than everything else here, and
// only the test of that example needs it.
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const example = join(root, "examples/aws-native");
const wayOut = "The npm registry is needed. Only tests need it: `npm start` runs without.";

/** @returns {Promise<string>} the node_modules folder */
export async function ensureAwsNative() {
  const lock = readFileSync(join(example, "package-lock.json"));
  const version = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const folder = await makeOnce(`aws-native-${version}`, (folder) =>
    step("installing @pulumi/aws", wayOut, async (run) => {
      for (const file of ["package.json", "package-lock.json"])
        cpSync(join(example, file), join(folder, file));
      await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "notice"], {
        cwd: folder,
      });
    }),
  );
  return join(folder, "node_modules");
}
