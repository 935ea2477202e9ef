import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { createMetricsListener } from "./metrics-routes.js";

const scrape = async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "up 1\n" });
const log = pino({ level: "silent" });

describe("The listener of the metrics", () => {
  let unready: string | undefined;
  let app: FastifyInstance;
  const create = (token?: string) => {
    unready = undefined;
    app = createMetricsListener({
      metrics: { scrape },
      readiness: { unready: async () => unready },
      token,
      log,
    });
  };
  afterEach(() => app.close());
  const get = async (url: string, headers = {}) => {
    const { statusCode, headers: answered, body } = await app.inject({ url, headers });
    return [statusCode, answered["x-amzn-errortype"], body];
  };

  it("serves metrics and health to all, and nothing else", async () => {
    create();
    assert.deepEqual(await get("/metrics"), [200, undefined, "up 1\n"]);
    const { headers } = await app.inject("/metrics");
    assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert.deepEqual(await get("/healthz"), [200, undefined, '{"status":"ok"}']);
    assert.deepEqual(await get("/readyz"), [200, undefined, '{"status":"ready"}']);
    unready = "the control plane is stopping";
    assert.deepEqual(await get("/readyz"), [503, undefined, '{"reason":"the control plane is stopping"}']);
    const nothing = '{"message":"there are only /metrics, /healthz and /readyz here"}';
    for (const url of ["/", "/v20190125/meshes", "/v1/proxies", "/metrics/"])
      assert.deepEqual(await get(url), [404, "UnknownOperationException", nothing]);
  });

  it("gives the numbers to those alone who have its token, where it has one", async () => {
    create("s3cret-token");
    const refusal = [
      401,
      "UnauthorizedException",
      '{"message":"give the token of APPMESH_METRICS_TOKEN, by the header Authorization: Bearer TOKEN"}',
    ];
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Bearer s3cret-toke",
      "Bearer s3cret-token2",
      "Bearer S3CRET-TOKEN",
      "Basic s3cret-token",
      "s3cret-token",
    ]) {
      assert.deepEqual(await get("/metrics", authorization === undefined ? {} : { authorization }), refusal);
    }
    const { headers } = await app.inject("/metrics");
    assert.equal(headers["www-authenticate"], "Bearer");
    assert.deepEqual(await get("/metrics", { authorization: "Bearer s3cret-token" }), [
      200,
      undefined,
      "up 1\n",
    ]);
    assert.equal((await get("/healthz"))[0], 200);
    assert.equal((await get("/readyz"))[0], 200);
  });
});
