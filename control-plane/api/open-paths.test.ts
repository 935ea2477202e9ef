import assert from "node:assert/strict";
import type { FastifyRequest } from "fastify";
import { isOpen } from "./open-paths.js";

const open = (url: string, ip = "127.0.0.1", hostname = "localhost") =>
  isOpen({ url, ip, hostname } as FastifyRequest);

describe("What is open to all", () => {
  it("is health, to whoever asks", () => {
    for (const url of ["/healthz", "/readyz"]) assert.ok(open(url, "203.0.113.7", "mesh.example"));
  });

  it("is metrics, to programs of this machine by its own names", () => {
    for (const ip of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      for (const name of ["localhost", "127.0.0.1", "[::1]"])
        assert.ok(open("/metrics", ip, name), `${ip} ${name}`);
    }
    for (const ip of ["10.0.0.7", "::ffff:10.0.0.7", "1.127.0.0.1", "fe80::1", "::"])
      assert.ok(!open("/metrics", ip), ip);
    for (const name of ["mesh.example", "127.0.0.1.example", ""])
      assert.ok(!open("/metrics", "::1", name), name);
  });

  it("is nothing else, however it is written", () => {
    for (const url of ["/", "/metrics/", "/metrics?a", "/%6detrics", "/v1/proxies", "/healthz/../v1/proxies"])
      assert.ok(!open(url), url);
  });
});
