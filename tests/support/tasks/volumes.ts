// The folders that the containers of a group share.
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Volume } from "./container-group.js";

/** Makes them in a folder of this machine, and answers where each is. */
export function makeVolumes(
  volumes: Readonly<Record<string, Volume>>,
  parent: string,
): Readonly<Record<string, string>> {
  const folders: Record<string, string> = {};
  for (const [name, { mode, group = 0, files = {}, folder: kept }] of Object.entries(volumes)) {
    const folder = kept ?? join(parent, name);
    mkdirSync(folder, { recursive: true, mode });
    chownSync(folder, 0, group);
    chmodSync(folder, mode);
    for (const [path, file] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), file.text);
      chownSync(join(folder, path), 0, group);
      // Its group may read what root may.
      chmodSync(join(folder, path), file.mode | (group === 0 ? 0 : (file.mode & 0o400) >> 3));
    }
    folders[name] = folder;
  }
  return folders;
}
