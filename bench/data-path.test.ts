import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { measureDataPath } from "./data-path.js";
import { load } from "./load.js";
import { measureTranslation } from "./translation.js";

describe("the data path's benchmark", function () {
  this.timeout(120_000);

  it("counts requests, and those that fail", async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      assert.deepEqual([request.url, request.headers.host], ["/path", "catalog.local"]);
      response.writeHead(requests % 2 === 0 ? 200 : 503, { "content-length": 100_000 });
      response.end("x".repeat(100_000));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const options = { host: "127.0.0.1", port, path: "/path", authority: "catalog.local", ms: 200 };
      const result = await load({ ...options, connections: 1 });
      assert.equal(result.sent, requests);
      assert.equal(result.latencies.length, result.requests);
      assert.ok(Math.abs(result.failures - result.requests / 2) <= 1, JSON.stringify(result.failures));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("reaches the application on every way, without a request that fails", async () => {
    const paths = await measureDataPath(() => {}, { rounds: 1, ms: 50 });
    assert.deepEqual(
      paths.map(({ way, configured }) => `${way}, ${configured}`),
      [
        "none, by nobody",
        "sidecars, by hand",
        "sidecars, by hand, again",
        "sidecars, by the mesh",
        "gateway, by hand",
        "gateway, by the mesh",
      ],
    );
    for (const { way, configured, rounds, ...measured } of paths) {
      assert.deepEqual(
        Object.entries(measured).filter(([, value]) => !(value > 0)),
        [],
        `${way}, ${configured}`,
      );
    }
  });

  it("translates for every backend that it says", () => {
    const { backends, clusters, first, change, same } = measureTranslation(10, 2);
    // One more for the APIs of AWS.
    assert.deepEqual([backends, clusters, first.length, change.length, same.length], [10, 11, 2, 2, 2]);
  });
});
