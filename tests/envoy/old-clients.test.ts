// Programs that speak HTTP as it was: nginx speaks HTTP/1.0 to what it is a proxy for, and Python asks for tunnels in it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { loopbackAddress } from "../support/loopback.js";
import { heard } from "../support/redirected.js";
import { behindGateway, edge, httpTo } from "./gateways.js";
import { explicit, nodeAt, provided, Started } from "./mesh.js";

describe("clients of HTTP/1.0", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  /** Tells how it was called, in pieces whose number nobody knows beforehand. */
  async function app(): Promise<number> {
    const server = createServer(({ method, url, httpVersion }, response) => {
      response.write(`${method} ${url} `);
      setImmediate(() => response.end(`in HTTP/${httpVersion}`));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    started.until({
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return (server.address() as AddressInfo).port;
  }

  /** All that comes back, until the other side ends: the first line of each answer, and what it says. */
  async function say(at: string, request: string): Promise<string> {
    const [host, port] = at.split(":");
    const socket = connect(Number(port), host);
    const answer = heard(socket);
    socket.write(request);
    const parts = (await answer).split("\r\n\r\n");
    return parts.map((part) => part.split("\r\n")[0]).join(" | ");
  }

  it("reach an application through its callers' proxy and its own, by name, as a proxy and by a tunnel", async () => {
    const [catalog, front] = [await loopbackAddress(9080), await loopbackAddress()];
    const document = provided(nodeAt(9080, "http", {}, catalog));
    await started.envoy(explicit(document, "catalog", catalog, { "9080": await app() }));
    await started.envoy(explicit(document, "front", front));
    const host = "Host: catalog.local:9080\r\n";
    assert.deepEqual(
      [
        await say(`${catalog}:9080`, `GET /in HTTP/1.0\r\n${host}\r\n`),
        await say(`${front}:15001`, `GET /by-name HTTP/1.0\r\n${host}\r\n`),
        await say(`${front}:15001`, "GET http://catalog.local:9080/proxied HTTP/1.0\r\n\r\n"),
        await say(
          `${front}:15001`,
          `CONNECT catalog.local:9080 HTTP/1.0\r\n\r\nGET /tunnelled HTTP/1.0\r\n${host}\r\n`,
        ),
      ],
      [
        "HTTP/1.0 200 OK | GET /in in HTTP/1.1",
        "HTTP/1.0 200 OK | GET /by-name in HTTP/1.1",
        "HTTP/1.0 200 OK | GET /proxied in HTTP/1.1",
        "HTTP/1.0 200 OK | HTTP/1.0 200 OK | GET /tunnelled in HTTP/1.1",
      ],
    );
  });

  it("reach a virtual service through a gateway", async () => {
    const gateway = await loopbackAddress(8088);
    const document = behindGateway(
      { catalog: nodeAt(await app()) },
      { all: httpTo("catalog.local", { prefix: "/" }) },
    );
    await started.envoy(edge(document, gateway));
    assert.equal(
      await say(`${gateway}:8088`, "GET /out HTTP/1.0\r\nHost: shop.example\r\n\r\n"),
      "HTTP/1.0 200 OK | GET /out in HTTP/1.1",
    );
  });
});
