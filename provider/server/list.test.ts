import assert from "node:assert/strict";
import { status as codes, credentials, type ServiceError } from "@grpc/grpc-js";
import { type Double, startDouble, text } from "../client/double.test.support.js";
import { messages, rpc } from "./protocol.js";
import { serve } from "./serve.js";
import { type ObjectValue, UNKNOWN } from "./values.js";
import { encode } from "./wire.js";

describe("List", () => {
  let double: Double;
  let plugin: Awaited<ReturnType<typeof serve>>;
  let client: InstanceType<typeof rpc.ResourceProviderClient>;
  beforeEach(async () => {
    double = await startDouble();
    plugin = await serve(undefined);
    client = new rpc.ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
    const args = encode({ endpoint: double.endpoint, maxRetries: 0 });
    await new Promise<void>((resolve, reject) => {
      client.configure(new messages.ConfigureRequest().setArgs(args), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    for (const path of [
      "meshes/shop",
      "meshes/shop/virtualNodes/catalog-v1",
      "meshes/shop/virtualNodes/a b",
      "meshes/shop/virtualRouters/catalog",
      "meshes/shop/virtualRouter/catalog/routes/canary",
      "meshes/shop/virtualRouter/catalog/routes/rest",
      "meshes/shop/virtualRouters/ratings",
      "meshes/shop/virtualRouter/ratings/routes/all",
      "meshes/stock",
      "meshes/stock/virtualNodes/catalog-v1",
    ]) {
      double.entities.set(path, {});
    }
  });
  afterEach(async () => {
    client.close();
    plugin.close();
    await double.close();
  });

  /** Ids, each with the name that a program may give the resource; "computed" where nothing can be told yet. */
  async function list(title: string, query: ObjectValue = {}, limit = 0): Promise<string[]> {
    const request = new messages.ListRequest()
      .setToken(`appmesh:index:${title}`)
      .setQuery(encode(query))
      .setLimit(limit);
    const found: string[] = [];
    for await (const each of client.list(request) as AsyncIterable<messages.ListResponse>) {
      const result = each.getResult();
      found.push(result === undefined ? "computed" : `${result.getId()} ${result.getName()}`);
    }
    return found;
  }

  it("tells of all entities of a type, under the ids by which they are imported", async () => {
    assert.deepEqual(await list("Mesh"), ["shop shop", "stock stock"]);
    assert.deepEqual(await list("VirtualNode"), [
      "shop/catalog-v1 catalog-v1",
      "shop/a b a b",
      "stock/catalog-v1 catalog-v1",
    ]);
    assert.deepEqual(await list("Route"), [
      "shop/catalog/canary canary",
      "shop/catalog/rest rest",
      "shop/ratings/all all",
    ]);
    assert.deepEqual(await list("VirtualGateway"), []);
  });

  it("tells only of those below the parents that are named", async () => {
    assert.deepEqual(await list("VirtualNode", { meshName: "stock" }), ["stock/catalog-v1 catalog-v1"]);
    assert.deepEqual(await list("Route", { meshName: "shop", virtualRouterName: "ratings" }), [
      "shop/ratings/all all",
    ]);
  });

  it("asks in the name of the owner of a shared mesh", async () => {
    const query = { meshName: "shop", meshOwner: "111122223333" };
    assert.deepEqual(await list("VirtualRouter", query), [
      "shop@111122223333/catalog catalog",
      "shop@111122223333/ratings ratings",
    ]);
    assert.deepEqual(
      double.seen.map(({ path }) => path),
      ["/v20190125/meshes/shop/virtualRouters?meshOwner=111122223333"],
    );
  });

  it("goes through all pages, and no further than the limit", async () => {
    const page = (name: string, nextToken?: string) =>
      text(200, JSON.stringify({ meshes: [{ meshName: name }], nextToken }));
    double.next.push(page("a", "2"), page("b", "3"), page("c"));
    assert.deepEqual(await list("Mesh"), ["a a", "b b", "c c"]);
    double.next.push(page("a", "2"));
    double.seen.length = 0;
    assert.deepEqual(await list("Mesh", {}, 1), ["a a"]);
    assert.equal(double.seen.length, 1);
  });

  it("tells nothing while the query is not known", async () => {
    assert.deepEqual(await list("VirtualNode", { meshName: UNKNOWN }), ["computed"]);
    assert.deepEqual(double.seen, []);
  });

  it("refuses what it does not know, and tells of a control plane that refuses", async () => {
    const refused = async (title: string) => {
      const { code, details } = await list(title).then(
        () => assert.fail("it was listed"),
        (error: ServiceError) => error,
      );
      return { code, details };
    };
    assert.deepEqual(await refused("Cluster"), {
      code: codes.UNIMPLEMENTED,
      details: "appmesh:index:Cluster cannot be listed.",
    });
    double.next.push(text(200, "<html>"));
    assert.deepEqual(await refused("Mesh"), {
      code: codes.UNKNOWN,
      details:
        `${double.endpoint} does not speak the App Mesh API: it answered HTTP 200 to /v20190125/meshes without an App Mesh ` +
        `error code. Check the provider's "endpoint" (or APPMESH_ENDPOINT).`,
    });
  });
});
