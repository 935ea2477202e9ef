// The state that each release left behind: what `pulumi stack export` gave, less what is of the machine that it was on.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployment } from "@pulumi/pulumi/automation/index.js";

/** In the sources: the states are not compiled. */
export const folder = fileURLToPath(new URL("../../../provider/upgrade/states", import.meta.url));

export const stateFile = (release: string) => join(folder, `v${release}.json`);

/** Every release with a state, the oldest first. */
export const releases: readonly string[] = readdirSync(folder)
  .map((file) => /^v(.+)\.json$/.exec(file)?.[1] ?? "")
  .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

export const stateOf = (release: string): Deployment => JSON.parse(readFileSync(stateFile(release), "utf8"));
