// gRPC's own xDS client, which is stricter than Envoy: it names all that it wants and rejects what it doubts.
import assert from "node:assert/strict";
import { Client, credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
import { packed } from "@pulumi-appmesh/control-plane/translate/extensions.js";
import { edsCluster, type Lists, routes } from "../support/fake-mesh.js";
import { eventually } from "./envoy.js";
import { nodeId, World } from "./harness.js";

const identity = (bytes: Buffer): Buffer => bytes;
const path = "/echo.Echo/Say";

describe("gRPC's own xDS client", () => {
  const servers: Server[] = [];
  let world: World;
  let client: Client;
  afterEach(async () => {
    client?.close();
    for (const server of servers.splice(0)) server.forceShutdown();
    await world.stop();
  });

  /** A gRPC server that answers with a text. */
  async function serve(text: string): Promise<number> {
    const server = new Server();
    servers.push(server);
    server.addService(
      {
        say: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      },
      { say: (_: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.from(text)) },
    );
    return new Promise((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
  }

  const say = () =>
    new Promise<string>((resolve) =>
      client.makeUnaryRequest(
        path,
        identity,
        identity,
        Buffer.alloc(0),
        { deadline: Date.now() + 30_000 },
        (error, bytes) => resolve(error === null ? String(bytes) : `${status[error.code]}: ${error.details}`),
      ),
    );
  const told = (cluster: string, port: number): Lists => ({
    listeners: [
      {
        name: "echo",
        json: {
          name: "echo",
          apiListener: {
            apiListener: packed(
              "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              {
                rds: { routeConfigName: "routes", configSource: { ads: {}, resourceApiVersion: "V3" } },
                httpFilters: [
                  {
                    name: "router",
                    typedConfig: packed("envoy.extensions.filters.http.router.v3.Router", {}),
                  },
                ],
              },
            ),
          },
        },
        entities: [],
      },
    ],
    routes: [routes("routes", cluster)],
    clusters: [edsCluster(cluster)],
    endpoints: [
      {
        name: cluster,
        json: {
          clusterName: cluster,
          endpoints: [
            {
              locality: { region: "us-east-1" },
              loadBalancingWeight: 1,
              lbEndpoints: [
                { endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue: port } } } },
              ],
            },
          ],
        },
        entities: [],
      },
    ],
  });

  it("finds a service, and follows its endpoints and its routes without a failed call", async () => {
    register();
    const [one, two, three] = [await serve("one"), await serve("two"), await serve("three")];
    world = await World.start(told("first", one));
    client = new Client("xds:///echo", credentials.createInsecure(), {
      "grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config": JSON.stringify({
        xds_servers: [
          {
            server_uri: `${world.address.host}:${world.address.port}`,
            channel_creds: [{ type: "insecure" }],
            server_features: ["xds_v3"],
          },
        ],
        node: { id: nodeId, locality: {} },
      }),
    });
    const answers: string[] = [];
    const until = (text: string) =>
      eventually(text, async () => {
        const answer = await say();
        answers.push(answer);
        return answer === text ? true : undefined;
      });
    await until("one");
    world.mesh.set("web", told("first", two));
    await until("two");
    world.mesh.set("web", told("second", three));
    await until("three");
    assert.deepEqual([...new Set(answers)], ["one", "two", "three"]);
    assert.deepEqual(world.logged(40), []);
  });
});
