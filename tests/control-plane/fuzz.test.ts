import assert from "node:assert/strict";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { breakages } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { type Api, startApi } from "../support/api.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import {
  collectionPath,
  createBodies,
  createShape,
  creations,
  entityPath,
  kinds,
  specs,
  updateShape,
} from "../support/operations.js";
import { RawConnection } from "../support/raw-http.js";
import { seed, seedNote } from "../support/seed.js";

/** How many requests within the process, and how many as bytes on sockets of a real server. */
const REQUESTS = 4_000;
const RAW_REQUESTS = 1_500;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const some = <T>(values: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(values, { seed, numRuns });

/** Text that parsers of URLs, of headers and of JSON stumble over. */
const awkward = fc.oneof(
  fc.constantFrom(
    ...[
      "",
      ".",
      "..",
      "/",
      "//",
      "%",
      "%00",
      "%2f",
      "%2e%2e",
      "%zz",
      "%ff",
      "?",
      "#",
      ";",
      "&",
      "=",
      "+",
      " ",
      "*",
    ],
    ...[
      "\\",
      "'",
      '"',
      "{",
      "[",
      "null",
      "-1",
      "1e999",
      "__proto__",
      "constructor",
      "meshName",
      "shop",
      "target",
    ],
    ...["a".repeat(256), "%F0%9F%A6%80", "🦀", "\u0000", "\u2028", "\ufeff", "x".repeat(4_000)],
  ),
  fc.string(),
  fc.string({ unit: "binary" }),
);

/** Requests of every operation: some that the contract allows, some that break it. */
const requestsAbout = (kind: Kind): fc.Arbitrary<Request> => {
  const { title } = entityTypes[kind];
  const of = fc.constantFrom("target", "node", "router", "gateway", "service.local", "shop", title);
  const name = fc.oneof({ weight: 4, arbitrary: of }, { weight: 1, arbitrary: awkward });
  return fc.oneof(
    request(
      "PUT",
      fc.constant(collectionPath(kind)),
      createBodies(kind).map(({ body }) => body),
    ),
    request("PUT", fc.constant(collectionPath(kind)), broken(kind, createShape)),
    request(
      "PUT",
      name.map((name) => entityPath(kind, name)),
      specs(kind).map((spec) => ({ spec })),
    ),
    request(
      "PUT",
      name.map((name) => entityPath(kind, name)),
      broken(kind, updateShape),
    ),
    request(
      "GET",
      name.map((name) => entityPath(kind, name)),
    ),
    request(
      "DELETE",
      name.map((name) => entityPath(kind, name)),
    ),
    request("GET", fc.constant(collectionPath(kind))),
    request(
      "PUT",
      fc.constantFrom("/v20190125/tag", "/v20190125/untag"),
      fc.constantFrom<unknown>({ tags: [{ key: "a", value: "b" }] }, { tagKeys: ["a"] }, {}, []),
    ),
    request("GET", fc.constantFrom("/v20190125/tags", "/v1/proxies", "/metrics", "/readyz", "/none")),
    request("GET", fc.constantFrom("/v1/diagnostics?mesh=shop", "/v1/diagnostics?mesh=target")),
    ...["GET", "PUT", "DELETE"].map((method) =>
      request(method, fc.constantFrom("/v1/meshes/shop/shares", "/v1/meshes/shop/shares/222222222222")),
    ),
  );
};

function request(
  method: string,
  path: fc.Arbitrary<string>,
  body: fc.Arbitrary<unknown> = fc.constant(undefined),
): fc.Arbitrary<Request> {
  return fc.record({ path, body }).map(({ path, body }) => ({
    method,
    path,
    headers: {},
    body: body === undefined ? "" : JSON.stringify(body),
  }));
}

const broken = (kind: Kind, shape: typeof createShape): fc.Arbitrary<unknown> =>
  fc.constantFrom(...breakages(shape(kind))).chain(({ values }) => values.map(({ value }) => value));

/** One thing about a request made other than it was. */
const mutations: readonly fc.Arbitrary<(request: Request) => Request>[] = [
  fc
    .constantFrom(
      "GET",
      "PUT",
      "DELETE",
      "POST",
      "PATCH",
      "HEAD",
      "OPTIONS",
      "TRACE",
      "PROPFIND",
      "QUERY",
      "M-SEARCH",
    )
    .map((method) => (request) => ({ ...request, method })),
  fc.tuple(fc.nat(), awkward).map(([at, text]) => (request) => {
    const parts = request.path.split("/");
    const index = at % parts.length;
    return { ...request, path: parts.with(index, text).join("/") };
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 3 }), awkward).map(([at, length, text]) => (request) => {
    const start = at % (request.path.length + 1);
    return { ...request, path: request.path.slice(0, start) + text + request.path.slice(start + length) };
  }),
  fc
    .array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom("limit", "nextToken", "meshOwner", "resourceArn", "mesh", "limit[]", "__proto__"),
          awkward,
        ),
        fc.oneof(
          fc.constantFrom(
            "1",
            "0",
            "100",
            "101",
            "000000000000",
            "123456789012",
            "AAAA",
            "W10",
            "eyJhIjoxfQ",
          ),
          fc.constant("arn:aws:appmesh:eu-central-1:123456789012:mesh/target").map(encodeURIComponent),
          awkward,
        ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((pairs) => (request) => ({
      ...request,
      path: `${request.path}?${pairs.map((pair) => pair.join("=")).join("&")}`,
    })),
  fc
    .tuple(
      fc.constantFrom(
        ...[
          "content-type",
          "accept",
          "content-encoding",
          "if-match",
          "if-none-match",
          "authorization",
          "x-amz-date",
        ],
        ...[
          "x-amzn-requestid",
          "x-http-method-override",
          "x-forwarded-for",
          "accept-encoding",
          "range",
          "cookie",
        ],
        ...["expect", "upgrade", "connection", "host", "te", "accept-version", "x-amz-security-token"],
      ),
      fc.oneof(
        fc.constantFrom(
          "gzip",
          '"1"',
          "*",
          "application/json",
          "text/html; charset=utf-16",
          "100-continue",
          "close",
        ),
        fc.constantFrom(
          "websocket",
          "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
          "bytes=0-1",
          "DELETE",
          "1.0.0",
        ),
        fc.string({ unit: "grapheme-ascii" }).map((text) => text.trim()),
      ),
    )
    .map(([name, value]) => (request) => ({ ...request, headers: { ...request.headers, [name]: value } })),
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => (request) => {
    const bytes = Buffer.from(request.body);
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return { ...request, body: bytes };
  }),
  fc.tuple(fc.nat(), fc.nat(), awkward).map(([at, length, text]) => (request) => {
    const bytes = Buffer.from(request.body);
    const start = at % (bytes.length + 1);
    const end = start + (length % 20);
    return {
      ...request,
      body: Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)]),
    };
  }),
  fc.nat().map((length) => (request) => ({
    ...request,
    body: Buffer.from(request.body).subarray(0, length % (request.body.length + 1)),
  })),
  fc.json().map((body) => (request) => ({ ...request, body })),
];

