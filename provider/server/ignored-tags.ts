import { isAtOrBelow, parsePropertyPath } from "../resources/property-path.js";
import { isObject, type ObjectValue, Secret, secret, type Value } from "./values.js";

/**
 * What a program asks for, with those of its tags that it wants left alone (`ignoreChanges`) as the entity has them. The
 * engine does that with what the program itself gives, but the provider's default tags come in after that.
 */
export function withIgnoredTags(
  olds: ObjectValue,
  news: ObjectValue,
  ignoreChanges: readonly string[],
): ObjectValue {
  const patterns = ignoreChanges.map(parsePropertyPath);
  const isIgnored = (key: string) => patterns.some((pattern) => isAtOrBelow(["tags", key], pattern));
  if (patterns.some((pattern) => isAtOrBelow(["tags"], pattern))) return withTags(news, olds.tags);

  const [before, after] = [open(olds.tags), open(news.tags)];
  // A tag that the entity has or shall have, and that is ignored by its key.
  if (before === undefined || after === undefined) return news;
  if (![...Object.keys(before), ...Object.keys(after)].some(isIgnored)) return news;
  const tags = Object.fromEntries([
    ...Object.entries(after).filter(([key]) => !isIgnored(key)),
    ...Object.entries(before).filter(([key]) => isIgnored(key)),
  ]);
  const none = olds.tags === undefined && Object.keys(tags).length === 0;
  const hidden = [olds.tags, news.tags].some((each) => each instanceof Secret);
  return withTags(news, none ? undefined : hidden ? secret(tags) : tags);
}

const withTags = ({ tags: _, ...rest }: ObjectValue, tags: Value | undefined): ObjectValue =>
  tags === undefined ? rest : { ...rest, tags };

/** The tags one by one; undefined where they are not known yet. */
function open(tags: Value | undefined): ObjectValue | undefined {
  if (tags === undefined) return {};
  if (tags instanceof Secret) return open(tags.value);
  return isObject(tags) ? tags : undefined;
}
