import type { Autonaming } from "../resources/naming.js";
import { withNewSecrets } from "../resources/secrecy.js";
import { checkResponse, diffResponse } from "./answers.js";
import { type Plugin, parseUrn, resourceOf } from "./plugin.js";
import { messages } from "./protocol.js";
import { readCheckRequest, readDiffRequest } from "./requests.js";
import { unary } from "./unary.js";

/** What a program asks for, and what that would change. Neither asks the control plane. */
export const check = (plugin: Plugin) => ({
  check: unary((bytes: Uint8Array) => {
    const { urn, olds, news, randomSeed: seed, autonaming } = readCheckRequest(bytes);
    const input = { urnName: parseUrn(urn).name, olds, news, seed, autonaming: autonamingOf(autonaming) };
    const { inputs, failures } = resourceOf(urn).check(input, plugin.defaultTags);
    return checkResponse(inputs, failures);
  }),

  diff: unary((bytes: Uint8Array) => {
    const { urn, olds: state, oldInputs: olds, news, ignoreChanges } = readDiffRequest(bytes);
    const input = { urnName: parseUrn(urn).name, state, olds, news, ignoreChanges };
    const { changes, deleteBeforeReplace, stables } = withNewSecrets(resourceOf(urn).diff(input), input);
    return diffResponse(changes, deleteBeforeReplace, stables);
  }),
});

function autonamingOf(options: ReturnType<typeof readCheckRequest>["autonaming"]): Autonaming | undefined {
  if (options === undefined) return undefined;
  const { Mode } = messages.CheckRequest.AutonamingOptions;
  const modes = { [Mode.PROPOSE]: "propose", [Mode.ENFORCE]: "enforce", [Mode.DISABLE]: "disable" } as const;
  return { mode: modes[options.mode as keyof typeof modes], proposedName: options.proposedName };
}
