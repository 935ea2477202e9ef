import assert from "node:assert/strict";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ClientPolicyTls, Listener, ListenerTls } from "@pulumi-appmesh/model";
import { type Issued, TestAuthority } from "../support/certificates.js";
import { answered, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { redirectable, redirectedCall } from "../support/redirected.js";
import { explicit, nodeAt, Started, transparent } from "./mesh.js";
import { fileCertificate, listenerTls, plainCall, trusting, validation } from "./secure.js";

/** Every call goes from an application to its sidecar, by TLS to the other sidecar, and to the other application. */
describe("mutual TLS between two sidecars", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let clients: Readonly<Record<"front" | "other" | "strange" | "expired", Issued>>;
  before(async () => {
    authority = await TestAuthority.make();
    stranger = await TestAuthority.make("A stranger");
    clients = {
      front: await authority.issue({ uris: ["spiffe://shop/front"], usages: ["client"] }),
      other: await authority.issue({ uris: ["spiffe://shop/other"], usages: ["client"] }),
      strange: await stranger.issue({ uris: ["spiffe://shop/front"], usages: ["client"] }),
      expired: await authority.issue({ uris: ["spiffe://shop/front"], usages: ["client"], when: "expired" }),
    };
  });

  const client = (of: Issued | undefined): ClientPolicyTls =>
    trusting(authority, [], of ? { certificate: fileCertificate(of) } : {});

  // Shows: virtualNode.listeners[].tls.validation.trust.file.certificateChain,
  // virtualNode.listeners[].tls.validation.subjectAlternativeNames.match.exact[],
  // virtualNode.backends[].virtualService.clientPolicy.tls.certificate.file.{certificateChain,privateKey}
  it("lets in whom the listener's authority vouches for, under one of the names that it lists", async () => {
    const app = await started.server("app");
    const ports = [8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8089];
    const [address, front] = [await loopbackAddress(...ports), await loopbackAddress()];
    const certificate = await authority.issue({ names: [address] });
    const server = (mode: ListenerTls["mode"], names: readonly string[] = []) =>
      listenerTls(certificate, mode, { validation: validation(authority, names) });
    const named = ["spiffe://shop/front"];
    const cases: Readonly<Record<string, readonly [ListenerTls, ClientPolicyTls | undefined]>> = {
      named: [server("STRICT", named), client(clients.front)],
      "any name": [server("STRICT"), client(clients.other)],
      "another name": [server("STRICT", named), client(clients.other)],
      stranger: [server("STRICT", named), client(clients.strange)],
      expired: [server("STRICT", named), client(clients.expired)],
      "without a certificate": [server("STRICT", named), client(undefined)],
      "without a policy": [server("STRICT"), undefined],
      PERMISSIVE: [server("PERMISSIVE"), client(clients.other)],
      "PERMISSIVE, without a certificate": [server("PERMISSIVE"), client(undefined)],
      "PERMISSIVE, stranger": [server("PERMISSIVE"), client(clients.strange)],
    };
    const listeners = Object.values(cases).map(
      ([tls], i): Listener => ({ portMapping: { port: 8080 + i, protocol: "http" }, tls }),
    );
    const names = Object.keys(cases);
    // One sidecar has all the listeners; to the other one, each is a virtual node.
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        catalog: { listeners, serviceDiscovery: { dns: { hostname: address } } },
        ...Object.fromEntries(
          listeners.map((listener, i) => [
            `catalog-${i}`,
            { listeners: [listener], serviceDiscovery: { dns: { hostname: address } } },
          ]),
        ),
        front: {
          backends: Object.values(cases).map(([, tls], i) => ({
            virtualService: { virtualServiceName: `${i}.local`, ...(tls ? { clientPolicy: { tls } } : {}) },
          })),
        },
      },
      virtualServices: Object.fromEntries(
        names.map((_, i) => [
          `${i}.local`,
          { provider: { virtualNode: { virtualNodeName: `catalog-${i}` } } },
        ]),
      ),
    };
    const catalog = await started.envoy(explicit(document, "catalog", address, { "*": app.port }));
    await started.envoy(explicit(document, "front", front));
    const got: Record<string, string[]> = {};
    for (const [i, name] of names.entries()) {
      const answer = answered(await callThrough(`${front}:15001`, `http://${i}.local/`));
      got[name] = [answer.replace(/^503 upstream connect error.*/, "refused")];
      for (const stat of ["no_certificate", "fail_verify_no_cert", "fail_verify_error", "fail_verify_san"]) {
        if ((await catalog.stat(`listener.${address}_${8080 + i}.ssl.${stat}`)) > 0) got[name].push(stat);
      }
    }
    assert.deepEqual(got, {
      named: ["app"],
      "any name": ["app"],
      "another name": ["refused", "fail_verify_san"],
      stranger: ["refused", "fail_verify_error"],
      expired: ["refused", "fail_verify_error"],
      "without a certificate": ["refused", "fail_verify_no_cert"],
      "without a policy": ["refused", "fail_verify_no_cert"],
      PERMISSIVE: ["app"],
      "PERMISSIVE, without a certificate": ["app", "no_certificate"],
      "PERMISSIVE, stranger": ["refused", "fail_verify_error"],
    });
    assert.deepEqual(
      [await plainCall(`${address}:8080`), await plainCall(`${address}:8087`)],
      ["ECONNRESET", "app"],
    );
    assert.equal(app.requests, 5);
  });

  it("does so where connections are redirected, by the port that they were going to", async () => {
    const app = await started.server("app", { http2: true });
    const [inside, outside] = [await loopbackAddress(8080), await loopbackAddress()];
    const certificate = await authority.issue({ names: [inside] });
    const tls = listenerTls(certificate, "STRICT", { validation: validation(authority) });
    // The server's sidecar is explicit: what arrives there has no PROXY protocol header, which stands for redirection here.
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        catalog: nodeAt(8080, "http2", { tls }, inside),
        front: {
          backendDefaults: { clientPolicy: { tls: client(clients.front) } },
          backends: [{ virtualService: { virtualServiceName: "catalog.local" } }],
        },
      },
      virtualServices: { "catalog.local": { provider: { virtualNode: { virtualNodeName: "catalog" } } } },
    };
    await started.envoy(explicit(document, "catalog", inside, { "8080": app.port }));
    await started.envoy(transparent(document, "front"), { rewrite: redirectable(outside) });
    const { status, body } = await redirectedCall(
      `${outside}:15001`,
      "198.51.100.1:8080",
      "catalog.local:8080",
    );
    assert.deepEqual([status, JSON.parse(body).server, app.requests], [200, "app", 1]);
  });
});
