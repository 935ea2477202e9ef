import type { Plugin } from "./plugin.js";
import { empty, messages, plugin as pluginMessages } from "./protocol.js";
import { unary } from "./unary.js";
import { version } from "./version.js";

/** Getting to know the engine, and parting from it. */
export const handshake = (plugin: Plugin) => ({
  handshake: unary((_: messages.ProviderHandshakeRequest) => {
    const response = new messages.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }),

  getPluginInfo: unary((_: empty.Empty) => {
    const response = new pluginMessages.PluginInfo();
    response.setVersion(version);
    return response;
  }),

  attach: unary((request: pluginMessages.PluginAttach) => {
    plugin.engine.attach(request.getAddress());
    return new empty.Empty();
  }),

  cancel: unary((_: empty.Empty) => {
    plugin.cancel();
    return new empty.Empty();
  }),
});
