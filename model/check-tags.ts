import type { Cursor } from "./rules/cursor.js";
import { inspect } from "./rules/inspect.js";
import { eachOnce } from "./rules/once.js";
import { TagList } from "./tag.js";
import type { ValidateOptions } from "./validate.js";
import type { Violation } from "./violation.js";

/**
 * Everything in which a list of tags breaks the model: by its shape, and by a key that is there twice; empty if nothing
 * does. Paths begin with "tags" unless the options say otherwise. No value makes this function throw.
 */
export function checkTags(tags: unknown, options: ValidateOptions = {}): Violation[] {
  const rule = (list: Cursor<TagList>) => eachOnce(list.items().map((tag) => tag.at("key")));
  return inspect(TagList, rule, tags, options.path ?? ["tags"], options);
}
