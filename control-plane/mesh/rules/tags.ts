import type { Violation } from "@pulumi-appmesh/model";
import type { Tag } from "../entity.js";
import { MeshError } from "../errors.js";
import { beyond, type Limits } from "../limits.js";

/** Each key once: which of two values is meant cannot be known. And none of those that AWS keeps for itself. */
export function checkTagKeys(tags: readonly Tag[] = []): Violation[] {
  return tags.flatMap(({ key }, at) => {
    const wrong = (message: string) => [{ path: ["tags", at, "key"], given: key, message }];
    if (/^aws:/i.test(key)) {
      return wrong(
        `${JSON.stringify(key)} was given; a key that does not begin with "aws:" is allowed, which is reserved for AWS.`,
      );
    }
    if (tags.findIndex((tag) => tag.key === key) !== at) {
      return wrong(`${JSON.stringify(key)} is given twice; give each key once.`);
    }
    return [];
  });
}

/** The tags of an entity with others added, or put in the place of those with the same key. */
export function withTags(limits: Limits, tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...tags, ...added].map((tag) => [tag.key, tag]));
  if (merged.size > tags.length) checkTagCount(limits, merged.size);
  return [...merged.values()];
}

export function checkTagCount(
  limits: Limits,
  count: number,
  code: "TooManyTagsException" | "LimitExceededException" = "TooManyTagsException",
): void {
  const most = limits.tagsPerResource;
  if (count <= most) return;
  throw new MeshError(code, beyond("tagsPerResource", most, `the resource would have ${count} tags`));
}
