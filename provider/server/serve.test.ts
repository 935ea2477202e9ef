import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { status as codes, credentials, type ServiceError } from "@grpc/grpc-js";
import { arnOf, type Double, failure, noAnswer, startDouble, text } from "../client/double.test.support.js";
import { functionTypes } from "../functions/types.js";
import { type any, empty, messages, rpc, status } from "./protocol.js";
import { serve } from "./serve.js";
import { type ObjectValue, Secret, UNKNOWN } from "./values.js";
import { version } from "./version.js";
import { decode, encode } from "./wire.js";

type Client = InstanceType<typeof rpc.ResourceProviderClient>;

const urn = (type: string, name = "catalog") => `urn:pulumi:dev::shop::appmesh:index:${type}::${name}`;
const spec = (port: number) => ({
  listeners: [{ portMapping: { port, protocol: "http" } }],
  serviceDiscovery: { dns: { hostname: "catalog.local" } },
});
const inputs = { meshName: "shop", virtualNodeName: "catalog-v1", spec: spec(8080) };
const path = "meshes/shop/virtualNodes/catalog-v1";
const outputs = {
  arn: arnOf(path),
  uid: `uid-of-${path}`,
  version: 1,
  meshOwner: "000000000000",
  resourceOwner: "000000000000",
  status: "ACTIVE",
  createdAt: "2023-11-14T22:13:20.000Z",
  lastUpdatedAt: "2023-11-14T22:13:21.000Z",
};

