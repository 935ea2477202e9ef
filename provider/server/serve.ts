import { Server, ServerCredentials } from "@grpc/grpc-js";
import { check } from "./check.js";
import { config } from "./config.js";
import { construct } from "./construct.js";
import { crud } from "./crud.js";
import { Engine } from "./engine.js";
import { handshake } from "./handshake.js";
import { invoke } from "./invoke.js";
import { list } from "./list.js";
import { Plugin } from "./plugin.js";
import { rpc } from "./protocol.js";
import { schema } from "./schema.js";

/** Big stacks send big messages; the SDK's own limit, in bytes. */
const LARGEST_MESSAGE = 400 * 1024 * 1024;

/** Serves Pulumi's ResourceProvider protocol on a free loopback port, which it returns. */
export async function serve(
  engineAddress: string | undefined,
): Promise<{ port: number; plugin: Plugin; close: () => void }> {
  const plugin = new Plugin(new Engine(engineAddress));
  const server = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
  });
  server.addService(rpc.ResourceProviderService, {
    ...handshake(plugin),
    ...schema(),
    ...config(plugin),
    ...check(plugin),
    ...crud(plugin),
    ...list(plugin),
    ...invoke(plugin),
    ...construct(plugin),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const close = () => {
    plugin.cancel();
    plugin.engine.close();
    server.forceShutdown();
  };
  return { port, plugin, close };
}
