import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { answered } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { heard, redirectable, redirected, redirectedCall, redirectedTls } from "../support/redirected.js";
import { webSocketAt, webSocketServer } from "../support/websocket.js";
import { calling, nodeAt, Started, transparent } from "./mesh.js";

describe("transparent interception", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  const provider = (virtualNodeName: string) => ({ provider: { virtualNode: { virtualNodeName } } });
  const call = async (proxy: string, destination: string, host: string, path?: string) =>
    answered({ headers: {}, ...(await redirectedCall(proxy, destination, host, path)) });
  /** Where the names of the mesh resolve to in the eyes of an application does not matter. */
  const somewhere = "198.51.100.1";

  // Shows: virtualRouter.listeners[].portMapping.{port,protocol}, virtualService.provider.virtualRouter.virtualRouterName
  it("takes requests out by the port and host that they were going to", async () => {
    const [web, db] = [await started.server("web"), await started.greeting("hello\n")];
    const front = await loopbackAddress();
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        front: calling("web.local", "db.local"),
        web: nodeAt(web.port),
        db: nodeAt(db.port, "tcp"),
      },
      virtualRouters: {
        web: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] },
        db: { listeners: [{ portMapping: { port: 3306, protocol: "tcp" } }] },
      },
      routes: {
        web: {
          all: {
            httpRoute: {
              match: { prefix: "/" },
              action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] },
            },
          },
        },
        db: { all: { tcpRoute: { action: { weightedTargets: [{ virtualNode: "db", weight: 1 }] } } } },
      },
      virtualServices: {
        "web.local": { provider: { virtualRouter: { virtualRouterName: "web" } } },
        "db.local": { provider: { virtualRouter: { virtualRouterName: "db" } } },
      },
    };
    await started.envoy(transparent(document, "front"), { rewrite: redirectable(front) });
    const egress = `${front}:15001`;
    assert.deepEqual(
      [
        await call(egress, `${somewhere}:8080`, "web.local:8080"),
        await call(egress, `${somewhere}:8080`, "web.local"),
        await call(egress, `${somewhere}:8080`, "web.local."),
        await call(egress, `${somewhere}:8080`, "elsewhere.local"),
        await call(egress, `${somewhere}:9999`, "web.local"),
        await heard(await redirected(egress, `${somewhere}:3306`), "\n"),
      ],
      [
        "web",
        "web",
        "web",
        "403 no backend of this virtual node serves this host and port, and the egress filter of mesh shop is DROP_ALL: " +
          "add the virtual service to the node's backends, or call it by its own name and port",
        "0 ",
        "hello\n",
      ],
    );
  });

  // Shows: mesh.egressFilter.type
  it("passes on what no backend serves to where it was going, while the egress filter is ALLOW_ALL", async () => {
    const [web, port] = [await started.server("web"), await freePort()];
    const outside = await started.server("outside", { port });
    const db = await started.greeting("hello\n");
    const front = await loopbackAddress();
    const document: MeshDocument = {
      meshName: "shop",
      mesh: { egressFilter: { type: "ALLOW_ALL" } },
      virtualNodes: { front: calling("web.local"), web: nodeAt(web.port) },
      virtualServices: { "web.local": provider("web") },
    };
    const proxy = await started.envoy(transparent(document, "front"), { rewrite: redirectable(front) });
    const egress = `${front}:15001`;
    assert.deepEqual(
      [
        await call(egress, `${somewhere}:${web.port}`, "web.local"),
        // The port of a backend, but another host.
        await call(egress, `127.0.0.1:${web.port}`, "127.0.0.1"),
        await call(egress, `127.0.0.1:${outside.port}`, "outside.example"),
        await heard(await redirected(egress, `127.0.0.1:${db.port}`), "\n"),
      ],
      ["web", "web", "outside", "hello\n"],
    );
    await proxy.apply(transparent({ ...document, mesh: {} }, "front"));
    assert.equal(await call(egress, `127.0.0.1:${outside.port}`, "outside.example"), "0 ");
    assert.equal(await heard(await redirected(egress, `127.0.0.1:${db.port}`), "\n"), "");
  });

  it("lets the APIs of AWS be reached by TLS, whatever the egress filter says", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "appmesh-tls-"));
    const aws = await loopbackAddress(443);
    try {
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-subj",
          "/CN=aws",
          "-days",
          "2",
          "-keyout",
          join(folder, "key"),
          "-out",
          join(folder, "cert"),
        ],
        { stdio: "ignore" },
      );
      const server = createServer({
        key: readFileSync(join(folder, "key")),
        cert: readFileSync(join(folder, "cert")),
      });
      await new Promise<void>((resolve) => server.listen(443, aws, resolve));
      started.until({ close: () => new Promise((resolve) => server.close(() => resolve())) });
      const front = await loopbackAddress();
      const document: MeshDocument = { meshName: "shop", virtualNodes: { front: {} } };
      const proxy = await started.envoy(transparent(document, "front"), { rewrite: redirectable(front) });
      const egress = `${front}:15001`;
      const reached = async () => [
        await redirectedTls(egress, `${aws}:443`, "sqs.us-east-1.amazonaws.com"),
        await redirectedTls(egress, `${aws}:443`, "amazonaws.com.example"),
      ];
      assert.deepEqual(await reached(), ["passed", "dropped"]);
      await proxy.apply(transparent({ ...document, mesh: { egressFilter: { type: "ALLOW_ALL" } } }, "front"));
      assert.deepEqual(await reached(), ["passed", "passed"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  // Shows: virtualNode.listeners[].portMapping.{port,protocol}
  it("brings in what was going to the ports of the application, and nothing else", async () => {
    const [web, db] = [await started.server("web"), await started.greeting("hello\n")];
    const other = await started.server("other");
    const front = await loopbackAddress();
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        front: {
          listeners: [
            { portMapping: { port: web.port, protocol: "http" } },
            { portMapping: { port: db.port, protocol: "tcp" } },
          ],
          serviceDiscovery: { dns: { hostname: "front.local" } },
        },
      },
    };
    await started.envoy(transparent(document, "front"), { rewrite: redirectable(front) });
    const ingress = `${front}:15000`;
    assert.deepEqual(
      [
        await call(ingress, `10.0.0.1:${web.port}`, "any.host", "/path"),
        await heard(await redirected(ingress, `10.0.0.1:${db.port}`), "\n"),
        await call(ingress, `10.0.0.1:${other.port}`, "any.host"),
      ],
      ["web", "hello\n", "0 "],
    );
    assert.equal(other.requests, 0);
  });

  it("carries WebSocket out of an application and into one", async () => {
    const app = started.until(await webSocketServer("app"));
    const [front, at] = [await loopbackAddress(), await loopbackAddress(15000)];
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: { front: calling("app.local"), app: nodeAt(app.port) },
      virtualServices: { "app.local": provider("app") },
    };
    await started.envoy(transparent(document, "front"), { rewrite: redirectable(front) });
    await started.envoy(transparent(document, "app"), { rewrite: redirectable(at) });
    const chat = async (proxy: string, destination: string) =>
      webSocketAt(await redirected(proxy, destination), "/chat", `app.local:${app.port}`);
    assert.deepEqual(
      [
        await chat(`${front}:15001`, `${somewhere}:${app.port}`),
        await chat(`${at}:15000`, `10.0.0.1:${app.port}`),
      ],
      ["app /chat\nhello\n", "app /chat\nhello\n"],
    );
  });
});