describe("the plugin", () => {
  let double: Double;
  let plugin: Awaited<ReturnType<typeof serve>>;
  let client: Client;
  beforeEach(async () => {
    double = await startDouble();
    plugin = await serve(undefined);
    client = new rpc.ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
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
  const configure = (args: ObjectValue = {}) =>
    call<messages.ConfigureRequest, messages.ConfigureResponse>(
      client.configure,
      new messages.ConfigureRequest().setArgs(encode({ endpoint: double.endpoint, maxRetries: 0, ...args })),
    );
  const create = async (type: string, properties: ObjectValue, preview = false) => {
    const request = new messages.CreateRequest()
      .setUrn(urn(type))
      .setProperties(encode(properties))
      .setPreview(preview);
    const response = await call<messages.CreateRequest, messages.CreateResponse>(client.create, request);
    return { id: response.getId(), state: decode(response.getProperties()) };
  };
  const update = async (olds: ObjectValue, news: ObjectValue, preview = false) => {
    const request = new messages.UpdateRequest()
      .setUrn(urn("VirtualNode"))
      .setId("shop/catalog-v1")
      .setOlds(encode(olds))
      .setNews(encode(news))
      .setPreview(preview);
    const response = await call<messages.UpdateRequest, messages.UpdateResponse>(client.update, request);
    return decode(response.getProperties());
  };
  const read = async (id: string, known: ObjectValue = {}) => {
    const request = new messages.ReadRequest().setUrn(urn("VirtualNode")).setId(id).setInputs(encode(known));
    const response = await call<messages.ReadRequest, messages.ReadResponse>(client.read, request);
    return {
      id: response.getId(),
      inputs: decode(response.getInputs()),
      state: decode(response.getProperties()),
    };
  };
  const remove = (id: string) =>
    call<messages.DeleteRequest, unknown>(
      client.delete,
      new messages.DeleteRequest().setUrn(urn("VirtualNode")).setId(id),
    );
  const asked = () => double.seen.map(({ method, path }) => `${method} ${path}`);

  it("says what it can do, which version it is, and what it offers", async () => {
    const response = await call<messages.ProviderHandshakeRequest, messages.ProviderHandshakeResponse>(
      client.handshake,
      new messages.ProviderHandshakeRequest(),
    );
    assert.deepEqual(
      [response.getAcceptSecrets(), response.getAcceptResources(), response.getAcceptOutputs()],
      [true, true, true],
    );
    const info = await call<empty.Empty, { getVersion(): string }>(client.getPluginInfo, new empty.Empty());
    assert.equal(info.getVersion(), version);
    const schema = await call<messages.GetSchemaRequest, messages.GetSchemaResponse>(
      client.getSchema,
      new messages.GetSchemaRequest(),
    );
    assert.equal(schema.getSchema(), readFileSync(new URL("../../schema.json", import.meta.url), "utf8"));
    await assert.rejects(call(client.getSchema, new messages.GetSchemaRequest().setVersion(1)), {
      details: "schema version 1 is asked for; only 0 is known",
    });
  });

  it("creates, reads, updates and deletes an entity", async () => {
    await configure();
    const tagged = { ...inputs, tags: { team: "shop", gone: "x" } };
    const made = await create("VirtualNode", tagged);
    assert.deepEqual(made, { id: "shop/catalog-v1", state: { ...tagged, ...outputs } });
    assert.deepEqual(await read("shop/catalog-v1", tagged), { ...made, inputs: tagged });

    const news = { ...inputs, spec: spec(9090), tags: { team: "stock" } };
    assert.deepEqual(await update(made.state, news), {
      ...news,
      ...outputs,
      version: 2,
      lastUpdatedAt: "2023-11-14T22:13:22.000Z",
    });
    assert.deepEqual(double.tags.get(outputs.arn), new Map([["team", "stock"]]));

    await remove("shop/catalog-v1");
    assert.deepEqual([...double.entities], []);
    const query = `resourceArn=${encodeURIComponent(outputs.arn)}`;
    assert.deepEqual(asked(), [
      "PUT /v20190125/meshes/shop/virtualNodes",
      `GET /v20190125/${path}`,
      `GET /v20190125/tags?${query}`,
      `PUT /v20190125/${path}`,
      `PUT /v20190125/untag?${query}`,
      `PUT /v20190125/tag?${query}`,
      `DELETE /v20190125/${path}`,
    ]);
    assert.deepEqual(double.seen[0]?.body, {
      clientToken: double.seen[0]?.body.clientToken,
      virtualNodeName: "catalog-v1",
      spec: inputs.spec,
      tags: [
        { key: "gone", value: "x" },
        { key: "team", value: "shop" },
      ],
    });
  });

  it("keeps secrets secret in the state, and sends them open", async () => {
    await configure();
    const hidden = { ...inputs, tags: { token: new Secret("x") } };
    assert.deepEqual((await create("VirtualNode", hidden)).state, { ...hidden, ...outputs });
    assert.deepEqual(double.seen[0]?.body.tags, [{ key: "token", value: "x" }]);
  });

  it("does not send a spec again that has not changed", async () => {
    await configure();
    const { state } = await create("VirtualNode", inputs);
    await update(state, { ...inputs, tags: { team: "shop" } });
    assert.deepEqual(asked().slice(1), [
      `GET /v20190125/${path}`,
      `PUT /v20190125/tag?resourceArn=${encodeURIComponent(outputs.arn)}`,
    ]);
  });

  it("keeps of a half-done update what was done", async () => {
    await configure();
    const { state } = await create("VirtualNode", inputs);
    double.next.push(undefined, failure(400, "BadRequestException", "no"));
    const news = { ...inputs, spec: spec(9090), tags: { team: "shop" } };
    const error = await update(state, news).catch((error) => error);
    const message =
      'the spec of virtual node "catalog-v1" of mesh "shop" was updated, but not its tags: BadRequestException: no';
    assert.equal(error.details, message);
    assert.deepEqual(initFailure(error), {
      id: "shop/catalog-v1",
      reasons: [message],
      state: {
        ...inputs,
        spec: spec(9090),
        tags: {},
        ...outputs,
        version: 2,
        lastUpdatedAt: "2023-11-14T22:13:22.000Z",
      },
    });
  });

  it("does not speak of the spec where only tags were to be updated", async () => {
    await configure();
    const { state } = await create("VirtualNode", { ...inputs, tags: { team: "shop", gone: "x" } });
    double.next.push(undefined, undefined, failure(400, "BadRequestException", "no"));
    const error = await update(state, { ...inputs, tags: { team: "stock" } }).catch((error) => error);
    const message =
      'not all tags of virtual node "catalog-v1" of mesh "shop" were updated: BadRequestException: no';
    assert.equal(error.details, message);
    assert.deepEqual(initFailure(error), {
      id: "shop/catalog-v1",
      reasons: [message],
      // One was taken away before the other could not be set.
      state: { ...inputs, tags: { team: "shop" }, ...outputs },
    });
  });

  it("plans without asking the control plane, which need not be there", async () => {
    await configure({ endpoint: "http://127.0.0.1:1" });
    const unknown = Object.fromEntries(Object.keys(outputs).map((name) => [name, UNKNOWN]));
    assert.deepEqual(await create("VirtualNode", inputs, true), {
      id: "",
      state: { ...unknown, ...inputs },
    });
    const news = { ...inputs, spec: spec(9090) };
    assert.deepEqual(await update({ ...inputs, ...outputs }, news, true), {
      ...outputs,
      ...news,
      version: UNKNOWN,
      lastUpdatedAt: UNKNOWN,
    });
  });

  it("takes it well when an entity is gone", async () => {
    await configure();
    await remove("shop/catalog-v1");
    assert.deepEqual(await read("shop/catalog-v1", inputs), { id: "", inputs: {}, state: {} });
  });

  it("waits for what is in use only for a moment", async () => {
    await configure();
    await create("VirtualNode", inputs);
    double.next.push(failure(409, "ResourceInUseException", "a route sends to it"));
    await remove("shop/catalog-v1");
    assert.deepEqual([...double.entities], []);
  });

  it("stops at once what only asks when it is cancelled", async () => {
    await configure();
    double.next.push((response) => {
      noAnswer(response);
      client.cancel(new empty.Empty(), () => {});
    });
    await assert.rejects(read("shop/catalog-v1", inputs), {
      code: codes.CANCELLED,
      details:
        'cannot read virtual node "catalog-v1" of mesh "shop": the operation was cancelled; what was not answered yet may or may not have been done',
    });
  });

  // What the engine is not told of stands in the way of the next update.
  it("waits for the answer to a change that was sent when it is cancelled, and begins nothing more", async () => {
    await configure();
    const { arn, uid, version, status, meshOwner, resourceOwner } = outputs;
    const metadata = { arn, uid, version, meshOwner, resourceOwner };
    const times = { createdAt: 1_700_000_000, lastUpdatedAt: 1_700_000_001 };
    double.next.push((response) => {
      const made = { spec: inputs.spec, status: { status }, metadata: { ...metadata, ...times } };
      client.cancel(new empty.Empty(), () => text(200, JSON.stringify(made))(response));
    });
    assert.deepEqual(await create("VirtualNode", inputs), {
      id: "shop/catalog-v1",
      state: { ...inputs, ...outputs },
    });
    await assert.rejects(create("VirtualNode", { ...inputs, virtualNodeName: "catalog-v2" }), {
      code: codes.CANCELLED,
      details:
        'cannot create virtual node "catalog-v2" of mesh "shop": the operation was cancelled; what was not answered yet may or may not have been done. ' +
        "If the next pulumi up finds that it exists already, import it: pulumi import appmesh:index:VirtualNode NAME shop/catalog-v2",
    });
    assert.equal(double.seen.length, 1);
  });

  const failures: [string, ReturnType<typeof text>, (endpoint: string) => string][] = [
    [
      "a key that is wanted",
      failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
      (endpoint) =>
        `cannot create virtual node "catalog-v1" of mesh "shop": the control plane at ${endpoint} wants signed requests (MissingAuthenticationTokenException: Missing Authentication Token). Set the provider's "accessKeyId" and "secretAccessKey" (or APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY) to a key that it has issued.`,
    ],
    [
      "an entity that is there already",
      failure(409, "ConflictException", "it exists"),
      () =>
        `virtual node "catalog-v1" of mesh "shop" exists already. Import it (pulumi import appmesh:index:VirtualNode NAME shop/catalog-v1), or choose another name. Where this program made it as another resource, under another name or parent, say so by the option aliases. Where it is to be replaced (--replace, replacementTrigger), give it the option deleteBeforeReplace. (ConflictException: it exists)`,
    ],
    [
      "a parent that is not there",
      failure(404, "NotFoundException", "no mesh shop"),
      () =>
        `cannot create virtual node "catalog-v1" of mesh "shop": something that it needs is not there (NotFoundException: no mesh shop). If this program makes that, pass the name from the resource's own output here, or name the resource in dependsOn, so that the order is known.`,
    ],
    [
      "another server",
      text(200, "<html>"),
      (endpoint) =>
        `cannot create virtual node "catalog-v1" of mesh "shop": ${endpoint} does not speak the App Mesh API: it answered HTTP 200 to /v20190125/meshes/shop/virtualNodes without an App Mesh error code. Check the provider's "endpoint" (or APPMESH_ENDPOINT).`,
    ],
  ];
  for (const [what, reply, details] of failures) {
    it(`tells of ${what}, with the way out`, async () => {
      await configure();
      double.next.push(reply);
      await assert.rejects(create("VirtualNode", inputs), {
        code: codes.UNKNOWN,
        details: details(double.endpoint),
      });
    });
  }

  it("tells of a control plane that does not answer", async () => {
    await configure({ endpoint: "http://127.0.0.1:1" });
    await assert.rejects(create("VirtualNode", inputs), {
      details:
        'cannot create virtual node "catalog-v1" of mesh "shop": the App Mesh control plane at http://127.0.0.1:1 does not answer (ECONNREFUSED; 1 attempts). Check that it runs (appmesh serve), and that the provider\'s "endpoint" (or APPMESH_ENDPOINT) is where it listens. Then run the same command again: it continues where this one stopped.',
    });
  });

  it("keeps an entity that is not active yet, and tells so", async () => {
    await configure();
    const metadata = { ...outputs, createdAt: 1_700_000_000, lastUpdatedAt: 1_700_000_001 };
    double.next.push(
      text(200, JSON.stringify({ spec: inputs.spec, status: { status: "INACTIVE" }, metadata })),
    );
    const error = await create("VirtualNode", inputs).catch((error) => error);
    const message =
      'virtual node "catalog-v1" of mesh "shop" is there, but its status is INACTIVE instead of ACTIVE.';
    assert.equal(error.details, message);
    assert.deepEqual(initFailure(error), {
      id: "shop/catalog-v1",
      reasons: [message],
      state: { ...inputs, ...outputs, status: "INACTIVE" },
    });
  });

  it("checks and compares before it is configured, but does nothing", async () => {
    const request = new messages.CheckRequest()
      .setUrn(urn("Mesh", "shop"))
      .setNews(encode({ spec: UNKNOWN, size: 1 }))
      .setRandomseed(new Uint8Array(32));
    const checked = await call<messages.CheckRequest, messages.CheckResponse>(client.check, request);
    assert.deepEqual(decode(checked.getInputs()), { spec: UNKNOWN, size: 1, meshName: "shop-66687aa" });
    assert.deepEqual(
      checked.getFailuresList().map((each) => each.toObject()),
      [{ property: "size", reason: "it is not a property of Mesh; meshName, spec and tags are allowed." }],
    );

    const compare = new messages.DiffRequest()
      .setUrn(urn("VirtualNode"))
      .setOldInputs(encode(inputs))
      .setNews(encode({ ...inputs, meshName: "other", spec: spec(9090) }));
    const diff = await call<messages.DiffRequest, messages.DiffResponse>(client.diff, compare);
    const { Kind } = messages.PropertyDiff;
    assert.deepEqual(
      [...diff.getDetaileddiffMap().entries()].map(([name, each]) => [
        name,
        each.getKind(),
        each.getInputdiff(),
      ]),
      [
        ["meshName", Kind.UPDATE_REPLACE, true],
        ["spec.listeners[0].portMapping.port", Kind.UPDATE, true],
      ],
    );
    assert.deepEqual(diff.getReplacesList(), ["meshName"]);
    assert.deepEqual(diff.getDiffsList(), ["meshName", "spec"]);

    // An import may have given the entity inputs with the provider's default tags, which it does not have yet.
    const imported = new messages.DiffRequest()
      .setUrn(urn("VirtualNode"))
      .setOlds(encode({ ...inputs, ...outputs }))
      .setOldInputs(encode({ ...inputs, tags: { team: "shop" } }))
      .setNews(encode({ ...inputs, tags: { team: "shop" } }));
    const late = await call<messages.DiffRequest, messages.DiffResponse>(client.diff, imported);
    assert.deepEqual([...late.getDetaileddiffMap().keys()], ["tags"]);

    await assert.rejects(create("VirtualNode", inputs), { details: "the provider has not been configured" });
  });

  it("knows what it has not", async () => {
    const details =
      "appmesh:index:Cluster is not a resource of this provider; it has appmesh:index:Mesh, appmesh:index:VirtualNode, appmesh:index:VirtualRouter, appmesh:index:Route, appmesh:index:VirtualService, appmesh:index:VirtualGateway, appmesh:index:GatewayRoute, appmesh:index:MeshSettings, appmesh:index:AccessKey, appmesh:index:ProxyIdentity, appmesh:index:ProxyServiceAccount.";
    await assert.rejects(create("Cluster", {}), { code: codes.UNIMPLEMENTED, details });
    await assert.rejects(
      call(client.invoke, new messages.InvokeRequest().setTok("appmesh:index:getCluster")),
      {
        code: codes.UNIMPLEMENTED,
        details: `appmesh:index:getCluster is not a function of this provider; it has ${[...functionTypes.keys()].join(", ")}.`,
      },
    );
  });
});

/** What the engine keeps of a resource that is there, but not as it should be. */
function initFailure(error: ServiceError) {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const [detail] = status.Status.deserializeBinary(packed as Buffer).getDetailsList() as InstanceType<
    typeof any.Any
  >[];
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() as Uint8Array);
  return { id: failed.getId(), reasons: failed.getReasonsList(), state: decode(failed.getProperties()) };
}
