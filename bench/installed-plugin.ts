import { execFile } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const archives = fileURLToPath(new URL("../../tools/plugin-archives.mjs", import.meta.url));

/**
 * The plugin as users have it: the archive of a release, unpacked. That of a clone loads its modules one by one and
 * starts later.
 *
 * @param folder where to put it
 * @returns the folder that its executable is in
 */
export async function installedPlugin(folder: string): Promise<string> {
  const [packed, unpacked] = [join(folder, "archives"), join(folder, "plugin")];
  await run(process.execPath, [archives, "--targets", "own", "--out", packed], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const archive = readdirSync(packed).find((file) => file.endsWith(".tar.gz"));
  if (archive === undefined) throw new Error(`${archives} left no archive in ${packed}`);
  mkdirSync(unpacked);
  await run("tar", ["-xzf", join(packed, archive), "-C", unpacked]);
  return unpacked;
}
