import { checkResource } from "../resources/check.js";
import { diffResource } from "../resources/diff.js";
import type { Autonaming } from "../resources/naming.js";
import { checkResponse, diffResponse } from "./answers.js";
import { parseUrn, resourceTypeOf } from "./plugin.js";
import { messages } from "./protocol.js";
import { unary } from "./unary.js";
import type { ObjectValue } from "./values.js";
import { decode } from "./wire.js";

/** What a program asks for, and what that would change. Neither asks the control plane. */
export const check = () => ({
  check: unary((request: messages.CheckRequest) => {
    const urn = request.getUrn();
    const { inputs, failures } = checkResource(resourceTypeOf(urn), {
      urnName: parseUrn(urn).name,
      olds: decode(request.getOlds()),
      news: decode(request.getNews()),
      seed: request.getRandomseed_asU8(),
      autonaming: autonaming(request),
    });
    return checkResponse(inputs, failures);
  }),

  diff: unary((request: messages.DiffRequest) => {
    const urn = request.getUrn();
    const type = resourceTypeOf(urn);
    const { changes, deleteBeforeReplace, stables } = diffResource(type, {
      urnName: parseUrn(urn).name,
      // State that was written without inputs has the same properties among its outputs.
      olds: request.hasOldInputs()
        ? decode(request.getOldInputs())
        : inputsAmong(type.inputs, decode(request.getOlds())),
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

const inputsAmong = (inputs: object, outputs: ObjectValue): ObjectValue =>
  Object.fromEntries(
    Object.entries(outputs).filter(([name]) => (name in inputs && name !== "meshOwner") || name === "tags"),
  );
