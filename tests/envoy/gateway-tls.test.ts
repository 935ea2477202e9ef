import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as http2Connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientPolicyTls, ListenerTls } from "@pulumi-appmesh/model";
import { type Issued, TestAuthority } from "../support/certificates.js";
import { callAt, type Echo } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { SecretDiscovery } from "../support/secret-discovery.js";
import { until } from "../support/sidecar.js";
import { behindGateway, edge, http2To, httpTo, listener } from "./gateways.js";
import { explicit, nodeAt, route, Started } from "./mesh.js";
import { secureCall as callByTls, fileCertificate, plainCall, validation } from "./secure.js";

describe("TLS at a virtual gateway", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  let authority: TestAuthority;
  let edgeCertificate: Issued;
  before(async () => {
    authority = await TestAuthority.make();
    edgeCertificate = await authority.issue({ names: ["www.example.com"] });
  });

  const listenerTls = (mode: ListenerTls["mode"], more: Partial<ListenerTls> = {}): ListenerTls => ({
    mode,
    certificate: fileCertificate(edgeCertificate),
    ...more,
  });
  const trusted = (...names: readonly string[]) => validation(authority, names);
  /** The name of the server that answers by TLS, or what went wrong. */
  const secureCall = (address: string, port: number, client?: Issued) =>
    callByTls(`${address}:${port}`, {
      authority,
      servername: "www.example.com",
      ...(client ? { client } : {}),
    });

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
        STRICT: [await secureCall(address, 8080), await plainCall(`${address}:8080`)],
        PERMISSIVE: [await secureCall(address, 8081), await plainCall(`${address}:8081`)],
        DISABLED: [(await secureCall(address, 8082)) === "app", await plainCall(`${address}:8082`)],
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
    const named = listenerTls("STRICT", { validation: trusted("client", "another") });
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
    assert.deepEqual(
      [await secureCall(address, 8080), await plainCall(`${address}:8080`)],
      ["secure", "plain"],
    );
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
      certificate: fileCertificate(nodeCertificate),
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
      validation: trusted(exact),
      certificate: fileCertificate(edgeCertificate),
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

  // Shows: virtualGateway.listeners[].tls.{certificate.sds.secretName,validation.trust.sds.secretName},
  // virtualGateway.backendDefaults.clientPolicy.tls.{certificate.sds.secretName,validation.trust.sds.secretName}
  it("takes certificates and trust from a secret discovery service beside it, on both sides", async () => {
    const app = await started.server("app");
    const [node, address] = [await loopbackAddress(9080), await loopbackAddress(8080)];
    const inside = await TestAuthority.make("Inside");
    const tls: ListenerTls = {
      mode: "STRICT",
      certificate: fileCertificate(await inside.issue({ names: ["app.internal"] })),
      validation: validation(inside, ["edge.internal"]),
    };
    const document = behindGateway(
      { app: nodeAt(9080, "http", { tls }, node) },
      { app: httpTo("app.local", { prefix: "/" }) },
      [],
      {
        virtualGateways: {
          edge: {
            listeners: [
              listener(8080, "http", {
                tls: {
                  mode: "STRICT",
                  certificate: { sds: { secretName: "outside" } },
                  validation: { trust: { sds: { secretName: "clients" } } },
                },
              }),
            ],
            backendDefaults: {
              clientPolicy: {
                tls: {
                  certificate: { sds: { secretName: "inside" } },
                  validation: {
                    trust: { sds: { secretName: "nodes" } },
                    subjectAlternativeNames: { match: { exact: ["app.internal"] } },
                  },
                },
              },
            },
          },
        },
      },
    );
    await started.envoy(explicit(document, "app", node, { "9080": app.port }));
    const folder = mkdtempSync(join(tmpdir(), "appmesh-sds-"));
    const socket = join(folder, "sds.sock");
    const discovery = started.until(await SecretDiscovery.listen(socket));
    try {
      discovery.certificate("outside", edgeCertificate);
      discovery.trust("clients", authority.certificate);
      discovery.certificate("inside", await inside.issue({ names: ["edge.internal"] }));
      discovery.trust("nodes", authority.certificate);
      await started.envoy(edge(document, address), { sds: socket });
      const client = await authority.issue({ names: ["client"] });
      const call = () => secureCall(address, 8080, client);
      await until(async () => (await call()).startsWith("503 "));
      discovery.trust("nodes", inside.certificate);
      await until(async () => (await call()) === "app");
      assert.notEqual(await secureCall(address, 8080), "app");
    } finally {
      await started.end();
      rmSync(folder, { recursive: true });
    }
  });

  // Shows: virtualGateway.listeners[].tls.certificate.acm.certificateArn,
  // virtualGateway.backendDefaults.clientPolicy.tls.validation.trust.acm.certificateAuthorityArns[]
  it("takes certificates and trust that the control plane has from AWS, on both sides", async () => {
    const app = await started.server("app");
    const [node, address] = [await loopbackAddress(9080), await loopbackAddress(8080)];
    const inside = await TestAuthority.make("Inside");
    const tls: ListenerTls = {
      mode: "STRICT",
      certificate: fileCertificate(await inside.issue({ names: ["app.internal"] })),
    };
    const arn = (resource: string) => `arn:aws:${resource}`;
    const certificateArn = arn("acm:us-east-1:000000000000:certificate/edge");
    const authorityArn = (name: string) =>
      arn(`acm-pca:us-east-1:000000000000:certificate-authority/${name}`);
    const trusting = (name: string) => {
      const validation = {
        trust: { acm: { certificateAuthorityArns: [authorityArn(name)] } },
        subjectAlternativeNames: { match: { exact: ["app.internal"] } },
      };
      const document = behindGateway(
        { app: nodeAt(9080, "http", { tls }, node) },
        { app: httpTo("app.local", { prefix: "/" }) },
        [],
        {
          virtualGateways: {
            edge: {
              listeners: [
                listener(8080, "http", { tls: { mode: "STRICT", certificate: { acm: { certificateArn } } } }),
              ],
              backendDefaults: { clientPolicy: { tls: { validation } } },
            },
          },
        },
      );
      const authorities = new Map([
        [authorityArn("inside"), { certificates: inside.certificate }],
        [authorityArn("other"), { certificates: authority.certificate }],
      ]);
      const { certificate, key: privateKey } = edgeCertificate;
      const exported = { certificate, issuers: authority.certificate, privateKey };
      const told = edge(document, address, {
        certificate: (of) => (of === certificateArn ? exported : { unavailable: "it is not there" }),
        certificateAuthority: (of) => authorities.get(of) ?? { unavailable: "it is not there" },
      });
      assert.deepEqual(told.problems, []);
      return { document, told };
    };
    const { document, told } = trusting("inside");
    await started.envoy(explicit(document, "app", node, { "9080": app.port }));
    const proxy = await started.envoy(told);
    assert.equal(await secureCall(address, 8080), "app");
    assert.equal(await plainCall(`${address}:8080`), "ECONNRESET");
    await proxy.apply(trusting("other").told);
    assert.match(await secureCall(address, 8080), /^503 /);
  });
});
