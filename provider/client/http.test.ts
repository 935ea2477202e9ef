import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  breakOff,
  type Double,
  failure,
  noAnswer,
  type Reply,
  startDouble,
  text,
} from "./double.test.support.js";
import { ApiError, Stopped } from "./errors.js";
import { type Connection, encode, HttpClient } from "./http.js";

const LATE =
  "the operation did not finish within its time limit (custom timeout); what was not answered yet may or may not have been done";

describe("the HTTP client", () => {
  let double: Double;
  let client: HttpClient;
  const connect = (more: Partial<Connection> = {}) => {
    client = new HttpClient({ endpoint: double.endpoint, region: "us-east-1", maxRetries: 1, ...more });
    return client;
  };
  beforeEach(async () => {
    double = await startDouble();
  });
  afterEach(async () => {
    client.close();
    await double.close();
  });
  const get = { method: "GET", path: "/v20190125/meshes" } as const;

  for (const [what, reply, why] of [
    [
      "a server's error",
      failure(503, "ServiceUnavailableException", "later"),
      "answered ServiceUnavailableException 503",
    ],
    [
      "too many requests",
      failure(429, "TooManyRequestsException", "slower"),
      "answered TooManyRequestsException 429",
    ],
    ["a proxy's error", text(502, "<html>"), "answered HTTP 502"],
    ["a connection that breaks", breakOff, "does not answer (ECONNRESET)"],
  ] as const) {
    it(`tries again after ${what}, and says so`, async () => {
      double.next.push(reply);
      const told: string[] = [];
      assert.deepEqual(await connect().send(get, { onRetry: (text) => told.push(text) }), { meshes: [] });
      assert.deepEqual(told, [`${double.endpoint} ${why}; trying again (1 of 1)`]);
    });
  }

  it("gives up after as many retries as it was told", async () => {
    double.next.push(breakOff, breakOff, breakOff);
    await assert.rejects(connect().send(get), {
      name: "ControlPlaneError",
      message:
        `the App Mesh control plane at ${double.endpoint} does not answer (ECONNRESET; 2 attempts). ` +
        'Check that it runs (appmesh serve), and that the provider\'s "endpoint" (or APPMESH_ENDPOINT) is where it listens. ' +
        "Then run the same command again: it continues where this one stopped.",
    });
    assert.equal(double.seen.length, 2);
  });

  it("does not repeat what was refused, and knows the code however it is written", async () => {
    const refusals = [
      failure(400, "BadRequestException:http://internal.amazon.com/", "no"),
      text(400, JSON.stringify({ __type: "com.amazonaws.appmesh#BadRequestException", Message: "no" })),
      text(400, JSON.stringify({ code: "BadRequestException", message: "no" })),
    ];
    for (const refusal of refusals) {
      double.next.push(refusal);
      const error = await connect()
        .send(get)
        .catch((error: unknown) => error);
      assert.deepEqual(error, new ApiError("BadRequestException", 400, "no"));
    }
    assert.equal(double.seen.length, refusals.length);
  });

  it("sends the same token with every try", async () => {
    double.next.push(breakOff);
    const body = { clientToken: "token", meshName: "shop" };
    await connect().send({ method: "PUT", path: "/v20190125/meshes", body });
    assert.deepEqual(
      double.seen.map(({ body }) => body),
      [body, body],
    );
  });

  it("signs for its region and service if it has a key, and never sends the secret part", async () => {
    const key = { accessKeyId: "AKID", secretAccessKey: "the-secret-part" };
    await connect({ key, region: "eu-west-1" }).send(get);
    const [seen] = double.seen;
    assert.match(
      String(seen?.headers.authorization),
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/appmesh\/aws4_request, SignedHeaders=accept;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    assert.doesNotMatch(JSON.stringify(seen), /the-secret-part/);
    client.close();
    await connect().send(get);
    assert.equal(double.seen[1]?.headers.authorization, undefined);
  });

  it("tells of a refused key without trying again", async () => {
    double.next.push(failure(403, "InvalidSignatureException", "wrong"));
    const key = { accessKeyId: "AKID", secretAccessKey: "secret" };
    await assert.rejects(connect({ key }).send(get), {
      message:
        `the control plane at ${double.endpoint} refused the access key AKID (InvalidSignatureException: wrong). Check the provider's ` +
        '"accessKeyId" and "secretAccessKey" (or APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY), its "region", and this machine\'s clock.',
    });
    assert.equal(double.seen.length, 1);
  });

  it("stops at once when it is told to, during an answer and before a request", async () => {
    const stop = new AbortController();
    const reason = new Stopped("enough");
    double.next.push((response) => {
      noAnswer(response);
      stop.abort(reason);
    });
    await assert.rejects(connect().send(get, { signal: stop.signal }), reason);
    await assert.rejects(client.send(get, { signal: stop.signal }), reason);
    assert.equal(double.seen.length, 1);
  });

  for (const [why, reason, refused] of [
    ["the user cancels it", new Stopped("enough"), "enough"],
    ["its time limit is over", new DOMException("late", "TimeoutError"), LATE],
  ] as const) {
    it(`waits for the answer to a change when ${why}, for five seconds`, () => hasPatience(reason, refused));
  }

  async function hasPatience(reason: Error, refused: string): Promise<void> {
    const rejection = { name: "ControlPlaneError", message: refused };
    const change = { method: "PUT", path: "/v20190125/meshes", body: { meshName: "shop" } } as const;
    const stopAs = (reply: Reply) => {
      const stop = new AbortController();
      double.next.push((response) => {
        stop.abort(reason);
        reply(response);
      });
      return connect({ maxRetries: 5 }).send(change, { signal: stop.signal });
    };
    assert.deepEqual(await stopAs(text(200, '{"mesh":"made"}')), { mesh: "made" });
    await assert.rejects(stopAs(failure(409, "ConflictException", "it exists")), {
      code: "ConflictException",
    });
    await assert.rejects(stopAs(failure(503, "ServiceUnavailableException", "later")), rejection);
    await assert.rejects(stopAs(breakOff), rejection);
    assert.equal(double.seen.length, 4);

    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      let isOver = false;
      const unanswered = stopAs((response) => {
        noAnswer(response);
        mock.timers.tick(4_999);
        setImmediate(() => {
          assert.equal(isOver, false);
          mock.timers.tick(1);
        });
      }).finally(() => {
        isOver = true;
      });
      await assert.rejects(unanswered, rejection);
    } finally {
      mock.timers.reset();
    }
  }

  it("says when it was the time limit that stopped it", async () => {
    double.next.push(noAnswer);
    await assert.rejects(connect().send(get, { signal: AbortSignal.timeout(20) }), {
      message: LATE,
    });
  });

  it("escapes names as SigV4 wants it", () => {
    assert.equal(encode("a/b c!'()*~é"), "a%2Fb%20c%21%27%28%29%2A~%C3%A9");
  });
});
