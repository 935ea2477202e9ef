import assert from "node:assert/strict";
import { formatEndpoint, parseEndpoint, resolveHost } from "./endpoint.js";

describe("Endpoint", () => {
  it("is HOST:PORT", () => {
    for (const [text, host, port] of [
      ["127.0.0.1:7070", "127.0.0.1", 7070],
      ["localhost:0", "localhost", 0],
      ["[::1]:65535", "::1", 65535],
      ["mesh.example:1", "mesh.example", 1],
    ] as const) {
      assert.deepEqual(parseEndpoint(text), { host, port });
      assert.equal(formatEndpoint({ host, port }), text);
    }
  });

  it("is nothing else", () => {
    for (const text of [
      "",
      "7070",
      ":7070",
      "localhost",
      "localhost:",
      "localhost:65536",
      "localhost:-1",
      "::1:80",
      "[::1]",
      "a b:1",
      "http://localhost:1",
      "localhost:1/",
    ]) {
      assert.equal(parseEndpoint(text), undefined, text);
    }
  });

  it("tells loopback addresses from those that others reach", async () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) {
      assert.deepEqual(await resolveHost(host), { address: host, isLoopback: true });
    }
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "fe80::1", "::ffff:10.0.0.1"]) {
      assert.deepEqual(await resolveHost(host), { address: host, isLoopback: false });
    }
    assert.equal((await resolveHost("localhost")).isLoopback, true);
  });
});
