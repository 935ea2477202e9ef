import assert from "node:assert/strict";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { arnOf, type Double, startDouble } from "../client/double.test.support.js";
import { functionTypes } from "../functions/types.js";
import { messages, rpc } from "./protocol.js";
import { serve } from "./serve.js";
import { type ObjectValue, Secret, UNKNOWN } from "./values.js";
import { decode, encode } from "./wire.js";

const spec = { listeners: [], serviceDiscovery: { dns: { hostname: "catalog.local" } } };
const node = { meshName: "shop", virtualNodeName: "catalog-v1" };
const path = "meshes/shop/virtualNodes/catalog-v1";
const assigned = {
  arn: arnOf(path),
  uid: `uid-of-${path}`,
  version: 1,
  meshOwner: "000000000000",
  resourceOwner: "000000000000",
  status: "ACTIVE",
  createdAt: "2023-11-14T22:13:20.000Z",
  lastUpdatedAt: "2023-11-14T22:13:21.000Z",
};

const NAME =
  'a string of 1 to 255 characters without "/" and control characters and not only dots is allowed.';

describe("the functions", () => {
  let double: Double;
  let plugin: Awaited<ReturnType<typeof serve>>;
  let client: InstanceType<typeof rpc.ResourceProviderClient>;
  beforeEach(async () => {
    double = await startDouble();
    plugin = await serve(undefined);
    client = new rpc.ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
    await call(
      client.configure,
      new messages.ConfigureRequest().setArgs(encode({ endpoint: double.endpoint, maxRetries: 0 })),
    );
  });
  afterEach(async () => {
    client.close();
    plugin.close();
    await double.close();
  });

  function call<Request, Response>(
    method: (request: Request, done: (error: ServiceError | null, response: Response) => void) => unknown,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      method.call(client, request, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }
  const invoke = async (name: string, args: ObjectValue) => {
    const request = new messages.InvokeRequest().setTok(`appmesh:index:${name}`).setArgs(encode(args));
    const response = await call<messages.InvokeRequest, messages.InvokeResponse>(client.invoke, request);
    const failures = response.getFailuresList().map((each) => each.toObject());
    return failures.length > 0 ? { failures } : decode(response.getReturn());
  };
  const create = (type: string, properties: ObjectValue) =>
    call<messages.CreateRequest, messages.CreateResponse>(
      client.create,
      new messages.CreateRequest()
        .setUrn(`urn:pulumi:dev::shop::appmesh:index:${type}::x`)
        .setProperties(encode(properties)),
    );

  it("look an entity up by its names, with its tags", async () => {
    await create("VirtualNode", { ...node, spec, tags: { team: "shop" } });
    const found = { id: "shop/catalog-v1", ...node, spec, tags: { team: "shop" }, ...assigned };
    assert.deepEqual(await invoke("getVirtualNode", node), found);
  });

  it("give a mesh without settings an empty spec", async () => {
    await create("Mesh", { meshName: "shop" });
    const { spec: empty, tags } = (await invoke("getMesh", { meshName: "shop" })) as ObjectValue;
    assert.deepEqual([empty, tags], [{}, {}]);
  });

  it("hide the whole answer where an argument is secret", async () => {
    await create("VirtualNode", { ...node, spec });
    const found = { id: "shop/catalog-v1", ...node, spec, tags: {}, ...assigned };
    assert.deepEqual(
      await invoke("getVirtualNode", { ...node, virtualNodeName: new Secret("catalog-v1") }),
      Object.fromEntries(Object.entries(found).map(([name, value]) => [name, new Secret(value)])),
    );
  });

  it("list the entities below a parent by name, and meshes below none", async () => {
    for (const virtualNodeName of ["b", "a"])
      await create("VirtualNode", { meshName: "shop", virtualNodeName, spec });
    const { virtualNodes } = (await invoke("getVirtualNodes", { meshName: "shop" })) as ObjectValue;
    assert.deepEqual(
      (virtualNodes as readonly ObjectValue[]).map(({ id, meshName, virtualNodeName, arn }) => ({
        id,
        meshName,
        virtualNodeName,
        arn,
      })),
      ["a", "b"].map((virtualNodeName) => ({
        id: `shop/${virtualNodeName}`,
        meshName: "shop",
        virtualNodeName,
        arn: arnOf(`meshes/shop/virtualNodes/${virtualNodeName}`),
      })),
    );
    assert.deepEqual(await invoke("getMeshes", {}), { meshes: [] });
  });

  it("say what is wrong with their arguments, all of it, and ask nothing", async () => {
    assert.deepEqual(
      await invoke("getRoute", { meshName: "", virtualRouterName: new Secret(""), name: "canary" }),
      {
        failures: [
          {
            property: "name",
            reason:
              "it is not an argument of appmesh:index:getRoute; meshName, virtualRouterName, meshOwner, routeName are allowed.",
          },
          { property: "meshName", reason: `"" was given; ${NAME}` },
          {
            property: "virtualRouterName",
            reason: `a secret value was given; ${NAME}`,
          },
          { property: "routeName", reason: "nothing was given; it is required." },
        ],
      },
    );
    assert.deepEqual(double.seen, []);
  });

  it("answer nothing for what is not known yet, and ask nothing", async () => {
    for (const { token, inputs } of functionTypes.values()) {
      if (Object.keys(inputs).length === 0) continue;
      const args = Object.fromEntries(Object.keys(inputs).map((name) => [name, UNKNOWN]));
      assert.deepEqual(await invoke(token.split(":").at(-1) ?? "", args), {}, token);
    }
    assert.deepEqual(double.seen, []);
  });

  it("name what is not there, and the way out", async () => {
    await assert.rejects(invoke("getVirtualNode", node), {
      details:
        'cannot look up virtual node "catalog-v1" of mesh "shop": virtual node "catalog-v1" of mesh "shop" is not there ' +
        `(NotFoundException: ${path} is not there.). Check the names, and that the provider's endpoint is the control plane ` +
        "that has it; if this program makes it, pass that resource's own outputs here.",
    });
  });
});