const plausible = fc.oneof(...kinds.map(requestsAbout));

const mutated: fc.Arbitrary<Request> = fc
  .tuple(plausible, fc.array(fc.oneof(...mutations), { maxLength: 3 }))
  .map(([request, changes]) => changes.reduce((request, change) => change(request), request));

const shown = ({ method, path, headers, body }: Request): string =>
  `${method} ${JSON.stringify(path)} ${JSON.stringify(headers)} ${JSON.stringify(body.toString()).slice(0, 2_000)}`;

describe(`Any request at all ${seedNote}`, function () {
  this.timeout(180_000);

  /** Everything that there is, found by lists; each listed entity can be described as it is listed. */
  async function describeAll(
    call: (path: string) => Promise<{ status: number; body: Body }>,
  ): Promise<string> {
    const found: [string, unknown][] = [];
    async function list(path: string, kind: Kind, below: (path: string) => Promise<void>): Promise<void> {
      let token = "";
      do {
        const { status, body } = await call(`${path}?limit=100${token}`);
        assert.equal(status, 200, path);
        for (const { uid: _, ...item } of body[entityTypes[kind].listMember] as Body[]) {
          const entity = `${path}/${encodeURIComponent(item[entityTypes[kind].nameMember] as string)}`;
          const described = await call(entity);
          assert.equal(described.status, 200, entity);
          assert.equal((described.body.metadata as Body).arn, item.arn);
          found.push([entity, described.body]);
          await below(entity);
        }
        token = body.nextToken === undefined ? "" : `&nextToken=${body.nextToken}`;
      } while (token !== "");
    }
    await list("/v20190125/meshes", "mesh", async (mesh) => {
      const none = async () => {};
      await list(`${mesh}/virtualNodes`, "virtualNode", none);
      await list(`${mesh}/virtualServices`, "virtualService", none);
      await list(`${mesh}/virtualRouters`, "virtualRouter", (router) =>
        list(`${router.replace("/virtualRouters/", "/virtualRouter/")}/routes`, "route", none),
      );
      await list(`${mesh}/virtualGateways`, "virtualGateway", (gateway) =>
        list(
          `${gateway.replace("/virtualGateways/", "/virtualGateway/")}/gatewayRoutes`,
          "gatewayRoute",
          none,
        ),
      );
    });
    return JSON.stringify(found);
  }

  it("is answered within the process without a failure; refused, it changes nothing", async () => {
    const api = await startApi();
    await populate(api.call);
    let refused = 0;
    let done = 0;
    for (const request of some(mutated, REQUESTS)) {
      const { method, path, headers, body } = request;
      const { revision } = api.mesh.state;
      const response = await api.app.inject({
        method: method as "GET",
        // On this host: what else can be in a request's first line is for sockets.
        url: path.replace(/^[/\\]*/, "/"),
        headers: { host: "localhost", ...headers },
        ...(body.length > 0 && { payload: body }),
      });
      const { statusCode } = response;
      const asked = `${shown(request)}: ${statusCode} ${response.body.slice(0, 500)}`;
      assert.ok(statusCode < 500, asked);
      const isGood = statusCode < 400;
      assert.equal(response.headers["x-amzn-errortype"] === undefined, isGood, asked);
      assert.match(String(response.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/, asked);
      if (isGood) done += 1;
      else {
        refused += 1;
        if (method !== "HEAD") assert.deepEqual(Object.keys(response.json()), ["message"], asked);
        assert.equal(api.mesh.state.revision, revision, asked);
      }
    }
    // It was worth it: much was refused, and much was done.
    assert.ok(refused > REQUESTS / 5 && done > REQUESTS / 20, `${refused} refused, ${done} done`);
    await holdsTogether(api);
    await api.close();
  });

  /** What is shown is what is stored, and all that is stored can be read: a control plane that starts anew shows the same. */
  async function holdsTogether(api: Api): Promise<void> {
    const shown = await describeAll((path) => api.call("GET", path));
    const { revision, records } = await api.mesh.store.load();
    assert.equal(revision, api.mesh.state.revision);
    for (const [key, value] of records) {
      assert.ok(typeof JSON.parse(value) === "object", key);
    }
    const entities = Object.values(api.mesh.state.count()).reduce((sum, count) => sum + count, 0);
    assert.equal(JSON.parse(shown).length, entities);
  }

  it("as bytes on a socket, leaves a real server up, whole and without a failure", async () => {
    const server = await startControlPlane();
    await populate(server.call);
    const requests = some(fc.tuple(mutated, fc.array(byteChanges, { maxLength: 2 })), RAW_REQUESTS);
    // As many at once as a busy server has.
    const waiting = [...requests];
    const client = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [request, changes] = next;
        await sendRaw(server, request, changes);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    const shown = await describeAll((path) => server.call("GET", path));
    assert.doesNotMatch(server.log(), /"level":(50|60)|InternalServerError|"status":500/);
    await server.stop();
    // The store holds what was shown, and can be read.
    const again = await startControlPlane({ data: server.data });
    const shownAgain = await describeAll((path) => again.call("GET", path));
    assert.ok(shownAgain === shown, "a control plane that starts anew shows something else");
    await again.stop();
  });

  /** Changes of the bytes themselves, where the frame of a request may break as well. */
  const byteChanges = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.boolean());

  async function sendRaw(
    server: ControlPlane,
    request: Request,
    changes: readonly (readonly [number, number, boolean])[],
  ): Promise<void> {
    const { method, path, headers, body } = request;
    const fields = {
      host: "localhost",
      "content-length": Buffer.byteLength(body),
      connection: "close",
      ...headers,
    };
    const head = [
      `${method} ${path} HTTP/1.1`,
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ];
    let bytes = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
    for (const [at, byte, cuts] of changes) {
      const place = at % bytes.length;
      if (cuts) bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + (byte % 16))]);
      else bytes[place] = byte;
      if (bytes.length === 0) return;
    }
    const connection = await RawConnection.open(server.api);
    // The client has no more to say: what is not whole will not become so.
    connection.socket.end(bytes);
    for (let answers = 0; ; answers++) {
      const response = await connection.response();
      if (response === undefined) break;
      const asked = `${shown(request)} ${JSON.stringify(changes)}: ${response.status} ${response.body.slice(0, 500)}`;
      assert.ok(response.status < 500, asked);
      assert.equal(response.headers["x-amzn-errortype"] === undefined, response.status < 400, asked);
      assert.match(String(response.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/, asked);
      assert.ok(answers < 10, asked);
    }
    connection.close();
  }
});

type Body = Record<string, unknown>;

/** Makes what requests are about: one entity of each kind that all refer to, and one to change. */
async function populate(call: Api["call"] | ControlPlane["call"]): Promise<void> {
  for (const [path, body] of creations) assert.equal((await call("PUT", path, body)).status, 200, path);
  for (const kind of kinds) {
    const [spec] = some(specs(kind), 1);
    const { status, body } = await call("PUT", collectionPath(kind), {
      [entityTypes[kind].nameMember]: "target",
      spec,
    });
    assert.equal(status, 200, JSON.stringify(body));
  }
}
