import type { Source } from "./entity.js";

/** Something of a mesh that cannot be read, so that no other rule says anything of it. Paths are the declaration's own. */
export interface Unread {
  readonly kind: "unread";
  /** What it is, for a sentence. Reading it throws NotKnownYet where it may turn out to be readable. */
  readonly what: string;
  readonly fix: string;
  readonly source: Source;
}
