import { withDefaultTags } from "../server/default-tags.js";
import { withIgnoredTags } from "../server/ignored-tags.js";
import type { ObjectValue } from "../server/values.js";
import { checkResource } from "./check.js";
import { diffResource } from "./diff.js";
import { create, read, update } from "./operations.js";
import { remove } from "./remove.js";
import type { Resource, ResourceDiffInput } from "./resource.js";
import { plannedState, plannedUpdate } from "./state.js";
import type { ResourceType } from "./types.js";

/** An entity of a mesh, as a resource. */
export const entity = (type: ResourceType): Resource => ({
  token: type.token,

  check: (input, defaultTags) => {
    const { tags, ...news } = input.news;
    const all = withDefaultTags(defaultTags, tags);
    return checkResource(type, { ...input, news: all === undefined ? news : { ...news, tags: all } });
  },

  diff: (input) => {
    // State that was written without inputs has the same properties among its outputs.
    const olds = comparedBy(type, input);
    const news = withIgnoredTags(olds, input.news, input.ignoreChanges);
    return diffResource(type, { ...input, olds, news });
  },

  planned: (inputs) => plannedState(type, inputs),

  plannedUpdate: (olds, news, ignoreChanges) =>
    plannedUpdate(type, olds, withIgnoredTags(olds, news, ignoreChanges)),

  create: (inputs, context) => create(type, inputs, context),

  read: (id, { inputs }, context) => read(type, id, inputs, context),

  update: ({ id, olds, news, ignoreChanges }, context) =>
    update(type, id, olds, withIgnoredTags(olds, news, ignoreChanges), context),

  delete: (id, context) => remove(type, id, context),
});

/**
 * What the entity is compared by. Its tags are taken as they were last seen: an import gives it inputs that carry the
 * provider's default tags before it has them.
 */
function comparedBy({ inputs }: ResourceType, { olds, state }: ResourceDiffInput): ObjectValue {
  if (olds === undefined) return inputsAmong(inputs, state);
  if (state.arn === undefined) return olds;
  const { tags: _, ...rest } = olds;
  return state.tags === undefined ? rest : { ...rest, tags: state.tags };
}

const inputsAmong = (inputs: object, outputs: ObjectValue): ObjectValue =>
  Object.fromEntries(
    Object.entries(outputs).filter(([name]) => (name in inputs && name !== "meshOwner") || name === "tags"),
  );
