import { callFunction, checkArguments } from "../functions/call.js";
import { functionTypes } from "../functions/types.js";
import { checkFailure } from "./answers.js";
import { NotImplemented } from "./failures.js";
import type { Plugin } from "./plugin.js";
import { messages } from "./protocol.js";
import { unary } from "./unary.js";
import { containsUnknown } from "./values.js";
import { decode, encode } from "./wire.js";

/** Functions of the package; its components have no methods. */
export const invoke = (plugin: Plugin) => ({
  invoke: unary(async (request: messages.InvokeRequest): Promise<messages.InvokeResponse> => {
    const token = request.getTok();
    const asked = functionTypes.get(token);
    if (asked === undefined) {
      const known = [...functionTypes.keys()].join(", ");
      throw new NotImplemented(`${token} is not a function of this provider; it has ${known}.`);
    }
    const args = decode(request.getArgs());
    const failures = checkArguments(asked, args);
    if (failures.length > 0) return new messages.InvokeResponse().setFailuresList(failures.map(checkFailure));
    if (containsUnknown(args)) return notKnownYet();
    return new messages.InvokeResponse().setReturn(
      encode(await callFunction(asked, args, plugin.operation(""))),
    );
  }),

  call: unary((request: messages.CallRequest): messages.CallResponse => {
    throw new NotImplemented(
      `${request.getTok()} is not a method of this provider's components; they have none.`,
    );
  }),
});

/** The engine takes no unknown values from functions; nothing at all is what it answers itself where it cannot ask. */
const notKnownYet = () => new messages.InvokeResponse().setReturn(encode({}));
