import { NotImplemented } from "./failures.js";
import type { Plugin } from "./plugin.js";
import type { messages } from "./protocol.js";
import { unary } from "./unary.js";

export const construct = (_: Plugin) => ({
  construct: unary((request: messages.ConstructRequest): messages.ConstructResponse => {
    throw new NotImplemented(request.getType());
  }),
});
