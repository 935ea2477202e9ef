import assert from "node:assert/strict";
import { entityTypes } from "@pulumi-appmesh/model";
import fc from "fast-check";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import {
  ACCOUNT,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  REGION,
} from "../mesh/harness.test.support.js";
import { createApi } from "./server.js";

const meshes = "/v20190125/meshes";

describe("App Mesh API", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  let unready: string | undefined;
  let logged: Record<string, unknown>[];
  beforeEach(async () => {
    mesh = await meshHarness();
    unready = undefined;
    logged = [];
    const log = pino(
      { base: null, timestamp: false },
      { write: (line: string) => logged.push(JSON.parse(line)) },
    );
    api = createApi({
      ...mesh,
      status: { unready: () => unready, proxies: () => [{ id: "mesh/shop/virtualNode/a" }] },
      account: ACCOUNT,
      region: REGION,
      accessKeys: undefined,
      log,
    });
  });
  afterEach(async () => {
    await api.close();
    await mesh.close();
  });

  async function call(
    method: NonNullable<InjectOptions["method"]>,
    url: string,
    payload?: InjectOptions["payload"],
    headers = {},
  ) {
    const response = await api.inject({
      method,
      url,
      headers: { host: "localhost:7070", ...headers },
      ...(payload !== undefined && { payload }),
    });
    return {
      status: response.statusCode,
      type: response.headers["x-amzn-errortype"],
      body: response.json(),
      headers: response.headers,
    };
  }
  const put = (url: string, body: object) => call("PUT", url, body);
  const answer = async (promise: ReturnType<typeof call>) => {
    const { status, type, body } = await promise;
    return type === undefined ? { status, body } : { status, type, message: body.message };
  };
  const bad = (message: string) => ({ status: 400, type: "BadRequestException", message });

  it("serves the operations where botocore's model has them, and no others", () => {
    const expected = [
      "GET /healthz",
      "GET /readyz",
      "GET /v1/proxies",
      "GET /v1/meshes/:meshName/shares",
      "GET /v1/meshes/:meshName/shares/:account",
      "PUT /v1/meshes/:meshName/shares/:account",
      "DELETE /v1/meshes/:meshName/shares/:account",
      "GET /v1/meshes/:meshName/settings",
      "PUT /v1/meshes/:meshName/settings",
      "GET /v20190125/tags",
      "PUT /v20190125/tag",
      "PUT /v20190125/untag",
    ];
    for (const [collection, name] of [
      ["meshes", "meshName"],
      ["meshes/:meshName/virtualNodes", "virtualNodeName"],
      ["meshes/:meshName/virtualRouters", "virtualRouterName"],
      ["meshes/:meshName/virtualRouter/:virtualRouterName/routes", "routeName"],
      ["meshes/:meshName/virtualServices", "virtualServiceName"],
      ["meshes/:meshName/virtualGateways", "virtualGatewayName"],
      ["meshes/:meshName/virtualGateway/:virtualGatewayName/gatewayRoutes", "gatewayRouteName"],
    ]) {
      const path = `/v20190125/${collection}`;
      expected.push(`GET ${path}`, `PUT ${path}`);
      for (const method of ["DELETE", "GET", "PUT"]) expected.push(`${method} ${path}/:${name}`);
    }
    for (const route of expected) {
      const [method = "", url = ""] = route.split(" ");
      assert.ok(api.hasRoute({ method: method as "GET", url }), route);
    }
    // Every path that the router knows, written out, is one of them.
    const routes = api.printRoutes({ commonPrefix: false }).match(/\((?:GET|PUT|DELETE)[^)]*\)/g) ?? [];
    assert.equal(routes.flatMap((methods) => methods.split(",")).length, expected.length);
    assert.equal(expected.length, 12 + 7 * 5);
  });

  it("answers with the bare entity, and a request id", async () => {
    const { headers, ...created } = await put(meshes, { meshName: "shop" });
    assert.deepEqual(created, {
      status: 200,
      type: undefined,
      body: {
        meshName: "shop",
        metadata: {
          arn: `arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop`,
          createdAt: 1_700_000_000.25,
          lastUpdatedAt: 1_700_000_000.25,
          meshOwner: ACCOUNT,
          resourceOwner: ACCOUNT,
          uid: "uid-1",
          version: 1,
        },
        spec: {},
        status: { status: "ACTIVE" },
      },
    });
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
    assert.match(String(headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
    assert.deepEqual((await call("GET", `${meshes}/shop`)).body, created.body);
    assert.deepEqual((await call("DELETE", `${meshes}/shop`)).body.status, { status: "DELETED" });
  });

  it("answers with errors as AWS's SDKs read them", async () => {
    const { status, body, headers } = await call("GET", `${meshes}/gone`);
    assert.deepEqual(
      { status, body },
      { status: 404, body: { message: `Mesh with name gone is not present for account ${ACCOUNT}` } },
    );
    assert.equal(headers["x-amzn-errortype"], "NotFoundException");
    assert.match(String(headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
  });

  it("takes names of every kind of character in paths", async () => {
    await put(meshes, { meshName: "shop" });
    for (const name of ["*.shop.local", "a b", "größe 漢字 🦀", "100%", "a?b=c#d", "x+y", "漢".repeat(255)]) {
      const created = await put(`${meshes}/shop/virtualServices`, { virtualServiceName: name, spec: {} });
      assert.equal(created.status, 200, name);
      const path = `${meshes}/shop/virtualServices/${encodeURIComponent(name)}`;
      assert.deepEqual((await call("GET", path)).body, created.body);
      assert.equal((await call("DELETE", path)).status, 200);
    }
  });

  it("lists in pages, by query", async () => {
    await put(meshes, { meshName: "shop" });
    for (const name of ["a", "b", "c"])
      await put(`${meshes}/shop/virtualNodes`, { virtualNodeName: name, spec: {} });
    const first = await call("GET", `${meshes}/shop/virtualNodes?limit=2`);
    assert.deepEqual(Object.keys(first.body), ["virtualNodes", "nextToken"]);
    const next = `${meshes}/shop/virtualNodes?limit=2&nextToken=${first.body.nextToken}`;
    const last = await call("GET", next);
    assert.deepEqual(Object.keys(last.body), ["virtualNodes"]);
    assert.deepEqual(
      [...first.body.virtualNodes, ...last.body.virtualNodes].map((node) => node.virtualNodeName),
      ["a", "b", "c"],
    );
    for (const limit of ["0", "101", "many", "1e1", "-1", ""]) {
      const given = /^\d+$/.test(limit) ? limit : "NaN";
      assert.deepEqual(
        await answer(call("GET", `${meshes}/shop/virtualNodes?limit=${limit}`)),
        bad(`limit: ${given} is given; an integer from 1 to 100 is allowed`),
      );
    }
    assert.deepEqual(
      await answer(call("GET", `${meshes}?limit=1&limit=2`)),
      bad("limit: it is given twice; give it once"),
    );
  });

  it("looks for a mesh under the owner that is named", async () => {
    await put(meshes, { meshName: "shop" });
    assert.equal((await call("GET", `${meshes}/shop?meshOwner=${ACCOUNT}`)).status, 200);
    assert.deepEqual(await answer(call("GET", `${meshes}/shop/virtualNodes?meshOwner=999999999999`)), {
      status: 404,
      type: "NotFoundException",
      message: "Mesh with name shop is not present for account 999999999999",
    });
    const { status, type } = await call("GET", `${meshes}/shop?meshOwner=me`);
    assert.deepEqual([status, type], [400, "BadRequestException"]);
  });

  it("says the version of what it shows, and makes changes conditional on it", async () => {
    const mesh = `${meshes}/shop`;
    const etag = async (answered: ReturnType<typeof call>) => (await answered).headers.etag;
    assert.equal(await etag(put(meshes, { meshName: "shop" })), '"1"');
    assert.equal(await etag(call("GET", mesh)), '"1"');
    const update = (ifMatch: string) => call("PUT", mesh, { spec: {} }, { "if-match": ifMatch });
    const changed = (now: number, wanted: string) => ({
      status: 412,
      type: "PreconditionFailedException",
      message:
        `Mesh with name shop is at version ${now}; the precondition is version ${wanted}. Nothing was changed. ` +
        "Read it again, apply the change to what it is now, and repeat with its version",
    });
    assert.equal(await etag(update('"1"')), '"2"');
    assert.deepEqual(await answer(update('"1"')), changed(2, "1"));
    assert.deepEqual(await answer(update('"7", "8"')), changed(2, "7 or 8"));
    assert.equal(await etag(update('"1","2"')), '"3"');
    assert.equal(await etag(update("*")), '"4"');
    const malformed = (value: string) =>
      bad(
        `If-Match: ${JSON.stringify(value)} was given; the ETag of an earlier answer is allowed, which is the version in quotes: "3"`,
      );
    for (const value of ["4", 'W/"4"', '"four"', '"4" "5"', '"0"', ""]) {
      assert.deepEqual(await answer(update(value)), malformed(value));
    }
    assert.deepEqual(await answer(call("DELETE", mesh, undefined, { "if-match": '"3"' })), changed(4, "3"));
    const unsupported = (header: string, operation: string) =>
      bad(
        `${header}: it was given to ${operation}; it is not supported there. Only If-Match is, on updates and deletions`,
      );
    assert.deepEqual(
      await answer(call("PUT", meshes, { meshName: "other" }, { "if-match": '"1"' })),
      unsupported("If-Match", "CreateMesh"),
    );
    assert.deepEqual(
      await answer(call("PUT", mesh, { spec: {} }, { "if-none-match": "*" })),
      unsupported("If-None-Match", "UpdateMesh"),
    );
    const deleted = await call("DELETE", mesh, undefined, { "if-match": '"4"' });
    assert.deepEqual([deleted.status, deleted.headers.etag], [200, undefined]);
  });

  it("shares meshes with other accounts", async () => {
    const shares = "/v1/meshes/shop/shares";
    await put(meshes, { meshName: "shop" });
    const shared = {
      meshName: "shop",
      meshOwner: ACCOUNT,
      account: "999999999999",
      sharedAt: 1_700_000_000.5,
    };
    assert.deepEqual(await answer(call("PUT", `${shares}/999999999999`)), { status: 200, body: shared });
    assert.deepEqual(await answer(call("GET", shares)), { status: 200, body: { shares: [shared] } });
    assert.deepEqual(await answer(call("GET", `${shares}/999999999999`)), { status: 200, body: shared });
    assert.deepEqual(await answer(call("DELETE", `${shares}/999999999999`)), { status: 200, body: shared });
    const none = `Mesh shop of account ${ACCOUNT} is not shared with account 999999999999`;
    for (const method of ["GET", "DELETE"] as const) {
      assert.deepEqual(await answer(call(method, `${shares}/999999999999`)), {
        status: 404,
        type: "NotFoundException",
        message: none,
      });
    }
    assert.deepEqual(
      await answer(call("PUT", `${shares}/me`)),
      bad('account: "me" was given; a string of exactly 12 digits is allowed.'),
    );
  });

  it("serves tags by ARN", async () => {
    await put(meshes, { meshName: "shop" });
    const arn = encodeURIComponent(`arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop`);
    assert.deepEqual(
      await answer(put(`/v20190125/tag?resourceArn=${arn}`, { tags: [{ key: "a", value: "b" }] })),
      { status: 200, body: {} },
    );
    assert.deepEqual(await answer(call("GET", `/v20190125/tags?resourceArn=${arn}`)), {
      status: 200,
      body: { tags: [{ key: "a", value: "b" }] },
    });
    assert.deepEqual(await answer(put(`/v20190125/untag?resourceArn=${arn}`, { tagKeys: ["a"] })), {
      status: 200,
      body: {},
    });
    assert.deepEqual(await answer(call("GET", `/v20190125/tags?resourceArn=${arn}`)), {
      status: 200,
      body: { tags: [] },
    });
    assert.deepEqual(
      await answer(call("GET", "/v20190125/tags")),
      bad("resourceArn: nothing was given; the ARN of an entity is required."),
    );
    const { type } = await call("GET", "/v20190125/tags?resourceArn=nonsense");
    assert.equal(type, "NotFoundException");
  });

  describe("bad requests", () => {
    it("are refused where the body is no JSON, or not whole", async () => {
      const cases: [string | Buffer, string | RegExp][] = [
        ["{", /^the request's body is not JSON: /],
        ['{"meshName":"shop"}}', /^the request's body is not JSON: /],
        [Buffer.from([0x7b, 0xff, 0x7d]), "the request's body is not UTF-8"],
        ["[]", "the request's body must be a JSON object"],
        ["null", "the request's body must be a JSON object"],
        ['"shop"', "the request's body must be a JSON object"],
        ["[".repeat(200_000), /^the request's body is not JSON: /],
      ];
      for (const [payload, message] of cases) {
        const given = await answer(call("PUT", meshes, payload, { "content-type": "application/json" }));
        assert.deepEqual([given.status, given.type], [400, "BadRequestException"]);
        if (message instanceof RegExp) assert.match(given.message, message);
        else assert.equal(given.message, message);
      }
      assert.deepEqual((await call("GET", meshes)).body, { meshes: [] });
    });

    it("are refused however deep they are", async () => {
      const deep = "[".repeat(250_000) + "]".repeat(250_000);
      const bodies = [
        deep,
        `{"meshName":${deep}}`,
        `{"meshName":"a","spec":{"egressFilter":${deep}}}`,
        `{"meshName":"a","spec":{"unknown":${deep}}}`,
        `{"meshName":"a","tags":${deep}}`,
        `{"meshName":"a","unknown":${deep}}`,
      ];
      for (const body of bodies) {
        const { status, type } = await call("PUT", meshes, body);
        assert.deepEqual([status, type], [400, "BadRequestException"], body.slice(0, 40));
      }
      assert.deepEqual((await call("GET", meshes)).body, { meshes: [] });
    });

    it("are refused where the body is too large", async () => {
      const payload = JSON.stringify({ meshName: "shop", padding: "x".repeat(1024 * 1024) });
      assert.deepEqual(
        await answer(call("PUT", meshes, payload)),
        bad("the request's body is too large; at most 1048576 bytes are allowed"),
      );
    });

    it("are not confused by members that every object has", async () => {
      for (const name of ["__proto__", "constructor", "toString"]) {
        const { status, type, body } = await call(
          "PUT",
          meshes,
          `{"meshName":"shop","spec":{"${name}":{"egressFilter":{}}}}`,
        );
        assert.deepEqual([status, type], [400, "BadRequestException"]);
        assert.ok(
          body.message.startsWith(`spec.${name}: "${name}" is not a member of MeshSpec;`),
          body.message,
        );
      }
      for (const name of ["__proto__", "constructor", "hasOwnProperty"]) {
        await put(meshes, { meshName: name });
        assert.equal((await call("GET", `${meshes}/${name}`)).body.meshName, name);
        assert.equal((await call("GET", `${meshes}/${name}/virtualNodes/${name}`)).status, 404);
      }
    });

    it("are taken whatever they say their body is, as AWS's services take them", async () => {
      for (const [n, type] of ["application/json", "application/x-amz-json-1.1", "text/plain"].entries()) {
        const payload = JSON.stringify({ meshName: `shop-${n}` });
        assert.equal((await call("PUT", meshes, payload, { "content-type": type })).status, 200, type);
      }
    });

    it("are refused where what they say their body is makes no sense", async () => {
      const { status, type } = await call("PUT", meshes, "{}", { "content-type": "nonsense" });
      assert.deepEqual([status, type], [400, "BadRequestException"]);
    });

    it("are told where there is no such operation", async () => {
      for (const [method, path] of [
        ["GET", "/"],
        ["POST", meshes],
        ["PATCH", `${meshes}/shop`],
        ["GET", "/v20180101/meshes"],
        ["GET", `${meshes}/shop/virtualRouters/r/routes`],
        ["GET", `${meshes}/../../etc/passwd`],
        ["PUT", `${meshes}/a/b`],
        ["GET", "/v20190125/MESHES"],
      ] as const) {
        assert.deepEqual(await answer(call(method, path)), {
          status: 404,
          type: "UnknownOperationException",
          message: `there is no operation at ${method} ${new URL(path, "http://x").pathname}`,
        });
      }
    });

    it("are refused where a path is not rightly encoded", async () => {
      const { status, type } = await call("GET", `${meshes}/%zz`);
      assert.deepEqual([status, type], [400, "BadRequestException"]);
    });

    it("never make it fail, whatever they are", async () => {
      const path = fc.oneof(
        fc.constantFrom(
          "",
          "/shop",
          "/shop/virtualNodes",
          "/shop/virtualNodes/a",
          "/shop/virtualRouter/r/routes",
          "/shop/virtualServices",
        ),
        fc.string({ unit: "binary" }).map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
      );
      const query = fc.constantFrom("", "?limit=3", "?nextToken=eA", "?meshOwner=1", "?limit[]=1", "?=&&==");
      const body = fc.oneof(
        fc.json(),
        fc.string(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc
          .record({ virtualNodeName: fc.constant("a"), spec: fc.jsonValue() })
          .map((value) => JSON.stringify(value)),
        fc
          .record({
            spec: fc.dictionary(
              fc.constantFrom("listeners", "backends", "provider", "httpRoute"),
              fc.jsonValue(),
            ),
          })
          .map((value) => JSON.stringify(value)),
      );
      await put(meshes, { meshName: "shop" });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom("GET", "PUT", "DELETE", "POST"),
          path,
          query,
          body,
          async (method, path, query, body) => {
            if (path === "/shop" && method === "DELETE") return;
            const {
              status,
              body: given,
              type,
            } = await call(method, meshes + path + query, method === "GET" ? undefined : body);
            assert.ok(status < 500, `${status} ${JSON.stringify(given)}`);
            assert.equal(type === undefined, status === 200);
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  it("answers a failure of its own without saying more than its log", async () => {
    const secret = new Error("a secret of the control plane");
    api.get("/v1/fails", () => {
      throw secret;
    });
    const { status, type, body, headers } = await call("GET", "/v1/fails");
    const message = `the control plane failed; its log says more under the request id ${headers["x-amzn-requestid"]}`;
    assert.deepEqual(
      { status, type, body },
      { status: 500, type: "InternalServerErrorException", body: { message } },
    );
    const [failed] = logged;
    assert.equal(failed?.requestId, headers["x-amzn-requestid"]);
    assert.equal((failed?.err as Error | undefined)?.message, secret.message);
  });

  it("logs each change in one line, and reads only where they are asked for", async () => {
    await put(meshes, { meshName: "shop" });
    await call("GET", `${meshes}/shop`);
    await put(meshes, { meshName: "shop" });
    const lines = logged.map(({ requestId, milliseconds, ...rest }) => {
      assert.match(String(requestId), /^[0-9a-f-]{36}$/);
      assert.equal(typeof milliseconds, "number");
      return rest;
    });
    const common = { level: 30, operation: "CreateMesh", method: "PUT", url: meshes, msg: "answered" };
    assert.deepEqual(lines, [
      { ...common, status: 200 },
      { ...common, status: 409, errorCode: "ConflictException" },
    ]);
  });

  it("tells whether it is ready, and which proxies follow it", async () => {
    assert.deepEqual(await answer(call("GET", "/healthz")), { status: 200, body: { status: "ok" } });
    assert.deepEqual(await answer(call("GET", "/readyz")), { status: 200, body: { status: "ready" } });
    assert.deepEqual(await answer(call("GET", "/v1/proxies")), {
      status: 200,
      body: { proxies: [{ id: "mesh/shop/virtualNode/a" }] },
    });
    unready = "the store is away";
    assert.deepEqual(await answer(call("GET", "/readyz")), {
      status: 503,
      body: { reason: "the store is away" },
    });
  });

  it("is, without keys, for this machine's own names alone", async () => {
    for (const host of [
      "localhost",
      "localhost:7070",
      "127.0.0.1:7070",
      "127.8.8.8",
      "[::1]:7070",
      "LOCALHOST",
    ]) {
      assert.equal((await call("GET", meshes, undefined, { host })).status, 200, host);
    }
    for (const host of [
      "evil.example",
      "evil.example:7070",
      "127.0.0.1.evil.example",
      "localhost.evil.example:80",
    ]) {
      const { status, type } = await call("GET", meshes, undefined, { host });
      assert.deepEqual([status, type], [403, "AccessDeniedException"], host);
    }
    assert.equal((await call("GET", "/healthz", undefined, { host: "10.0.0.1:7070" })).status, 200);
  });

  it("names each operation as AWS does", async () => {
    await put(meshes, { meshName: "shop" });
    await put(`${meshes}/shop/virtualNodes`, { virtualNodeName: "a", spec: {} });
    await put(`${meshes}/shop/virtualRouters`, {
      virtualRouterName: "r",
      spec: { listeners: [httpListener()] },
    });
    await put(`${meshes}/shop/virtualRouter/r/routes`, { routeName: "all", spec: httpRoute("a") });
    await put(`${meshes}/shop/virtualRouter/r/routes/all`, { spec: httpRoute("a") });
    await call("DELETE", `${meshes}/shop/virtualRouter/r/routes/all`);
    await put("/v20190125/tag?resourceArn=x", { tags: [] });
    assert.deepEqual(
      logged.map(({ operation }) => operation),
      [
        "CreateMesh",
        "CreateVirtualNode",
        "CreateVirtualRouter",
        "CreateRoute",
        "UpdateRoute",
        "DeleteRoute",
        "TagResource",
      ],
    );
    assert.equal(Object.keys(entityTypes).length, 7);
  });
});
