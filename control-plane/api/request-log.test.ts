import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { ACCOUNT, type Harness, meshHarness, REGION } from "../mesh/harness.test.support.js";
import type { Answer } from "./request-log.js";
import { type ApiTiming, createApi } from "./server.js";

const ID = /^[0-9a-f-]{36}$/;

describe("Whatever reaches the API's socket", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  let logged: Record<string, unknown>[];
  let answers: Answer[];
  /** How many heads of requests have been read. */
  let heads: number;
  let isStopping: boolean;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    mesh = await meshHarness();
    logged = [];
    answers = [];
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await api.close();
    await mesh.close();
  });

  function create(timing: Partial<ApiTiming> = {}): FastifyInstance {
    api = createApi({
      ...mesh,
      status: { unready: () => undefined, proxies: () => [] },
      account: ACCOUNT,
      region: REGION,
      accessKeys: undefined,
      log: pino({ base: null, timestamp: false }, { write: (line: string) => logged.push(JSON.parse(line)) }),
      onAnswered: (answer) => answers.push(answer),
      timing,
    });
    return api;
  }

  async function listen(timing: Partial<ApiTiming> = {}): Promise<void> {
    heads = 0;
    isStopping = false;
    await create(timing)
      .addHook("onRequest", async () => void heads++)
      .addHook("preClose", async () => {
        isStopping = true;
      })
      .listen({ host: "127.0.0.1", port: 0 });
    logged = [];
  }

  async function until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 20_000; !holds(); await sleep(5)) assert.ok(Date.now() < end, `${holds}`);
  }

  /** A connection, and all that comes from it until it ends. */
  async function open(): Promise<{ socket: Socket; all: Promise<string> }> {
    const socket = connect((api.server.address() as AddressInfo).port, "127.0.0.1");
    sockets.push(socket);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    const all = once(socket, "close").then(() => text);
    await once(socket, "connect");
    return { socket, all };
  }

  const told = () =>
    answers.map(({ seconds, ...rest }) => {
      assert.equal(typeof seconds, "number");
      return rest;
    });
  const line = (n = 0) => {
    const { requestId, milliseconds, ...rest } = logged[n] ?? {};
    assert.match(String(requestId), ID);
    return rest;
  };

  it("is told of by its operation, or by its path's pattern, or as none", async () => {
    create();
    const headers = { host: "localhost" };
    await api.inject({ url: "/v20190125/meshes/none/virtualNodes/a%20b", headers });
    await api.inject({ url: "/readyz", headers });
    await api.inject({ url: "/any/other?path=1", headers });
    await api.inject({ url: "/v20190125/meshes/%zz", headers });
    assert.deepEqual(told(), [
      { operation: "DescribeVirtualNode", status: 404, errorCode: "NotFoundException" },
      { operation: "/readyz", status: 200, errorCode: undefined },
      { operation: "none", status: 404, errorCode: "UnknownOperationException" },
      { operation: "none", status: 400, errorCode: "BadRequestException" },
    ]);
  });

  it("is logged by the id that its client was given, also where fastify answers by itself", async () => {
    create();
    for (const url of [
      "/v20190125/meshes/none",
      "/v20190125/meshes/%zz",
      `/v20190125/meshes/${"n".repeat(9_000)}`,
    ]) {
      logged = [];
      const { headers } = await api.inject({ url, headers: { host: "localhost" } });
      assert.match(String(headers["x-amzn-requestid"]), ID);
      assert.deepEqual(
        logged.map(({ requestId, msg }) => [requestId, msg]),
        [[headers["x-amzn-requestid"], "answered"]],
        url,
      );
    }
  });

  it("is logged as slow where it was, at a level that is seen", async () => {
    create({ slowMillis: 0 });
    await api.inject({ url: "/healthz", headers: { host: "localhost" } });
    assert.deepEqual(line(), {
      level: 40,
      method: "GET",
      url: "/healthz",
      status: 200,
      slow: true,
      msg: "answered",
    });
  });

  it("is logged without what others could use, and without end", async () => {
    create();
    const query = `X-Amz-Credential=AKID&X-Amz-Signature=5ec7e7&x-amz-security-token=70c3e7&pad=${"x".repeat(3_000)}`;
    await api.inject({ method: "PUT", url: `/healthz?${query}`, headers: { host: "localhost" } });
    const { url } = line() as { url: string };
    assert.ok(
      url.startsWith("/healthz?X-Amz-Credential=AKID&X-Amz-Signature=…&x-amz-security-token=…&pad=xxx"),
      url,
    );
    assert.equal(url.length, 2_001);
    assert.doesNotMatch(JSON.stringify(logged), /5ec7e7|70c3e7/);
  });

  it("is answered as all errors are, and logged, where it is no HTTP", async () => {
    await listen();
    const { socket, all } = await open();
    socket.write("GARBAGE\r\n\r\n");
    const [head = "", body = ""] = (await all).split("\r\n\r\n");
    const [first, ...headers] = head.split("\r\n");
    const requestId = /^x-amzn-RequestId: (.*)$/m.exec(head)?.[1];
    assert.equal(first, "HTTP/1.1 400 Bad Request");
    assert.deepEqual(headers, [
      "content-type: application/json; charset=utf-8",
      "content-length: 81",
      `x-amzn-RequestId: ${requestId}`,
      "x-amzn-ErrorType: BadRequestException",
      "connection: close",
    ]);
    assert.deepEqual(JSON.parse(body), {
      message: "the request is not HTTP/1.1 as RFC 9112 has it (HPE_INVALID_METHOD)",
    });
    assert.equal(logged[0]?.requestId, requestId);
    assert.deepEqual(line(), {
      level: 30,
      status: 400,
      errorCode: "BadRequestException",
      reason: "Parse Error: Invalid method encountered",
      msg: "answered what is no request",
    });
    assert.deepEqual(told(), [{ operation: "none", status: 400, errorCode: "BadRequestException" }]);
  });

  for (const [what, bytes] of [
    ["nothing", ""],
    ["half a head", "GET /healthz HT"],
    ["half a body", "PUT /v20190125/meshes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"],
  ] as const) {
    it(`is cut off in time where it is ${what}`, async () => {
      await listen({ requestMillis: 200, checkMillis: 50 });
      const { socket, all } = await open();
      socket.write(bytes);
      const text = await all;
      assert.match(text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
      assert.match(text, /\r\nx-amzn-ErrorType: RequestTimeoutException\r\n/);
      assert.ok(
        text.endsWith('\r\n\r\n{"message":"the request did not arrive in time; send it whole, and again"}'),
        text,
      );
      assert.equal(mesh.state.revision, 0);
    });
  }

  it("is cut off in time where it trickles", async () => {
    await listen({ requestMillis: 300, checkMillis: 50 });
    const { socket, all } = await open();
    let over = false;
    const ended = all.finally(() => {
      over = true;
    });
    const bytes = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    for (let at = 0; !over; at++) {
      socket.write(bytes[at] ?? "X: y\r\n");
      await sleep(20);
    }
    assert.match(await ended, /^HTTP\/1\.1 408 /);
  });

  it("is logged where its client goes away, and nothing is done", async () => {
    await listen();
    const { socket } = await open();
    socket.write("PUT /v20190125/meshes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
    await until(() => heads === 1);
    socket.resetAndDestroy();
    await until(() => logged.length > 0);
    assert.deepEqual(line(), {
      level: 30,
      operation: "CreateMesh",
      method: "PUT",
      url: "/v20190125/meshes",
      msg: "the client went away before it was answered",
    });
    assert.equal(mesh.state.revision, 0);
  });

  it("is answered where only its one side is closed, though nothing is done", async () => {
    await listen();
    const { socket, all } = await open();
    socket.end("PUT /v20190125/meshes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
    const text = await all;
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    const message = "the connection was closed in the middle of the request; send it whole, and again";
    assert.ok(text.endsWith(`\r\n\r\n${JSON.stringify({ message })}`), text);
    assert.equal(mesh.state.revision, 0);
  });

  it("is answered to its end while the control plane stops, and its connection closed then", async () => {
    await listen();
    const { socket, all } = await open();
    socket.write("PUT /v20190125/meshes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 19\r\n\r\n");
    await until(() => heads === 1);
    const closed = api.close();
    await until(() => isStopping);
    socket.write('{"meshName":"shop"}');
    const text = await all;
    await closed;
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /\r\nconnection: close\r\n/);
    assert.equal(mesh.state.revision, 1);
  });

  it("is told to try again where it comes while the control plane stops", async () => {
    await listen();
    let read = () => 0;
    api.server.on("connection", (socket: Socket) => {
      read = () => socket.bytesRead;
    });
    const { socket, all } = await open();
    const begun = "GET /v20190125/meshes HTTP/1.1\r\n";
    socket.write(begun);
    await until(() => read() === begun.length);
    const closed = api.close();
    await until(() => isStopping);
    socket.write("Host: localhost\r\n\r\n");
    const text = await all;
    await closed;
    assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    assert.match(text, /\r\nx-amzn-errortype: ServiceUnavailableException\r\n/);
    assert.ok(text.endsWith('\r\n\r\n{"message":"the control plane is stopping; try again"}'), text);
    assert.doesNotMatch(JSON.stringify(logged), /"level":50/);
  });
});
