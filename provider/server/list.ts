import type { ServerWritableStream } from "@grpc/grpc-js";
import { formatId } from "../resources/identity.js";
import { listAddresses } from "../resources/list.js";
import { resourceTypes } from "../resources/types.js";
import { asServiceError, NotImplemented } from "./failures.js";
import type { Plugin } from "./plugin.js";
import { messages } from "./protocol.js";
import { containsUnknown } from "./values.js";
import { decode } from "./wire.js";

/** The entities that there are, for whoever wants to import them. */
export const list = (plugin: Plugin) => ({
  list: async (stream: ServerWritableStream<messages.ListRequest, messages.ListResponse>): Promise<void> => {
    const { request } = stream;
    try {
      const type = resourceTypes.get(request.getToken());
      if (type === undefined) throw new NotImplemented(`${request.getToken()} cannot be listed.`);
      const query = decode(request.getQuery());
      if (containsUnknown(query)) stream.write(computed());
      else {
        let left = request.getLimit() > 0 ? request.getLimit() : Number.POSITIVE_INFINITY;
        for await (const address of listAddresses(type, query, plugin.operation(""))) {
          stream.write(result(formatId(address), address.names.at(-1) ?? ""));
          if (--left === 0 || stream.cancelled) break;
        }
      }
      stream.end();
    } catch (error) {
      stream.emit("error", asServiceError(error));
    }
  },
});

function result(id: string, name: string): messages.ListResponse {
  const found = new messages.ListResponse.Result();
  found.setId(id);
  found.setName(name);
  return new messages.ListResponse().setResult(found);
}

const computed = (): messages.ListResponse =>
  new messages.ListResponse().setComputed(new messages.ListResponse.Computed());
