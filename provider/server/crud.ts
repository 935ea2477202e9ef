import { type Plugin, resourceOf } from "./plugin.js";
import { empty, messages } from "./protocol.js";
import { unary } from "./unary.js";
import { decode, encode } from "./wire.js";

/** The life of a resource. In a preview nothing is asked of the control plane, which may not be there yet. */
export const crud = (plugin: Plugin) => ({
  create: unary(async (request: messages.CreateRequest) => {
    const resource = resourceOf(request.getUrn());
    const inputs = decode(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      // No id, though it could be told: by it the engine knows what a function that is given this resource's outputs may ask for.
      response.setProperties(encode(resource.planned(inputs)));
      return response;
    }
    const context = plugin.operation(request.getUrn(), request.getTimeout());
    const { id, state } = await resource.create(inputs, context);
    response.setId(id);
    response.setProperties(encode(state));
    return response;
  }),

  update: unary(async (request: messages.UpdateRequest) => {
    const resource = resourceOf(request.getUrn());
    const olds = decode(request.getOlds());
    const news = decode(request.getNews());
    const ignoreChanges = request.getIgnorechangesList();
    const state = request.getPreview()
      ? resource.plannedUpdate(olds, news, ignoreChanges)
      : await resource.update(
          { id: request.getId(), olds, news, ignoreChanges },
          plugin.operation(request.getUrn(), request.getTimeout()),
        );
    const response = new messages.UpdateResponse();
    response.setProperties(encode(state));
    return response;
  }),

  read: unary(async (request: messages.ReadRequest) => {
    const resource = resourceOf(request.getUrn());
    const context = plugin.operation(request.getUrn(), request.getTimeout());
    const known = { inputs: decode(request.getInputs()), state: decode(request.getProperties()) };
    const found = await resource.read(request.getId(), known, context);
    const response = new messages.ReadResponse();
    // An empty id says that the resource is gone.
    if (found === undefined) return response;
    response.setId(request.getId());
    response.setProperties(encode(found.state));
    response.setInputs(encode(found.inputs));
    return response;
  }),

  delete: unary(async (request: messages.DeleteRequest) => {
    const context = plugin.operation(request.getUrn(), request.getTimeout());
    await resourceOf(request.getUrn()).delete(request.getId(), context);
    return new empty.Empty();
  }),
});
