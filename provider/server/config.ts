import { diffValues } from "../resources/diff.js";
import { formatPropertyPath } from "../resources/property-path.js";
import { checkResponse, diffResponse } from "./answers.js";
import { type Setting, settings } from "./configuration.js";
import { resolveConnection } from "./connection.js";
import { resolveDefaultTags } from "./default-tags.js";
import type { Plugin } from "./plugin.js";
import { messages } from "./protocol.js";
import { readCheckRequest, readDiffRequest } from "./requests.js";
import { unary } from "./unary.js";
import { secret } from "./values.js";
import { decode } from "./wire.js";

/** The provider's own settings. */
export const config = (plugin: Plugin) => ({
  checkConfig: unary((bytes: Uint8Array) => {
    const { news: inputs } = readCheckRequest(bytes);
    const failures = [
      ...resolveConnection(inputs, process.env).failures,
      ...resolveDefaultTags(inputs, process.env).failures,
    ];
    // The environment's values are not put among the inputs: they would be kept in the stack's state.
    const kept = Object.entries(inputs).map(([name, value]) =>
      (settings as Record<string, Setting>)[name]?.secret ? [name, secret(value)] : [name, value],
    );
    return checkResponse(Object.fromEntries(kept), failures);
  }),

  /** A control plane that moves is still the same mesh, so no change of a setting replaces anything. */
  diffConfig: unary((bytes: Uint8Array) => {
    const { olds, oldInputs = olds, news } = readDiffRequest(bytes);
    const changes = [...diffValues([], oldInputs, news)];
    return diffResponse(
      changes.map((change) => ({ ...change, property: formatPropertyPath(change.path), replaces: false })),
    );
  }),

  configure: unary((request: messages.ConfigureRequest) => {
    const args = decode(request.getArgs());
    const { connection, failures: ofConnection } = resolveConnection(args, process.env);
    const { tags, failures: ofTags } = resolveDefaultTags(args, process.env);
    const failures = [...ofConnection, ...ofTags];
    if (connection === undefined || failures.length > 0) {
      throw new Error(
        failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n") ||
          "a setting is not known yet",
      );
    }
    plugin.configure(connection, tags);
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }),
});
