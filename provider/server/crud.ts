import { createResponse, readResponse, updateResponse } from "./answers.js";
import { type Plugin, resourceOf } from "./plugin.js";
import { empty, type messages } from "./protocol.js";
import { readCreateRequest, readReadRequest, readUpdateRequest } from "./requests.js";
import { unary } from "./unary.js";

/** The life of a resource. In a preview nothing is asked of the control plane, which may not be there yet. */
export const crud = (plugin: Plugin) => ({
  create: unary(async (bytes: Uint8Array) => {
    const { urn, properties: inputs, timeout, preview } = readCreateRequest(bytes);
    const resource = resourceOf(urn);
    // No id, though it could be told: by it the engine knows what a function that is given this resource's outputs may ask for.
    if (preview) return createResponse(undefined, resource.planned(inputs));
    const { id, state } = await resource.create(inputs, plugin.operation(urn, timeout));
    return createResponse(id, state);
  }),

  update: unary(async (bytes: Uint8Array) => {
    const { urn, timeout, preview, ...update } = readUpdateRequest(bytes);
    const resource = resourceOf(urn);
    const state = preview
      ? resource.plannedUpdate(update.olds, update.news, update.ignoreChanges)
      : await resource.update(update, plugin.operation(urn, timeout));
    return updateResponse(state);
  }),

  read: unary(async (bytes: Uint8Array) => {
    const { id, urn, properties: state, inputs, timeout } = readReadRequest(bytes);
    const found = await resourceOf(urn).read(id, { inputs, state }, plugin.operation(urn, timeout));
    return readResponse(id, found);
  }),

  delete: unary(async (request: messages.DeleteRequest) => {
    const context = plugin.operation(request.getUrn(), request.getTimeout());
    await resourceOf(request.getUrn()).delete(request.getId(), context);
    return new empty.Empty();
  }),
});
