import { NotImplemented } from "./failures.js";
import type { messages } from "./protocol.js";
import { unary } from "./unary.js";

/** Functions of the package and methods of its components: there are none yet. */
export const invoke = () => ({
  invoke: unary((request: messages.InvokeRequest): messages.InvokeResponse => {
    throw new NotImplemented(`${request.getTok()} is not a function of this provider; it has none.`);
  }),

  call: unary((request: messages.CallRequest): messages.CallResponse => {
    throw new NotImplemented(
      `${request.getTok()} is not a method of this provider's components; they have none.`,
    );
  }),
});
