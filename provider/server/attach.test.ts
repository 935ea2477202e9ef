import assert from "node:assert/strict";
import { credentials, Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { type Double, failure, startDouble } from "../client/double.test.support.js";
import { empty, engine, engineRpc, messages, plugin as pluginMessages, rpc } from "./protocol.js";
import { serve } from "./serve.js";
import { encode } from "./wire.js";

describe("Attach", () => {
  const servers: Server[] = [];
  let double: Double;
  let plugin: Awaited<ReturnType<typeof serve>>;
  let client: InstanceType<typeof rpc.ResourceProviderClient>;
  beforeEach(async () => {
    double = await startDouble();
    plugin = await serve(undefined);
    client = new rpc.ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    plugin.close();
    for (const server of servers.splice(0)) server.forceShutdown();
    await double.close();
  });

  /** An engine as far as a plugin sees it: it hears messages for the user. */
  async function startEngine(): Promise<{ address: string; message: Promise<object> }> {
    const { promise: message, resolve: hear } = Promise.withResolvers<object>();
    const server = new Server();
    servers.push(server);
    const service: UntypedServiceImplementation = {
      log: (
        { request }: { request: engine.LogRequest },
        done: (error: null, answer: empty.Empty) => void,
      ) => {
        hear({
          severity: request.getSeverity(),
          urn: request.getUrn(),
          message: request.getMessage(),
          ephemeral: request.getEphemeral(),
        });
        done(null, new empty.Empty());
      },
    };
    server.addService({ log: engineRpc.EngineService.log } as never, service);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return { address: `127.0.0.1:${port}`, message };
  }

  const done = (start: (callback: (error: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
  const attach = (address: string) =>
    done((callback) => client.attach(new pluginMessages.PluginAttach().setAddress(address), callback));
  const urn = "urn:pulumi:dev::shop::appmesh:index:Mesh::shop";
  /** Something that needs a second try, of which the user is told. */
  async function create(): Promise<void> {
    double.next.push(failure(503, "ServiceUnavailableException", "later"));
    const properties = encode({ meshName: "shop" });
    await done((callback) =>
      client.create(new messages.CreateRequest().setUrn(urn).setProperties(properties), callback),
    );
  }
  const told = () => ({
    severity: engine.LogSeverity.INFO,
    urn,
    message: `${double.endpoint} answered ServiceUnavailableException 503; trying again (1 of 1)`,
    ephemeral: true,
  });

  it("lets an engine that did not start the plugin hear its messages; the last one that attached does", async () => {
    const args = encode({ endpoint: double.endpoint, maxRetries: 1 });
    await done((callback) => client.configure(new messages.ConfigureRequest().setArgs(args), callback));
    // Nobody hears this one, and nothing breaks by it.
    await create();
    double.entities.clear();

    const first = await startEngine();
    await attach(first.address);
    await create();
    assert.deepEqual(await first.message, told());
    double.entities.clear();

    const second = await startEngine();
    await attach(second.address);
    await create();
    assert.deepEqual(await second.message, told());
  });
});
