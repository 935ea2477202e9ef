import type { Autonaming } from "../resources/naming.js";
import { checkResponse, diffResponse } from "./answers.js";
import { type Plugin, parseUrn, resourceOf } from "./plugin.js";
import { messages } from "./protocol.js";
import { unary } from "./unary.js";
import { decode } from "./wire.js";

/** What a program asks for, and what that would change. Neither asks the control plane. */
export const check = (plugin: Plugin) => ({
  check: unary((request: messages.CheckRequest) => {
    const urn = request.getUrn();
    const input = {
      urnName: parseUrn(urn).name,
      olds: decode(request.getOlds()),
      news: decode(request.getNews()),
      seed: request.getRandomseed_asU8(),
      autonaming: autonaming(request),
    };
    const { inputs, failures } = resourceOf(urn).check(input, plugin.defaultTags);
    return checkResponse(inputs, failures);
  }),

  diff: unary((request: messages.DiffRequest) => {
    const urn = request.getUrn();
    const { changes, deleteBeforeReplace, stables } = resourceOf(urn).diff({
      urnName: parseUrn(urn).name,
      state: decode(request.getOlds()),
      olds: request.hasOldInputs() ? decode(request.getOldInputs()) : undefined,
      news: decode(request.getNews()),
      ignoreChanges: request.getIgnorechangesList(),
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
