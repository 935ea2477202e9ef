// A mesh made by Pulumi's real engine on the control planes' table, where no control plane's API can be reached.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Mesh, VirtualNode } from "@pulumi-appmesh/appmesh";
import { parseEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { AdsClient } from "../support/ads-client.js";
import { type ControlPlane, runAppmesh, startControlPlane } from "../support/control-plane.js";
import { DynamoDbServer, dynamoDbEnv } from "../support/dynamodb.js";
import { FaultyDynamoDb } from "../support/dynamodb-faults.js";
import { shopSteps, shopWith } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
  }
}

describe("a mesh that is written straight to the table", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let faulty: FaultyDynamoDb;
  let place: TablePlace;
  let replica: ControlPlane;
  before(async function () {
    server = await DynamoDbServer.start(this);
    faulty = await FaultyDynamoDb.start(server.endpoint);
    place = await server.table();
    replica = await startControlPlane({ table: place });
  });
  after(async () => {
    await replica?.stop();
    await faulty?.leave();
    await server?.close();
  });
  const env = (more: Record<string, string> = {}) => ({
    ...dynamoDbEnv,
    AWS_ENDPOINT_URL_DYNAMODB: faulty.endpoint,
    // Whoever called a control plane would find none.
    APPMESH_ENDPOINT: "http://127.0.0.1:1",
    APPMESH_TABLE: place.table,
    APPMESH_MAX_RETRIES: "2",
    ...more,
  });
  const live = async (path: string) => (await replica.call("GET", `/v20190125/meshes/${path}`)).body;

  it("is made, stays without change, shifts weights while a replica serves it, and leaves nothing", async () => {
    const stack = await TestStack.create(env());
    const made = await stack.up(shopWith(0));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(sorted(made.steps), shopSteps("create"));
    assert.deepEqual(made.outputs, {
      arn: "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualService/catalog.shop.local",
      route: "shop/catalog/canary",
    });
    const routePath = "shop/virtualRouter/catalog/routes/canary";
    await until("the replica has it", async () => (await live(routePath)).metadata?.version === 1);

    // A proxy that the replica serves.
    const proxy = new AdsClient(parseEndpoint(replica.xds) as never, "incremental");
    const clusters = { nodeId: "mesh/shop/virtualNode/catalog-v1", kind: "clusters" } as const;
    proxy.send(clusters);
    assert.ok((await proxy.next()).names.length > 0);

    const again = await stack.preview(shopWith(0));
    assert.deepEqual([again.steps, again.messages], [[], []]);
    const shifted = await stack.up(shopWith(10));
    assert.deepEqual(
      [shifted.steps.map(({ op, name, diff }) => [op, name, diff]), shifted.messages],
      [
        [
          [
            "update",
            "catalog",
            {
              "spec.httpRoute.action.weightedTargets[0].weight": "update",
              "spec.httpRoute.action.weightedTargets[1].weight": "update",
            },
          ],
        ],
        [],
      ],
    );
    await until("the replica has it", async () => (await live(routePath)).metadata?.version === 2);
    const weights = (await live(routePath)).spec.httpRoute.action.weightedTargets;
    assert.deepEqual(
      weights.map(({ weight }: { weight: number }) => weight),
      [90, 10],
    );

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    await until("the replica has nothing", async () => {
      const { body } = await replica.call("GET", "/v20190125/meshes");
      return body.meshes.length === 0;
    });
    proxy.close();
  });

  it("tells the same mistakes as the API does, and goes on through a table in trouble", async () => {
    const stack = await TestStack.create(env());
    const program = (spec: object) => async () => {
      const { meshName } = new Mesh("shop", { meshName: "shop" });
      new VirtualNode("web", { meshName, virtualNodeName: "web", spec });
    };
    const backends = [{ virtualService: { virtualServiceName: "none.local" } }];
    faulty.faults = { throttled: 0.2, lost: 0.1 };
    const made = await stack.up(program({ backends }));
    faulty.faults = {};
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    await until(
      "the replica has it",
      async () => (await live("shop/virtualNodes/web")).metadata?.version === 1,
    );
    // Behind the stack's back, so that it cannot go: as the API says it.
    const stray = { virtualNodeName: "stray", spec: {} };
    assert.equal((await replica.call("PUT", "/v20190125/meshes/shop/virtualNodes", stray)).status, 200);
    const kept = await stack.destroy();
    assert.equal(kept.messages.length, 1);
    assert.match(kept.messages[0] ?? "", /shop.*stray/s);
  });

  it("says what is wrong with the table, and what to do", async () => {
    const program = async () => {
      new Mesh("shop", { meshName: "shop" });
    };
    const failed = async (more: Record<string, string>) =>
      (await (await TestStack.create(env(more))).up(program)).messages;
    assert.deepEqual(await failed({ APPMESH_TABLE: "none", APPMESH_MAX_RETRIES: "0" }), [
      'cannot create mesh "shop": the DynamoDB table none in us-east-1 does not exist, or is still being made or restored. Create it by appmesh table create --table none --region us-east-1, ' +
        'or give another one, by --table NAME and --region REGION. Check the provider\'s "table" and "region" (or APPMESH_TABLE and APPMESH_REGION). Then run the same ' +
        "command again: it continues where this one stopped.",
    ]);
    const { table } = await server.table();
    assert.deepEqual(await failed({ APPMESH_TABLE: table, APPMESH_MAX_RETRIES: "0" }), [
      `cannot create mesh "shop": no control plane has used the DynamoDB table ${table} in us-east-1 yet, so that nobody knows for which account its ARNs are to ` +
        `be. Start one, by appmesh serve --table ${table}, or say it by appmesh table create --table ${table} --account ID.`,
    ]);
    // As it says.
    const made = await runAppmesh("table", [
      ...["create", "--table", table, "--dynamodb-endpoint", server.endpoint, "--account", "111122223333"],
    ]);
    assert.deepEqual(made, {
      code: 0,
      stdout: `table ${table} in us-east-1 is as it should be\n`,
      stderr: "",
    });
    const stack = await TestStack.create(env({ APPMESH_TABLE: table }));
    const run = await stack.up(async () => ({ arn: new Mesh("shop", { meshName: "shop" }).arn }));
    assert.deepEqual(run.outputs, { arn: "arn:aws:appmesh:us-east-1:111122223333:mesh/shop" });
  });
});
