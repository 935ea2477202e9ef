import assert from "node:assert/strict";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { AccessKeys, type Credentials } from "../identity/access-keys.js";
import { ProxyIdentities } from "../identity/proxies/proxy-identities.js";
import { ACCOUNT, type Harness, meshHarness, REGION } from "../mesh/harness.test.support.js";
import { ServiceAccounts } from "../mesh/service-accounts.js";
import { createApi } from "./server.js";
import { callSigned, callWith } from "./signing.test.support.js";

const meshes = "/v20190125/meshes";
const OTHER = "210987654321";
const arn = (path: string, owner = ACCOUNT) => `arn:aws:appmesh:${REGION}:${owner}:${path}`;

describe("What a key may do", () => {
  let mesh: Harness;
  let keys: AccessKeys;
  let api: FastifyInstance;
  let now: number;
  let all: Credentials;
  let reader: Credentials;
  let shopper: Credentials;
  beforeEach(async () => {
    now = Date.now();
    mesh = await meshHarness();
    keys = await AccessKeys.open(mesh.store, { account: ACCOUNT, now: () => now });
    all = await issue({});
    reader = await issue({ scope: { readOnly: true } });
    shopper = await issue({ scope: { meshes: ["shop"] } });
    api = createApi({
      ...mesh,
      serviceAccounts: new ServiceAccounts(mesh),
      identities: await ProxyIdentities.open(mesh.store, { account: ACCOUNT, trustDomain: "appmesh.local" }),
      status: { unready: () => undefined, proxies: () => [] },
      diagnosis: { list: async () => ({ items: [], nextToken: undefined }) },
      metrics: { scrape: async () => ({ contentType: "text/plain", text: "" }) },
      account: ACCOUNT,
      region: REGION,
      accessKeys: keys,
      log: pino({ level: "silent" }),
      now: () => now,
    });
    await mesh.build(["mesh", ["bank"]], ["mesh", ["shop"]], ["virtualNode", ["bank", "vault"], {}]);
    await mesh.build(["virtualNode", ["shop", "catalog"], {}]);
  });
  afterEach(async () => {
    await api.close();
    await mesh.close();
  });

  async function issue(body: object): Promise<Credentials> {
    const { key, secretAccessKey } = await keys.create(body);
    return { accessKeyId: key.accessKeyId, secretAccessKey };
  }
  const call = (key: Credentials, method: string, url: string, body?: object) =>
    callSigned(api, key, method, url, body, new Date(now));
  const forbidden = (
    key: Credentials,
    operation: string,
    resource: string,
    why: string,
    account = ACCOUNT,
  ) => ({
    status: 403,
    type: "ForbiddenException",
    body: {
      message:
        `User: arn:aws:iam::${account}:access-key/${key.accessKeyId} is not authorized to perform: ` +
        `appmesh:${operation} on resource: ${resource} because ${why}`,
    },
  });
  const onlyShop = `the key is for mesh shop@${ACCOUNT} only`;

  /** Every route that there is, about one mesh or another, as the router itself tells of it. */
  function routesAbout(meshName: string): { method: string; url: string; pattern: string }[] {
    const values: Record<string, string> = { meshName, account: OTHER, accessKeyId: "APMKNONE" };
    const above: string[] = [];
    return api
      .printRoutes({ commonPrefix: false })
      .split("\n")
      .flatMap((line) => {
        const [, indent, part, methods] = /^(.*?)[├└]── (\S+)(?: \((.+)\))?$/u.exec(line) ?? [];
        if (indent === undefined || part === undefined) return [];
        const depth = indent.length / 4;
        above.splice(depth, Number.POSITIVE_INFINITY, part);
        const pattern = above.join("");
        const path = pattern.replace(/:(\w+)/g, (_, name: string) => values[name] ?? "any");
        const query = /\/tags?$|\/untag$/.test(path)
          ? `?resourceArn=${encodeURIComponent(arn(`mesh/${meshName}`))}`
          : path === "/v1/diagnostics"
            ? `?mesh=${meshName}`
            : "";
        return (methods ?? "")
          .split(", ")
          .filter(Boolean)
          .map((method) => ({ method, url: path + query, pattern: `${method} ${pattern}` }));
      });
  }
  const isOpen = (pattern: string) => /^GET \/(healthz|readyz|metrics)$/.test(pattern);

  it("is asked of each route that there is", async () => {
    const routes = routesAbout("bank");
    assert.ok(routes.length >= 38 + 4 + 3 + 14, `${routes.length}`);
    const ofKeys = /^\w+ \/v1\/(access-keys|identities)/;
    for (const { method, url, pattern } of routes) {
      if (isOpen(pattern)) continue;
      const isRead = method === "GET" && !ofKeys.test(pattern);
      const body = { meshName: "bank", spec: {} };
      const sent = method === "GET" || method === "DELETE" ? undefined : body;

      const unsigned = await callWith(
        api,
        method,
        url,
        { host: "localhost:7070" },
        sent && JSON.stringify(sent),
      );
      assert.deepEqual(
        unsigned,
        {
          status: 403,
          type: "MissingAuthenticationTokenException",
          body: { message: "Missing Authentication Token" },
        },
        pattern,
      );

      const byReader = await call(reader, method, url, sent);
      if (isRead) assert.notEqual(byReader.status, 403, pattern);
      else {
        assert.equal(byReader.type, "ForbiddenException", pattern);
        assert.match(byReader.body.message, / because the key is read-only$/, pattern);
      }

      const byShopper = await call(shopper, method, url, sent);
      if (pattern === `GET ${meshes}`) assert.equal(byShopper.status, 200);
      else {
        assert.equal(byShopper.type, "ForbiddenException", pattern);
        assert.ok(byShopper.body.message.endsWith(` because ${onlyShop}`), pattern);
      }
    }
    // Nothing of all that has changed anything.
    assert.deepEqual(
      (await call(all, "GET", `${meshes}/bank/virtualNodes`)).body.virtualNodes.map(
        ({ virtualNodeName }: { virtualNodeName: string }) => virtualNodeName,
      ),
      ["vault"],
    );
    assert.equal(keys.list().length, 3);
  });

  it("is enough for each route about its own mesh", async () => {
    for (const { method, url, pattern } of routesAbout("shop")) {
      if (
        isOpen(pattern) ||
        /\/v1\/(access-keys|identities|proxies)|^(PUT|DELETE) .*\/shares\//.test(pattern)
      )
        continue;
      // Refused for what they are, where they are: never for who asks.
      const { status } = await call(
        shopper,
        method,
        url,
        method === "GET" ? undefined : { meshName: "shop" },
      );
      assert.notEqual(status, 403, pattern);
    }
  });

  it("is, for another account's keys, all about its own meshes, and nothing of what is everybody's", async () => {
    const { body } = await call(all, "POST", "/v1/access-keys", { account: "999999999999" });
    const foreign: Credentials = body.accessKey;
    const refused = {
      status: 403,
      type: "ForbiddenException",
      why: " because the key is of account 999999999999, and not of the control plane's own",
    };
    for (const [method, url] of [
      ["POST", "/v1/access-keys"],
      ["GET", "/v1/access-keys"],
      ["POST", `/v1/access-keys/${all.accessKeyId}/rotate`],
      ["DELETE", `/v1/access-keys/${all.accessKeyId}`],
      ["GET", "/v1/proxies"],
      ["GET", "/v1/identities/authorities"],
      ["POST", "/v1/identities/authorities"],
      ["POST", "/v1/identities/authorities/any/use"],
      ["DELETE", "/v1/identities/authorities/any"],
      ["POST", "/v1/identities/token-keys"],
      ["POST", "/v1/identities/revoke"],
    ] as const) {
      const { status, type, body } = await call(foreign, method, url, method === "POST" ? {} : undefined);
      const [, why] = /( because .*)$/.exec(body.message) ?? [];
      assert.deepEqual({ status, type, why }, refused, `${method} ${url}`);
    }
    assert.equal((await call(foreign, "PUT", meshes, { meshName: "shop" })).status, 200);
    assert.equal((await call(foreign, "PUT", "/v1/meshes/shop/shares/111111111111")).status, 200);
    assert.equal((await call(foreign, "DELETE", "/v1/meshes/shop/shares/111111111111")).status, 200);
    assert.deepEqual(
      (await call(foreign, "GET", meshes)).body.meshes.map(
        ({ meshOwner }: { meshOwner: string }) => meshOwner,
      ),
      ["999999999999"],
    );
  });

  it("is nothing on a route that says nothing of itself, but for who may do everything", async () => {
    api.get("/v1/news", () => ({}));
    api.put("/v1/news", () => ({}));
    assert.equal((await callWith(api, "GET", "/v1/news", { host: "localhost" })).status, 403);
    assert.deepEqual(
      await call(shopper, "GET", "/v1/news"),
      forbidden(shopper, "GET /v1/news", "*", onlyShop),
    );
    assert.deepEqual(
      await call(reader, "PUT", "/v1/news", {}),
      forbidden(reader, "PUT /v1/news", "*", "the key is read-only"),
    );
    assert.equal((await call(reader, "GET", "/v1/news")).status, 200);
    assert.equal((await call(all, "PUT", "/v1/news", {})).status, 200);
  });

  it("shows those meshes only that it is for, page by page, and no name of another one", async () => {
    await mesh.build(["mesh", ["a"]], ["mesh", ["b"]], ["mesh", ["shop-2"]], ["mesh", ["zoo"]]);
    const two = await issue({ scope: { meshes: ["shop", "zoo"], readOnly: true } });
    const seen: string[] = [];
    let token = "";
    do {
      const { body } = await call(two, "GET", `${meshes}?limit=1${token}`);
      seen.push(...body.meshes.map(({ meshName }: { meshName: string }) => meshName));
      token = body.nextToken ? `&nextToken=${encodeURIComponent(body.nextToken)}` : "";
      assert.ok(!/bank|"a|"b/.test(Buffer.from(body.nextToken ?? "", "base64url").toString()));
    } while (token !== "");
    assert.deepEqual(seen, ["shop", "zoo"]);
    assert.equal((await call(all, "GET", meshes)).body.meshes.length, 6);
    const none = await issue({ scope: { meshes: ["none"] } });
    assert.deepEqual((await call(none, "GET", meshes)).body, { meshes: [] });
  });

  it("is to create, in and as a mesh, what it is for", async () => {
    const future = await issue({ scope: { meshes: ["future"] } });
    assert.deepEqual(
      await call(future, "PUT", meshes, { meshName: "past" }),
      forbidden(future, "CreateMesh", arn("mesh/past"), `the key is for mesh future@${ACCOUNT} only`),
    );
    for (const body of [{}, { meshName: 1 }, { meshName: ["future"] }, [], null]) {
      const { type } = await call(future, "PUT", meshes, body as object);
      assert.equal(type, "ForbiddenException", JSON.stringify(body));
    }
    assert.equal((await call(future, "PUT", meshes, { meshName: "future" })).status, 200);
    const node = { virtualNodeName: "a", spec: {} };
    assert.equal((await call(future, "PUT", `${meshes}/future/virtualNodes`, node)).status, 200);
    assert.deepEqual(
      await call(future, "PUT", `${meshes}/shop/virtualNodes`, node),
      forbidden(future, "CreateVirtualNode", arn("mesh/shop"), `the key is for mesh future@${ACCOUNT} only`),
    );
    assert.equal((await call(future, "DELETE", `${meshes}/future/virtualNodes/a`)).status, 200);
    assert.equal((await call(future, "DELETE", `${meshes}/future`)).status, 200);
  });

  it("goes by the mesh that an operation is about, whatever else a request names", async () => {
    // Keys for the shop of another account, which shares it with this one: not for this account's own shop.
    const theirs = await issue({ scope: { meshes: [`shop@${OTHER}`] } });
    const own = `the key is for mesh shop@${OTHER} only`;
    // A mesh itself is the caller's own when it is changed, whoever is named.
    for (const [method, body] of [["DELETE"], ["PUT", { spec: {} }]] as const) {
      assert.deepEqual(
        await call(theirs, method, `${meshes}/shop?meshOwner=${OTHER}`, body),
        forbidden(theirs, method === "PUT" ? "UpdateMesh" : "DeleteMesh", arn("mesh/shop"), own),
      );
    }
    assert.deepEqual(
      await call(theirs, "GET", `${meshes}/shop`),
      forbidden(theirs, "DescribeMesh", arn("mesh/shop"), own),
    );
    const { type } = await call(theirs, "GET", `${meshes}/shop?meshOwner=${OTHER}`);
    assert.equal(type, "NotFoundException");
    assert.deepEqual(
      await call(shopper, "GET", `${meshes}/shop/virtualNodes?meshOwner=${OTHER}`),
      forbidden(shopper, "ListVirtualNodes", arn("mesh/shop", OTHER), onlyShop),
    );
  });

  it("is about tags, too, by the ARN of what has them", async () => {
    const tag = (resource: string) => `/v20190125/tag?resourceArn=${encodeURIComponent(resource)}`;
    const tags = { tags: [{ key: "team", value: "a" }] };
    const catalog = arn("mesh/shop/virtualNode/catalog");
    assert.equal((await call(shopper, "PUT", tag(catalog), tags)).status, 200);
    for (const path of ["mesh/bank", "mesh/bank/virtualNode/vault"]) {
      assert.deepEqual(
        await call(shopper, "PUT", tag(arn(path)), tags),
        forbidden(shopper, "TagResource", arn("mesh/bank"), onlyShop),
      );
    }
    for (const resource of [
      "nonsense",
      "arn:aws:appmesh",
      arn("mesh/shop/../bank"),
      arn("mesh/shop", OTHER),
    ]) {
      assert.equal((await call(shopper, "PUT", tag(resource), tags)).type, "ForbiddenException", resource);
    }
    assert.equal((await call(shopper, "PUT", "/v20190125/tag", tags)).type, "BadRequestException");
  });

  it("is the account's that the key acts for", async () => {
    const theirs = await issue({ account: OTHER });
    const { body } = await call(theirs, "PUT", meshes, { meshName: "shop" });
    assert.deepEqual([body.metadata.meshOwner, body.metadata.resourceOwner], [OTHER, OTHER]);
    assert.equal(body.metadata.arn, arn("mesh/shop", OTHER));
    assert.equal((await call(theirs, "GET", `${meshes}/bank`)).type, "NotFoundException");
  });

  it("is over at once when the key is taken back, and on time when it ends", async () => {
    const brief = await issue({ expiresInSeconds: 60 });
    assert.equal((await call(brief, "GET", meshes)).status, 200);
    now += 60_000;
    assert.deepEqual(await call(brief, "GET", meshes), {
      status: 403,
      type: "ExpiredTokenException",
      body: {
        message: `The access key '${brief.accessKeyId}' included in the request is expired. Have another one issued.`,
      },
    });
    const unknown = {
      status: 403,
      type: "UnrecognizedClientException",
      body: { message: "The security token included in the request is invalid." },
    };
    // Who does not have the secret is not told that the key has ended.
    assert.equal(
      (await call({ ...brief, secretAccessKey: "guess" }, "GET", meshes)).type,
      "InvalidSignatureException",
    );
    assert.equal((await call(all, "DELETE", `/v1/access-keys/${reader.accessKeyId}`)).status, 200);
    assert.deepEqual(await call(reader, "GET", meshes), unknown);
    assert.deepEqual(await call({ ...reader, accessKeyId: "APMKNONE" }, "GET", meshes), unknown);
  });

  it("is told of keys without their secrets, but when they are issued", async () => {
    const created = await call(all, "POST", "/v1/access-keys", {
      description: "CI",
      scope: { meshes: ["shop"] },
    });
    const { secretAccessKey, ...known } = created.body.accessKey;
    assert.match(secretAccessKey, /^[\w-]{40}$/);
    assert.deepEqual(known, {
      accessKeyId: known.accessKeyId,
      account: ACCOUNT,
      description: "CI",
      scope: { readOnly: false, meshes: [`shop@${ACCOUNT}`] },
      createdAt: now / 1000,
      status: "Active",
    });
    const listed = (await call(all, "GET", "/v1/access-keys")).body.accessKeys;
    assert.equal(listed.length, 4);
    assert.deepEqual(
      listed.find(({ accessKeyId }: Credentials) => accessKeyId === known.accessKeyId),
      known,
    );
    const rotated = await call(all, "POST", `/v1/access-keys/${known.accessKeyId}/rotate`, {
      overlapSeconds: 60,
    });
    assert.equal(rotated.body.accessKey.replaces, known.accessKeyId);
    for (const key of [rotated.body.accessKey, created.body.accessKey])
      assert.equal((await call(key, "GET", `${meshes}/shop`)).status, 200);
    now += 60_000;
    assert.equal((await call(created.body.accessKey, "GET", `${meshes}/shop`)).type, "ExpiredTokenException");
    assert.equal((await call(rotated.body.accessKey, "GET", `${meshes}/shop`)).status, 200);
    assert.deepEqual(await call(all, "DELETE", "/v1/access-keys/APMKNONE"), {
      status: 404,
      type: "NotFoundException",
      body: { message: "there is no access key 'APMKNONE'" },
    });
    assert.equal((await call(all, "POST", "/v1/access-keys", { account: "1" })).type, "BadRequestException");
  });

  it("is nothing without a good signature, whatever stands in its place", async () => {
    const signature = "0".repeat(64);
    const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
    const part = fc.oneof(
      fc.string({ unit: "binary-ascii", maxLength: 60 }),
      fc.constantFrom(
        "AWS4-HMAC-SHA256",
        " Credential=",
        all.accessKeyId,
        `/${day}/${REGION}/appmesh/aws4_request`,
        ", SignedHeaders=host;x-amz-date",
        ", Signature=",
        signature,
        ",",
        ";",
        "\u00ff",
        "=".repeat(5_000),
        "Basic YTpi",
        "Bearer x",
      ),
    );
    const whole = fc.record({
      id: fc.oneof(fc.constant(all.accessKeyId), fc.string({ maxLength: 200 }), fc.constant("__proto__")),
      signed: fc.oneof(
        fc.constant("host;x-amz-date"),
        fc
          .array(
            fc.oneof(fc.constantFrom("host", "x-amz-date", "__proto__", "constructor", ""), fc.string()),
            {
              maxLength: 300,
            },
          )
          .map((names) => ["host", "x-amz-date", ...names].join(";")),
      ),
      signature: fc.oneof(
        fc.constant(signature),
        fc.stringMatching(/^[0-9a-fA-F]{64}$/),
        fc.string({ maxLength: 100 }),
      ),
    });
    const authorization = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
      whole.map(
        ({ id, signed, signature }) =>
          `AWS4-HMAC-SHA256 Credential=${id}/${day}/${REGION}/appmesh/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
      ),
    );
    const date = fc.oneof(
      fc.constant(new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "")),
      fc.string({ maxLength: 40 }),
      fc.constantFrom("", "99999999T999999Z", "00000000T000000Z"),
    );
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(authorization, date, async (authorization, date) => {
        const { status, type } = await callWith(api, "GET", meshes, {
          host: "localhost:7070",
          authorization,
          "x-amz-date": date,
        });
        assert.ok(status === 403 || status === 400, `${status} ${type}`);
        seen.add(`${type}`);
      }),
      { numRuns: 400 },
    );
    // The property got as far as the comparison of signatures, and to each step before it.
    for (const type of ["IncompleteSignature", "InvalidSignature", "UnrecognizedClient"])
      assert.ok(seen.has(`${type}Exception`), type);
  });
});

describe("Who may call without a key", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  let keys: AccessKeys;
  beforeEach(async () => {
    mesh = await meshHarness();
    keys = await AccessKeys.open(mesh.store, { account: ACCOUNT });
    api = createApi({
      ...mesh,
      status: { unready: () => undefined, proxies: () => [] },
      account: ACCOUNT,
      region: REGION,
      accessKeys: keys,
      log: pino({ level: "silent" }),
    });
  });
  afterEach(async () => {
    await api.close();
    await mesh.close();
  });

  it("is every program of this machine, and no page of the web", async () => {
    const issue = (headers: Record<string, string>) =>
      callWith(api, "POST", "/v1/access-keys", headers, "{}");
    const denied = (message: string) => ({ status: 403, type: "AccessDeniedException", body: { message } });
    assert.deepEqual(
      await issue({ host: "evil.example:7070" }),
      denied(
        "Host 'evil.example' is no name of this machine's loopback. " +
          "Call the API as localhost or 127.0.0.1, or start it with access keys",
      ),
    );
    const host = "localhost:7070";
    for (const origin of [
      "https://evil.example",
      "http://localhost:3000",
      "http://127.0.0.1:7070",
      "null",
      "http://localhost:7070.evil.example",
      "no URL",
      "",
    ]) {
      assert.deepEqual(
        await issue({ host, origin, "content-type": "text/plain" }),
        denied(`Origin '${origin}' is a page of another host. Without access keys, no page may call the API`),
      );
    }
    assert.equal(keys.required, false);
    // A page of the control plane's own is none of another host.
    assert.equal((await callWith(api, "GET", meshes, { host, origin: `http://${host}` })).status, 200);
    assert.equal((await issue({ host })).status, 200);
    assert.equal((await callWith(api, "GET", meshes, { host })).type, "MissingAuthenticationTokenException");
  });
});
