import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { openFiles, residentMiB } from "../support/process-status.js";
import { exchange, RawConnection, type RawResponse, request } from "../support/raw-http.js";
import { until } from "../support/sidecar.js";

const meshes = "/v20190125/meshes";
const nodes = `${meshes}/shop/virtualNodes`;

const put = (path: string, body: string | Uint8Array, ...headers: string[]): Buffer =>
  request(`PUT ${path}`, [`Content-Length: ${Buffer.byteLength(body)}`, ...headers], body);
const createMesh = (meshName: string): Buffer => put(meshes, JSON.stringify({ meshName }));

describe("appmesh serve, abused", function () {
  this.timeout(180_000);
  let server: ControlPlane;
  let asItWas: string;
  before(async () => {
    server = await startControlPlane();
    assert.equal((await server.call("PUT", meshes, { meshName: "shop" })).status, 200);
    asItWas = await everything();
  });
  after(() => server.stop());
  /** Whatever was done to it: it answers, and has what it had. */
  afterEach(async () => assert.equal(await everything(), asItWas));

  async function everything(): Promise<string> {
    const answers = await Promise.all(
      [meshes, `${meshes}/shop`, nodes].map((path) => server.call("GET", path)),
    );
    return JSON.stringify(answers.map(({ status, body }) => [status, body]));
  }

  /** An error as AWS's SDKs read it: a code in a header, a message in JSON, and the id under which it was logged. */
  function isError(
    response: RawResponse | undefined,
    status: number,
    code: string,
    message: RegExp | undefined,
    what: string,
  ): void {
    assert.ok(response, `${what}: no answer`);
    assert.deepEqual(
      [response.status, response.headers["x-amzn-errortype"], response.headers["content-type"]],
      [status, code, "application/json; charset=utf-8"],
      `${what}: ${response.body}`,
    );
    const body = JSON.parse(response.body);
    assert.deepEqual(Object.keys(body), ["message"], what);
    if (message) assert.match(body.message, message, what);
    const id = response.headers["x-amzn-requestid"] ?? "";
    assert.match(id, /^[0-9a-f-]{36}$/, what);
  }
  const isBad = (response: RawResponse | undefined, message: RegExp | undefined, what: string) =>
    isError(response, 400, "BadRequestException", message, what);

  async function logged(response: RawResponse | undefined): Promise<void> {
    const id = response?.headers["x-amzn-requestid"] ?? "none";
    await until(() => server.log().includes(`"requestId":"${id}"`));
  }

  describe("by bodies", () => {
    const tooLarge = /^the request's body is too large; at most 1048576 bytes are allowed$/;

    it("that are too large: refused as soon as that is known", async () => {
      const mebibyte = 1024 * 1024;
      const announced = await exchange(
        server.api,
        request(`PUT ${meshes}`, [`Content-Length: ${mebibyte + 1}`]),
      );
      isBad(announced, tooLarge, "announced");
      const huge = await exchange(server.api, request(`PUT ${meshes}`, ["Content-Length: 99999999999"]));
      isBad(huge, tooLarge, "99 GB announced");
      const chunk = `${mebibyte.toString(16)}\r\n${" ".repeat(mebibyte)}\r\n`;
      const chunks = request(`PUT ${meshes}`, ["Transfer-Encoding: chunked"], chunk + chunk);
      isBad(await exchange(server.api, chunks), tooLarge, "in chunks");
      await logged(announced);
    });

    it("that are too large: clients that send them whole see why, and may go on", async () => {
      for (let n = 0; n < 5; n++) {
        const { status, body } = await server.call("PUT", meshes, { meshName: "x".repeat(10_000_000) });
        assert.equal(status, 400);
        assert.match(body.message, tooLarge);
      }
      const connection = await RawConnection.open(server.api);
      connection.send(put(meshes, " ".repeat(5_000_000)));
      connection.send(request(`GET ${meshes}/none`));
      isBad(await connection.response(), tooLarge, "first");
      isError(await connection.response(), 404, "NotFoundException", undefined, "second");
      connection.close();
    });

    it("that are no JSON, or no object", async () => {
      const notJson = /^the request's body is not JSON: /;
      const notObject = /^the request's body must be a JSON object$/;
      const cases: [string, RegExp][] = [
        ["{", notJson],
        ['{"meshName":"x"}}', notJson],
        ["{'meshName':'x'}", notJson],
        ['{"meshName":"x",}', notJson],
        ['{"meshName":NaN}', notJson],
        ['{"meshName":"x" /* y */}', notJson],
        ["\0", notJson],
        ["meshName=x", notJson],
        ["<mesh/>", notJson],
        [" ".repeat(1000), notJson],
        ["[]", notObject],
        ["null", notObject],
        ["0", notObject],
        ['"x"', notObject],
      ];
      for (const [body, message] of cases)
        isBad(await exchange(server.api, put(meshes, body)), message, body);
    });

    it("whose type makes no sense", async () => {
      const nonsense = put(meshes, "{}", "Content-Type: nonsense");
      isBad(await exchange(server.api, nonsense), undefined, "nonsense");
      // AWS's services read whatever comes as JSON: so is this, and what is wrong is its content alone.
      for (const type of [
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
      ]) {
        const response = await exchange(server.api, put(meshes, "{}", `Content-Type: ${type}`));
        isBad(response, /^meshName: nothing was given/, type);
      }
      isBad(await exchange(server.api, put(meshes, "{}")), /^meshName: nothing was given/, "none");
    });

    it("that are nested deeply", async () => {
      const deep = "[".repeat(500_000) + "]".repeat(500_000);
      const objects = `${'{"a":'.repeat(150_000)}1${"}".repeat(150_000)}`;
      for (const inner of [deep, objects]) {
        for (const body of [
          inner,
          `{"meshName":${inner}}`,
          `{"meshName":"deep","spec":${inner}}`,
          `{"meshName":"deep","spec":{"egressFilter":${inner}}}`,
          `{"meshName":"deep","tags":${inner}}`,
        ]) {
          isBad(await exchange(server.api, put(meshes, body)), undefined, body.slice(0, 60));
        }
      }
    });

    it("with keys that every object has, or that are given twice", async () => {
      for (const key of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
        for (const [body, path] of [
          [`{"meshName":"x","${key}":{"spec":{}}}`, key],
          [`{"meshName":"x","spec":{"${key}":{"egressFilter":{}}}}`, `spec\\.${key}`],
          [
            `{"meshName":"x","spec":{"egressFilter":{"type":"ALLOW_ALL","${key}":1}}}`,
            `spec\\.egressFilter\\.${key}`,
          ],
        ] as const) {
          isBad(await exchange(server.api, put(meshes, body)), new RegExp(`^${path}: `), body);
        }
      }
      // As every reader of JSON has it, the last one counts: here it is the wrong one.
      const twice = '{"meshName":"x","meshName":""}';
      isBad(await exchange(server.api, put(meshes, twice)), /^meshName: /, twice);
    });

    it("whose bytes are no UTF-8", async () => {
      for (const bytes of [
        [0xff],
        [0xc0, 0xaf],
        [0xed, 0xa0, 0x80],
        [0xf4, 0x90, 0x80, 0x80],
        [0xe2, 0x82],
        [0x80],
      ]) {
        const body = Buffer.concat([Buffer.from('{"meshName":"'), Buffer.from(bytes), Buffer.from('"}')]);
        isBad(
          await exchange(server.api, put(meshes, body)),
          /^the request's body is not UTF-8$/,
          body.toString("hex"),
        );
      }
      const half = '{"meshName":"\\ud800"}';
      isBad(await exchange(server.api, put(meshes, half)), /^meshName: .*surrogate/, half);
      const utf16 = Buffer.from('{"meshName":"x"}', "utf16le");
      isBad(await exchange(server.api, put(meshes, utf16)), /^the request's body is not JSON: /, "UTF-16");
    });
  });

  describe("by names", () => {
    it("that walk through paths", async () => {
      for (const name of [
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "\0",
        "a\0b",
        "\r\nX: y",
        "x\u2028".repeat(200),
      ]) {
        isBad(
          await exchange(server.api, put(meshes, JSON.stringify({ meshName: name }))),
          /^meshName: /,
          name,
        );
      }
      for (const path of [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%2e%2e%2fshop",
        "shop%2fvirtualNodes",
        "%00",
        "shop%00",
        "%252e%252e%252f",
        "shop%0d%0aX-Injected:%20yes",
        "%ef%bc%8e%ef%bc%8e",
      ]) {
        const response = await exchange(server.api, request(`GET ${meshes}/${path}`));
        isError(response, 404, "NotFoundException", undefined, path);
        assert.equal(response?.headers["x-injected"], undefined);
      }
    });

    it("in paths that no route has", async () => {
      for (const path of [
        `${meshes}/../../healthz`,
        `${meshes}/shop/../shop`,
        `/${meshes}`,
        `${meshes}//shop`,
        `${meshes}/./shop`,
        `${meshes}/shop;x=y/virtualNodes/a/b`,
        "/..%2f..%2f..%2fetc/passwd",
        "/v20190125/meshes\\shop",
        "//evil.example/v20190125/meshes",
      ]) {
        const response = await exchange(server.api, request(`GET ${path}`));
        isError(response, 404, "UnknownOperationException", undefined, path);
      }
    });

    it("that are not rightly encoded", async () => {
      for (const path of ["%zz", "%", "%e0%a4%a", "%ff", "%c0%af", "%ed%a0%80", "%2"]) {
        const response = await exchange(server.api, request(`GET ${meshes}/${path}`));
        isBad(response, undefined, path);
        await logged(response);
      }
    });
  });

  describe("by the size of heads", () => {
    const tooLarge = /^the request's URL and headers are too large; at most 16384 bytes are allowed$/;

    it("with long URLs", async () => {
      const long = await exchange(server.api, request(`GET ${meshes}?x=${"y".repeat(20_000)}`));
      isError(long, 431, "BadRequestException", tooLarge, "20,000");
      await logged(long);
      // What fits is looked at: no mesh has such a name.
      const name = await exchange(server.api, request(`GET ${meshes}/${"n".repeat(3_060)}`));
      isError(name, 404, "NotFoundException", undefined, "3,060");
      const longer = await exchange(server.api, request(`GET ${meshes}/${"n".repeat(15_000)}`));
      isError(longer, 400, "BadRequestException", undefined, "15,000");
    });

    it("with long headers, and with many", async () => {
      for (const headers of [
        [`X: ${"y".repeat(20_000)}`],
        Array.from({ length: 5_000 }, (_, n) => `X${n}: y`),
      ]) {
        const response = await exchange(server.api, request(`GET ${meshes}`, headers));
        isError(response, 431, "BadRequestException", tooLarge, `${headers.length}`);
      }
    });

    it("without a Host, and with what is none of this machine's", async () => {
      isBad(
        await exchange(server.api, `GET ${meshes} HTTP/1.1\r\n\r\n`),
        /^Host: the header is missing; HTTP\/1\.1 requires it$/,
        "none",
      );
      const evil = await exchange(server.api, `GET ${meshes} HTTP/1.1\r\nHost: evil.example\r\n\r\n`);
      isError(evil, 403, "AccessDeniedException", /^Host 'evil\.example' is no name/, "evil.example");
    });
  });

  describe("by what may be read as two requests", () => {
    const smuggled = createMesh("smuggled").toString();
    const length = "Content-Length: 2";

    /** Sends it with a creation behind it: neither is done, and the connection ends after one refusal. */
    async function isRefusedWhole(head: string, what: string): Promise<void> {
      const connection = await RawConnection.open(server.api);
      connection.send(Buffer.from(head + smuggled, "latin1"));
      const response = await connection.response();
      isBad(response, undefined, what);
      assert.equal(response?.headers.connection, "close", what);
      await connection.ended();
      assert.equal(await connection.response(), undefined, what);
      connection.close();
      assert.equal((await server.call("GET", `${meshes}/smuggled`)).status, 404, what);
    }

    const head = (...headers: string[]) =>
      [`PUT ${meshes} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");

    it("by a length and chunks, or two lengths", async () => {
      for (const headers of [
        [length, "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", length],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding : chunked"],
        [" Transfer-Encoding: chunked"],
        [length, "Content-Length: 3"],
        ["Content-Length: 2, 2"],
        ["Content-Length: +2"],
        ["Content-Length: -2"],
        ["Content-Length: 0x2"],
        ["Content-Length: 2 3"],
        ["Content-Length: "],
        ["Content-Length: 99999999999999999999999"],
      ]) {
        const body = headers.some((header) => header.includes("chunked")) ? "2\r\n{}\r\n0\r\n\r\n" : "{}";
        await isRefusedWhole(head(...headers) + body, headers.join(" and "));
      }
    });

    it("by chunks that are none", async () => {
      for (const chunks of [
        "2\n{}\n0\n\n",
        "x\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        `2;${"x".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      ]) {
        await isRefusedWhole(
          head("Transfer-Encoding: chunked") + chunks,
          JSON.stringify(chunks.slice(0, 40)),
        );
      }
    });

    it("by heads whose lines do not end as they should", async () => {
      for (const [text, what] of [
        [`PUT ${meshes} HTTP/1.1\r\nHost: localhost\r\nX: y\n\r\n\r\n`, "a bare line feed"],
        [`PUT ${meshes} HTTP/1.1\r\nHost: localhost\r\nX: y\r\r\n\r\n`, "a bare carriage return"],
        [`PUT ${meshes} HTTP/1.1\r\nHost: localhost\r\nX: y\0z\r\n\r\n`, "a NUL"],
        [`PUT ${meshes} HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n`, "a header without a colon"],
        [`PUT ${meshes} HTTP/9.9\r\nHost: localhost\r\n\r\n`, "a version that does not exist"],
        [`put ${meshes} HTTP/1.1\r\nHost: localhost\r\n\r\n`, "a method in small letters"],
        ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "a TLS handshake"],
        ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the preface of HTTP/2"],
      ] as const) {
        await isRefusedWhole(text, what);
      }
    });
  });

  describe("by the order of requests", () => {
    it("many in one piece: each answered, in order", async () => {
      const connection = await RawConnection.open(server.api);
      const count = 200;
      connection.send(
        Buffer.concat(Array.from({ length: count }, (_, n) => request(`GET ${meshes}/none-${n}`))),
      );
      for (let n = 0; n < count; n++) {
        const response = await connection.response();
        isError(response, 404, "NotFoundException", new RegExp(` none-${n} `), `${n}`);
      }
      connection.close();
    });

    it("one that makes no sense behind one that does: that one is done, and answered first", async () => {
      for (const garbage of ["GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nX\r\n\r\n"]) {
        const connection = await RawConnection.open(server.api);
        connection.send(Buffer.concat([createMesh("kept"), Buffer.from(garbage)]));
        const first = await connection.response();
        assert.equal(first?.status, 200, first?.body);
        isBad(await connection.response(), /^the request is not HTTP\/1\.1/, garbage);
        await connection.ended();
        connection.close();
        assert.equal((await server.call("DELETE", `${meshes}/kept`)).status, 200);
      }
    });

    it("thousands whose answers nobody reads: no memory for them", async () => {
      const connection = await RawConnection.open(server.api);
      connection.socket.pause();
      const memory = residentMiB(server.pid);
      const many = Buffer.concat(Array.from({ length: 1_000 }, () => request(`GET ${meshes}`)));
      // 60 MB of answers, were they all made.
      for (let n = 0; n < 100; n++) connection.send(many);
      await everything();
      await everything();
      assert.ok(
        residentMiB(server.pid) - memory < 150,
        `${memory} MiB became ${residentMiB(server.pid)} MiB`,
      );
      connection.close();
    });
  });

  describe("by connections", () => {
    it("that go away in the middle of a body", async () => {
      const files = openFiles(server.pid);
      const body = '{"meshName":"half"';
      for (let n = 0; n < 200; n++) {
        const connection = await RawConnection.open(server.api);
        connection.send(request(`PUT ${meshes}`, ["Content-Length: 1000"], body));
        if (n % 2 === 0) connection.socket.resetAndDestroy();
        else connection.close();
      }
      await until(() => openFiles(server.pid) <= files);
    });

    it("that are closed on one side: what was whole is answered, and what was not is not done", async () => {
      const whole = await RawConnection.open(server.api);
      whole.socket.end(request(`GET ${meshes}/none`));
      isError(await whole.response(), 404, "NotFoundException", undefined, "whole");
      await whole.ended();
      const half = await RawConnection.open(server.api);
      half.socket.end(request(`PUT ${meshes}`, ["Content-Length: 1000"], '{"meshName":"half"}'));
      await half.ended();
      const response = await half.response();
      if (response) isBad(response, undefined, "half");
      for (const { socket } of [whole, half]) socket.destroy();
    });

    it("that send a byte now and then: nobody else waits for them", async () => {
      const slow = await Promise.all(Array.from({ length: 300 }, () => RawConnection.open(server.api)));
      const head = request(`PUT ${meshes}`, ["Content-Length: 1000"], '{"meshName":');
      for (let at = 0; at < head.length; at += 8) {
        for (const connection of slow) connection.send(head.subarray(at, at + 8));
        if (at % 40 === 0) assert.equal((await server.call("GET", `${meshes}/shop`)).status, 200);
      }
      for (const connection of slow) connection.close();
    });

    it("that each send most of a large body: memory is bounded, and small requests are served", async () => {
      const memory = residentMiB(server.pid);
      // 470 MB, were they all kept.
      const body = " ".repeat(1_000_000);
      const connections = await Promise.all(
        Array.from({ length: 500 }, () => RawConnection.open(server.api)),
      );
      const refused: RawResponse[] = [];
      for (const connection of connections) {
        connection.send(request(`PUT ${meshes}`, ["Content-Length: 1000001"], body));
        connection.response().then((response) => response && refused.push(response));
      }
      // Sixty of a megabyte fit; each of the others is told to come back later.
      await until(() => refused.length >= 400);
      for (const response of refused)
        isError(response, 429, "TooManyRequestsException", /^too many large requests/, "too many");
      const small = await exchange(server.api, put(meshes, "{}"));
      isBad(small, /^meshName: nothing was given/, "small");
      const grown = residentMiB(server.pid) - memory;
      assert.ok(grown < 350, `500 large bodies took ${grown} MiB`);
      for (const connection of connections) connection.close();
    });
  });

  describe("after all of it", () => {
    it("has logged no failure of its own", () => {
      assert.doesNotMatch(server.log(), /"level":(50|60)|InternalServerError/);
    });
  });
});
