import type { Path } from "@pulumi-appmesh/model";
import type { Source } from "./entity.js";
import { NotKnownYet } from "./known.js";

/** Something of a mesh that cannot be read, so that no other rule says anything of it. Paths are the declaration's own. */
export interface Unread {
  readonly kind: "unread";
  /** What it is, for a sentence. Reading it throws NotKnownYet where it may turn out to be readable. */
  readonly what: string;
  readonly fix: string;
  readonly source: Source;
}

/** What may turn out to be something of a mesh. */
export const notReadYet = (path: Path): Unread => ({
  kind: "unread",
  get what(): string {
    throw new NotKnownYet(path);
  },
  fix: "",
  source: { path: (path) => path },
});
