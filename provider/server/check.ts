import { checkMeshSettings, diffMeshSettings } from "../extensions/mesh-settings.js";
import { checkResource } from "../resources/check.js";
import { diffResource } from "../resources/diff.js";
import type { Autonaming } from "../resources/naming.js";
import type { ResourceType } from "../resources/types.js";
import { checkResponse, diffResponse } from "./answers.js";
import { withDefaultTags } from "./default-tags.js";
import { withIgnoredTags } from "./ignored-tags.js";
import { isMeshSettings, type Plugin, parseUrn, resourceTypeOf } from "./plugin.js";
import { messages } from "./protocol.js";
import { unary } from "./unary.js";
import type { ObjectValue } from "./values.js";
import { decode } from "./wire.js";

/** What a program asks for, and what that would change. Neither asks the control plane. */
export const check = (plugin: Plugin) => ({
  check: unary((request: messages.CheckRequest) => {
    const urn = request.getUrn();
    if (isMeshSettings(urn)) {
      const { inputs, failures } = checkMeshSettings(decode(request.getNews()));
      return checkResponse(inputs, failures);
    }
    const { tags, ...news } = decode(request.getNews());
    const all = withDefaultTags(plugin.defaultTags, tags);
    const { inputs, failures } = checkResource(resourceTypeOf(urn), {
      urnName: parseUrn(urn).name,
      olds: decode(request.getOlds()),
      news: all === undefined ? news : { ...news, tags: all },
      seed: request.getRandomseed_asU8(),
      autonaming: autonaming(request),
    });
    return checkResponse(inputs, failures);
  }),

  diff: unary((request: messages.DiffRequest) => {
    const urn = request.getUrn();
    if (isMeshSettings(urn)) {
      const olds = decode(request.hasOldInputs() ? request.getOldInputs() : request.getOlds());
      const news = decode(request.getNews());
      const ignored = request.getIgnorechangesList();
      const { changes, stables } = diffMeshSettings(olds, news);
      return diffResponse(
        changes.filter(
          ({ property }) => !ignored.some((path) => property === path || property.startsWith(`${path}.`)),
        ),
        false,
        stables,
      );
    }
    const type = resourceTypeOf(urn);
    // State that was written without inputs has the same properties among its outputs.
    const olds = oldInputs(request, type);
    const ignoreChanges = request.getIgnorechangesList();
    const { changes, deleteBeforeReplace, stables } = diffResource(type, {
      urnName: parseUrn(urn).name,
      olds,
      news: withIgnoredTags(olds, decode(request.getNews()), ignoreChanges),
      ignoreChanges,
    });
    return diffResponse(changes, deleteBeforeReplace, stables);
  }),
});

function autonaming(request: messages.CheckRequest): Autonaming | undefined {
  const options = request.getAutonaming();
  if (options === undefined) return undefined;
  const { Mode } = messages.CheckRequest.AutonamingOptions;
  const modes = { [Mode.PROPOSE]: "propose", [Mode.ENFORCE]: "enforce", [Mode.DISABLE]: "disable" } as const;
  return { mode: modes[options.getMode()], proposedName: options.getProposedName() };
}

/**
 * What the entity is compared by. Its tags are taken as they were last seen: an import gives it inputs that carry the
 * provider's default tags before it has them.
 */
function oldInputs(request: messages.DiffRequest, { inputs }: ResourceType): ObjectValue {
  const state = decode(request.getOlds());
  if (!request.hasOldInputs()) return inputsAmong(inputs, state);
  const known = decode(request.getOldInputs());
  if (state.arn === undefined) return known;
  const { tags: _, ...rest } = known;
  return state.tags === undefined ? rest : { ...rest, tags: state.tags };
}

const inputsAmong = (inputs: object, outputs: ObjectValue): ObjectValue =>
  Object.fromEntries(
    Object.entries(outputs).filter(([name]) => (name in inputs && name !== "meshOwner") || name === "tags"),
  );
