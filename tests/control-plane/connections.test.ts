import assert from "node:assert/strict";
import { connect as connectTls } from "node:tls";
import { startControlPlane } from "../support/control-plane.js";
import { fileLimit, openFiles, residentMiB } from "../support/process-status.js";
import { RawConnection, request } from "../support/raw-http.js";
import { until } from "../support/sidecar.js";

const meshes = "/v20190125/meshes";

describe("appmesh serve, asked by connections", function () {
  this.timeout(180_000);

  it("ten thousand that stay: memory is bounded, and all are answered", async () => {
    const server = await startControlPlane();
    assert.equal((await server.call("PUT", meshes, { meshName: "shop" })).status, 200);
    // Of what both sides may open, if that is less.
    const count = Math.min(10_000, fileLimit("self") - 500, fileLimit(server.pid) - 500);
    const files = openFiles(server.pid);
    const memory = residentMiB(server.pid);
    const connections: RawConnection[] = [];
    const ask = request(`GET ${meshes}/shop`);
    try {
      while (connections.length < count) {
        const more = Math.min(500, count - connections.length);
        const opened = await Promise.all(Array.from({ length: more }, () => RawConnection.open(server.api)));
        for (const connection of opened) connection.send(ask);
        for (const connection of opened) assert.equal((await connection.response())?.status, 200);
        connections.push(...opened);
      }
      assert.ok(openFiles(server.pid) >= count);
      const grown = residentMiB(server.pid) - memory;
      console.log(
        `        ${count} connections: ${Math.round(memory)} MiB, and ${Math.round(grown)} MiB more`,
      );
      // 40 KiB each, several times what it takes.
      assert.ok(grown < 400, `${count} connections took ${grown} MiB`);
      // All of them again, at once.
      for (const connection of connections) connection.send(ask);
      for (const connection of connections) assert.equal((await connection.response())?.status, 200);
    } finally {
      for (const connection of connections) connection.close();
    }
    await until(() => openFiles(server.pid) <= files + 10);
    await server.stop();
  });

  it("that speak no TLS, or never finish to, where TLS is spoken: they are closed, and others are served", async () => {
    const server = await startControlPlane({ args: ["--tls-self-signed"] });
    const port = Number(new URL(server.api).port);
    const hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (const bytes of [
      request(`GET ${meshes}`),
      "GARBAGE\r\n\r\n",
      hello + "\0".repeat(600),
      Buffer.alloc(20_000),
    ]) {
      const connection = await RawConnection.open(server.api);
      connection.send(bytes);
      await connection.ended();
      connection.close();
    }
    const half = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(server.api)));
    for (const connection of half) connection.send(hello);
    const secure = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
    secure.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of secure) text += chunk;
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(server.log(), /"level":(50|60)/);
    for (const connection of half) connection.close();
    await server.stop();
  });
});
