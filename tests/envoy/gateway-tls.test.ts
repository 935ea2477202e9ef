import assert from "node:assert/strict";
import { connect as http2Connect } from "node:http2";
import { request } from "node:https";
import type { ClientPolicyTls, ListenerTls } from "@pulumi-appmesh/model";
import { type Issued, TestAuthority } from "../support/certificates.js";
import { answered, callAt, type Echo } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { behindGateway, edge, http2To, httpTo, listener } from "./gateways.js";
import { explicit, nodeAt, route, Started } from "./mesh.js";

describe("TLS at a virtual gateway", function () {
  this.timeout(60_000);
  const started = new Started();
  afterEach(() => started.end());
  let authority: TestAuthority;
  let edgeCertificate: Issued;
  before(async () => {
    authority = await TestAuthority.make();
    edgeCertificate = await authority.issue({ names: ["www.example.com"] });
  });

  const file = ({ chainFile, keyFile }: Issued) => ({
    file: { certificateChain: chainFile, privateKey: keyFile },
  });
  const listenerTls = (mode: ListenerTls["mode"], more: Partial<ListenerTls> = {}): ListenerTls => ({
    mode,
    certificate: file(edgeCertificate),
    ...more,
  });
  const trusted = () => ({ trust: { file: { certificateChain: authority.certificateFile } } });

  /** The name of the server that answers by TLS, or what went wrong. */
  const secureCall = (address: string, port: number, client?: Issued, path = "/"): Promise<string> =>
    new Promise((resolve) => {
      const req = request(
        {
          ...{ host: address, port, path, agent: false },
          ...{ servername: "www.example.com", ca: authority.certificate },
          ...(client ? { cert: client.chain, key: client.key } : {}),
          headers: { host: "www.example.com" },
        },
        (res) => {
          let body = "";
          res.setEncoding("utf8");
          res.on("data", (chunk) => {
            body += chunk;
          });
          res.on("end", () => resolve(answered({ status: res.statusCode ?? 0, headers: res.headers, body })));
        },
      );
      req.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      req.end();
    });
  const plainCall = async (address: string, port: number) => {
    try {
      return answered(await callAt(`${address}:${port}`, "/"));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  };

  // Shows: virtualGateway.listeners[].tls.mode,
  // virtualGateway.listeners[].tls.certificate.file.{certificateChain,privateKey}
  it("is demanded, offered or not spoken, as each listener says", async () => {
    const app = await started.server("app");
    const address = await loopbackAddress(8080, 8081, 8082);
    const document = behindGateway({ app: nodeAt(app.port) }, { app: httpTo("app.local", { prefix: "/" }) }, [
      listener(8080, "http", { tls: listenerTls("STRICT") }),
      listener(8081, "http", { tls: listenerTls("PERMISSIVE") }),
      listener(8082, "http", { tls: listenerTls("DISABLED") }),
    ]);
    await started.envoy(edge(document, address));
    assert.deepEqual(
      {
        STRICT: [await secureCall(address, 8080), await plainCall(address, 8080)],
        PERMISSIVE: [await secureCall(address, 8081), await plainCall(address, 8081)],
        DISABLED: [(await secureCall(address, 8082)) === "app", await plainCall(address, 8082)],
      },
      { STRICT: ["app", "ECONNRESET"], PERMISSIVE: ["app", "app"], DISABLED: [false, "app"] },
    );
  });

  // Shows: virtualGateway.listeners[].tls.validation.{trust.file.certificateChain,subjectAlternativeNames.match.exact[]}
  it("asks a client for a certificate, and believes those of the authority that the listener trusts", async () => {
    const app = await started.server("app");
    const address = await loopbackAddress(8080, 8081);
    const [client, stranger] = [
      await authority.issue({ names: ["client"] }),
      await (await TestAuthority.make()).issue({ names: ["client"] }),
    ];
    const tls = listenerTls("STRICT", { validation: trusted() });
    const named = listenerTls("STRICT", {
      validation: { ...trusted(), subjectAlternativeNames: { match: { exact: ["client", "another"] } } },
    });
    const document = behindGateway({ app: nodeAt(app.port) }, { app: httpTo("app.local", { prefix: "/" }) }, [
      listener(8080, "http", { tls }),
      listener(8081, "http", { tls: named }),
    ]);
    await started.envoy(edge(document, address));
    assert.equal(await secureCall(address, 8080, client), "app");
    assert.notEqual(await secureCall(address, 8080), "app");
    assert.notEqual(await secureCall(address, 8080, stranger), "app");
    assert.equal(await secureCall(address, 8081, client), "app");
    assert.equal(await secureCall(address, 8080, edgeCertificate), "app");
    assert.notEqual(await secureCall(address, 8081, edgeCertificate), "app");
    assert.equal(app.requests, 3);
  });

  it("speaks HTTP/2 by TLS at an http2 listener", async () => {
    const app = await started.server("app", { http2: true });
    const address = await loopbackAddress(8080);
    const document = behindGateway(
      { app: nodeAt(app.port, "http2") },
      { app: http2To("app.local", { prefix: "/app" }) },
      [listener(8080, "http2", { tls: listenerTls("STRICT") })],
    );
    await started.envoy(edge(document, address));
    const session = http2Connect(`https://${address}:8080`, {
      ca: authority.certificate,
      servername: "www.example.com",
    });
    try {
      const body = await new Promise<string>((resolve, reject) => {
        session.on("error", reject);
        const stream = session.request({ ":path": "/app/page", ":authority": "www.example.com" });
        let text = "";
        stream.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        stream.on("error", reject);
        stream.on("end", () => resolve(text));
      });
      const { server, url } = JSON.parse(body) as Echo;
      assert.deepEqual([server, url], ["app", "/page"]);
    } finally {
      session.close();
    }
  });

  it("lets a virtual router's routes see by which scheme a request came in", async () => {
    const [secure, plain] = [await started.server("secure"), await started.server("plain")];
    const address = await loopbackAddress(8080);
    const document = behindGateway(
      { secure: nodeAt(secure.port), plain: nodeAt(plain.port) },
      { shop: httpTo("shop.local", { prefix: "/" }) },
      [listener(8080, "http", { tls: listenerTls("PERMISSIVE") })],
      {
        virtualServices: { "shop.local": { provider: { virtualRouter: { virtualRouterName: "shop" } } } },
        virtualRouters: { shop: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
        routes: {
          shop: {
            https: route({ prefix: "/", scheme: "https" }, { secure: 1 }),
            http: route({ prefix: "/", scheme: "http" }, { plain: 1 }),
          },
        },
      },
    );
    await started.envoy(edge(document, address));
    assert.deepEqual([await secureCall(address, 8080), await plainCall(address, 8080)], ["secure", "plain"]);
  });

  // Shows: virtualGateway.backendDefaults.clientPolicy.tls.validation.trust.file.certificateChain,
  // virtualGateway.backendDefaults.clientPolicy.tls.validation.subjectAlternativeNames.match.exact[],
  // virtualGateway.backendDefaults.clientPolicy.tls.{certificate.file.certificateChain,certificate.file.privateKey},
  // virtualGateway.backendDefaults.clientPolicy.tls.{enforce,ports[]}
  it("is spoken to virtual nodes as the gateway's backend defaults say, or nothing is sent", async () => {
    const app = await started.server("app");
    const node = await loopbackAddress(9080);
    const nodeCertificate = await authority.issue({ names: ["app.internal"] });
    const tls: ListenerTls = {
      mode: "STRICT",
      certificate: file(nodeCertificate),
      validation: trusted(),
    };
    const nodes = { app: nodeAt(9080, "http", { tls }, node), open: nodeAt(app.port) };
    await started.envoy(explicit(behindGateway(nodes, {}), "app", node, { "9080": app.port }));
    const through = async (service: string, policy: ClientPolicyTls | undefined) => {
      const address = await loopbackAddress(8088);
      const document = behindGateway(nodes, { app: httpTo(service, { prefix: "/" }) }, [], {
        virtualGateways: {
          edge: {
            listeners: [listener(8088)],
            ...(policy ? { backendDefaults: { clientPolicy: { tls: policy } } } : {}),
          },
        },
      });
      await started.envoy(edge(document, address));
      return (await callAt(`${address}:8088`, "/")).status;
    };
    const named = (exact: string): ClientPolicyTls => ({
      validation: { ...trusted(), subjectAlternativeNames: { match: { exact: [exact] } } },
      certificate: file(edgeCertificate),
    });
    const { certificate: _, ...nameless } = named("app.internal");
    assert.deepEqual(
      {
        "the right name": await through("app.local", named("app.internal")),
        "another name": await through("app.local", named("other.internal")),
        "no certificate": await through("app.local", nameless),
        "no policy": await through("app.local", undefined),
        "a node without TLS": await through("open.local", named("app.internal")),
        "a node without TLS, at a port that the policy does not name": await through("open.local", {
          ...named("app.internal"),
          ports: [9999],
        }),
        "a node without TLS, not enforced": await through("open.local", {
          ...named("app.internal"),
          enforce: false,
        }),
      },
      {
        "the right name": 200,
        "another name": 503,
        "no certificate": 503,
        "no policy": 503,
        "a node without TLS": 503,
        "a node without TLS, at a port that the policy does not name": 200,
        "a node without TLS, not enforced": 200,
      },
    );
  });
});
