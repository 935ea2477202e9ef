import {
  createMeshSettings,
  deleteMeshSettings,
  readMeshSettings,
  updateMeshSettings,
} from "../extensions/mesh-settings.js";
import { create, read, update } from "../resources/operations.js";
import { remove } from "../resources/remove.js";
import { plannedState, plannedUpdate } from "../resources/state.js";
import { withIgnoredTags } from "./ignored-tags.js";
import { isMeshSettings, type Plugin, resourceTypeOf } from "./plugin.js";
import { empty, messages } from "./protocol.js";
import { unary } from "./unary.js";
import { decode, encode } from "./wire.js";

/** The life of a resource. In a preview nothing is asked of the control plane, which may not be there yet. */
export const crud = (plugin: Plugin) => ({
  create: unary(async (request: messages.CreateRequest) => {
    if (isMeshSettings(request.getUrn())) {
      const inputs = decode(request.getProperties());
      const response = new messages.CreateResponse();
      const made = request.getPreview()
        ? { id: "", state: inputs }
        : await createMeshSettings(inputs, plugin.operation(request.getUrn(), request.getTimeout()));
      response.setId(made.id);
      response.setProperties(encode(made.state));
      return response;
    }
    const type = resourceTypeOf(request.getUrn());
    const inputs = decode(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      // No id, though it could be told: by it the engine knows what a function that is given this entity's outputs may ask for.
      response.setProperties(encode(plannedState(type, inputs)));
      return response;
    }
    const { id, state } = await create(
      type,
      inputs,
      plugin.operation(request.getUrn(), request.getTimeout()),
    );
    response.setId(id);
    response.setProperties(encode(state));
    return response;
  }),

  update: unary(async (request: messages.UpdateRequest) => {
    if (isMeshSettings(request.getUrn())) {
      const news = decode(request.getNews());
      const context = () => plugin.operation(request.getUrn(), request.getTimeout());
      const response = new messages.UpdateResponse();
      const state = request.getPreview() ? news : await updateMeshSettings(request.getId(), news, context());
      response.setProperties(encode(state));
      return response;
    }
    const type = resourceTypeOf(request.getUrn());
    const olds = decode(request.getOlds());
    const news = withIgnoredTags(olds, decode(request.getNews()), request.getIgnorechangesList());
    const state = request.getPreview()
      ? plannedUpdate(type, olds, news)
      : await update(
          type,
          request.getId(),
          olds,
          news,
          plugin.operation(request.getUrn(), request.getTimeout()),
        );
    const response = new messages.UpdateResponse();
    response.setProperties(encode(state));
    return response;
  }),

  read: unary(async (request: messages.ReadRequest) => {
    if (isMeshSettings(request.getUrn())) {
      const context = plugin.operation(request.getUrn(), request.getTimeout());
      const known = decode(request.getInputs());
      const state = await readMeshSettings(request.getId(), known, context);
      const response = new messages.ReadResponse();
      if (state === undefined) return response;
      response.setId(request.getId());
      response.setProperties(encode(state));
      response.setInputs(encode(state));
      return response;
    }
    const type = resourceTypeOf(request.getUrn());
    const context = plugin.operation(request.getUrn(), request.getTimeout());
    const found = await read(type, request.getId(), decode(request.getInputs()), context);
    const response = new messages.ReadResponse();
    // An empty id says that the resource is gone.
    if (found === undefined) return response;
    response.setId(request.getId());
    response.setProperties(encode(found.state));
    response.setInputs(encode(found.inputs));
    return response;
  }),

  delete: unary(async (request: messages.DeleteRequest) => {
    if (isMeshSettings(request.getUrn())) {
      const context = plugin.operation(request.getUrn(), request.getTimeout());
      await deleteMeshSettings(request.getId(), context);
      return new empty.Empty();
    }
    const type = resourceTypeOf(request.getUrn());
    await remove(type, request.getId(), plugin.operation(request.getUrn(), request.getTimeout()));
    return new empty.Empty();
  }),
});
