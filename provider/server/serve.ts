import { type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { check } from "./check.js";
import { config } from "./config.js";
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

const definition = rpc.ResourceProviderService;

/** The SDK's definition of the service; what comes for every resource is left in bytes, which the handlers read. */
const service = {
  ...definition,
  checkConfig: onBytes(definition.checkConfig),
  diffConfig: onBytes(definition.diffConfig),
  check: onBytes(definition.check),
  diff: onBytes(definition.diff),
  create: onBytes(definition.create),
  update: onBytes(definition.update),
  read: onBytes(definition.read),
};

function onBytes({ path }: { readonly path: string }) {
  const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    ...({ path, requestStream: false, responseStream: false } as const),
    ...{ requestSerialize: asBuffer, requestDeserialize: asBuffer },
    ...{ responseSerialize: asBuffer, responseDeserialize: asBuffer },
  };
}

/** A handler that is loaded when it is called first. */
function later<Request, Response>(
  load: () => Promise<handleUnaryCall<Request, Response>>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => (await load())(call, callback);
}

/** Serves Pulumi's ResourceProvider protocol on a free loopback port, which it returns. */
export async function serve(
  engineAddress: string | undefined,
): Promise<{ port: number; plugin: Plugin; close: () => void }> {
  const plugin = new Plugin(new Engine(engineAddress));
  const server = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
    // Nobody asks how many calls there were, and counting them is work for each.
    "grpc.enable_channelz": 0,
  });
  server.addService(service, {
    ...handshake(plugin),
    ...schema(),
    ...config(plugin),
    ...check(plugin),
    ...crud(plugin),
    ...list(plugin),
    ...invoke(plugin),
    construct: later(async () => (await import("./construct.js")).construct(plugin)),
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
