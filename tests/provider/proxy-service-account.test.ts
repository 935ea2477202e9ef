// Whose proxies run as a service account of Kubernetes, by Pulumi's real engine.
import assert from "node:assert/strict";
import { Mesh, ProxyServiceAccount, type ProxyServiceAccountArgs } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { DynamoDbServer, dynamoDbEnv } from "../support/dynamodb.js";
import { until } from "../support/sidecar.js";
import { TestStack } from "./stack.js";

const program =
  (more: Partial<ProxyServiceAccountArgs> = {}, name = "catalog") =>
  async () => {
    const { meshName } = new Mesh("shop", { meshName: "shop" });
    const account = { meshName, namespace: "shop", serviceAccountName: "catalog", ...more };
    const { id } = new ProxyServiceAccount(name, account);
    return { id };
  };

describe("ProxyServiceAccount", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ ...controlPlane.env, APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());
  afterEach(() => stack?.destroy());
  const said = async () => {
    const { body } = await controlPlane.call("GET", "/v1/meshes/shop/service-accounts");
    return body.serviceAccounts?.map(
      ({ serviceAccount, virtualNodes, virtualGateways }: Record<string, unknown>) => [
        serviceAccount,
        virtualNodes,
        virtualGateways,
      ],
    );
  };
  const put = (body: object) =>
    controlPlane.call("PUT", "/v1/meshes/shop/service-accounts/shop:catalog", body);

  it("says whose proxies they are, stays without change, rights what others changed, and is taken back", async () => {
    const both = program({ virtualNodes: ["catalog"], virtualGateways: ["edge"] });
    const made = await stack.up(both);
    assert.deepEqual(
      [made.failure, made.messages, made.outputs],
      [undefined, [], { id: "shop/shop:catalog" }],
    );
    assert.deepEqual(await said(), [["shop:catalog", ["catalog"], ["edge"]]]);
    assert.deepEqual((await stack.preview(both)).steps, []);

    await put({ virtualNodes: ["stranger"] });
    assert.equal((await stack.refresh()).failure, undefined);
    const righted = await stack.up(both);
    assert.deepEqual(
      righted.steps.map(({ op, name }) => `${op} ${name}`),
      ["update catalog"],
    );
    assert.deepEqual(await said(), [["shop:catalog", ["catalog"], ["edge"]]]);

    const moved = await stack.up(program({ serviceAccountName: "other", virtualNodes: ["catalog"] }));
    assert.equal(moved.failure, undefined);
    assert.deepEqual(await said(), [["shop:other", ["catalog"], []]]);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("is said on the table that control planes share, where no API can be reached", async function () {
    const server = await DynamoDbServer.start(this);
    let replica: ControlPlane | undefined;
    try {
      const place = await server.table();
      replica = await startControlPlane({ table: place });
      const direct = await TestStack.create({
        ...dynamoDbEnv,
        AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
        APPMESH_TABLE: place.table,
        APPMESH_ENDPOINT: "http://127.0.0.1:1",
      });
      const path = "/v1/meshes/shop/service-accounts/shop:catalog";
      const seen = async () => (await replica?.call("GET", path))?.body.virtualNodes;
      const both = program({ virtualNodes: ["catalog"] });
      const made = await direct.up(both);
      assert.deepEqual([made.failure, made.messages], [undefined, []]);
      await until(async () => JSON.stringify(await seen()) === '["catalog"]');
      assert.deepEqual(
        (await direct.preview(both, { refresh: true })).steps.filter(({ op }) => op !== "refresh"),
        [],
      );
      assert.equal((await direct.destroy()).failure, undefined);
      await until(async () => (await seen()) === undefined);
    } finally {
      await replica?.stop();
      await server.close();
    }
  });

  it("is refused where the account is somebody's already, or none that Kubernetes has", async () => {
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    await put({ virtualNodes: ["catalog"] });
    const alone = async () => {
      new ProxyServiceAccount("catalog", {
        meshName: "shop",
        namespace: "shop",
        serviceAccountName: "catalog",
      });
    };
    const taken = await stack.up(alone);
    assert.match(
      taken.messages.join("\n"),
      /service account "shop:catalog" of mesh "shop" is there already: its tokens are those of other proxies, too\. Import it \(pulumi import appmesh:index:ProxyServiceAccount NAME shop\/shop:catalog\), or let these proxies run as another service account\. Where it is to be replaced \(--replace, replacementTrigger\), give it the option deleteBeforeReplace\./,
    );
    assert.deepEqual(await said(), [["shop:catalog", ["catalog"], []]]);
    await controlPlane.call("DELETE", "/v1/meshes/shop/service-accounts/shop:catalog");
    await controlPlane.call("DELETE", "/v20190125/meshes/shop");
    const wrong = await stack.preview(program({ namespace: "Shop" }));
    assert.match(
      wrong.messages.join("\n"),
      /property namespace value \{Shop\} has a problem: "Shop" was given; a string of 1 to 63 characters as Kubernetes has it \(lower-case letters, digits and hyphens, as shop\) is allowed\./,
    );
  });
});
