// Places in this clone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** The Node that npm installs (the package `node`): the machine's own may be too old for node:sqlite and Pulumi. */
export const node = join(root, "node_modules/node/bin/node");
/** What set-up notes down in the clone. Git ignores it. */
export const notes = join(root, ".appmesh");
