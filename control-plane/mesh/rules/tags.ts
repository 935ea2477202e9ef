import type { Violation } from "@pulumi-appmesh/model";
import type { Tag } from "../entity.js";
import { MeshError } from "../errors.js";

/** App Mesh's limit of tags on one entity. */
const MAX_TAGS = 50;

/** Each key once: which of two values is meant cannot be known. */
export function checkTagKeys(tags: readonly Tag[] = []): Violation[] {
  return tags.flatMap(({ key }, at) =>
    tags.findIndex((tag) => tag.key === key) === at
      ? []
      : [
          {
            path: ["tags", at, "key"],
            given: key,
            message: `${JSON.stringify(key)} is given twice; give each key once.`,
          },
        ],
  );
}

/** The tags of an entity with others added, or put in the place of those with the same key. */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...tags, ...added].map((tag) => [tag.key, tag]));
  if (merged.size > MAX_TAGS) {
    throw new MeshError(
      "TooManyTagsException",
      `the resource would have ${merged.size} tags; at most ${MAX_TAGS} are allowed. Remove some first`,
    );
  }
  return [...merged.values()];
}
