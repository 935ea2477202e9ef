import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import type { ClientPolicyTls, ListenerTls, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { TestAuthority } from "../support/certificates.js";
import { answered, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { SecretDiscovery } from "../support/secret-discovery.js";
import { until } from "../support/sidecar.js";
import { calling, explicit, nodeAt, Started } from "./mesh.js";
import { fileCertificate, listenerTls, secureServer, trusting, validation } from "./secure.js";

describe("TLS by the backend defaults of a virtual node", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  // Shows: virtualNode.backendDefaults.clientPolicy.tls.validation.trust.file.certificateChain,
  // virtualNode.backendDefaults.clientPolicy.tls.validation.subjectAlternativeNames.match.exact[],
  // virtualNode.backendDefaults.clientPolicy.tls.certificate.file.{certificateChain,privateKey},
  // virtualNode.backendDefaults.clientPolicy.tls.{enforce,ports[]}
  it("holds for backends without a policy of their own, in everything that it says", async () => {
    const authority = await TestAuthority.make();
    const issued = await authority.issue({ names: ["127.0.0.1"] });
    const secure = started.until(await secureServer("secure", issued));
    const other = started.until(
      await secureServer("other", await authority.issue({ names: ["other.internal"] })),
    );
    const plain = await started.server("plain");
    const app = await started.server("app");
    // Behind a proxy that lets in whom the authority vouches for alone.
    const inside = await loopbackAddress(8443);
    const certificate = await authority.issue({ names: [inside] });
    const mutual = nodeAt(
      8443,
      "http",
      { tls: listenerTls(certificate, "STRICT", { validation: validation(authority) }) },
      inside,
    );
    const nodes: Record<string, VirtualNodeSpec> = {
      secure: nodeAt(secure.port),
      other: nodeAt(other.port),
      plain: nodeAt(plain.port),
      mutual,
    };
    const document = (tls: ClientPolicyTls): MeshDocument => ({
      meshName: "shop",
      virtualNodes: {
        ...nodes,
        front: {
          ...calling(...Object.keys(nodes).map((name) => `${name}.local`)),
          backendDefaults: { clientPolicy: { tls } },
        },
      },
      virtualServices: Object.fromEntries(
        Object.keys(nodes).map((name) => [
          `${name}.local`,
          { provider: { virtualNode: { virtualNodeName: name } } },
        ]),
      ),
    });
    await started.envoy(explicit(document(trusting(authority)), "mutual", inside, { "8443": app.port }));
    const front = await loopbackAddress();
    const proxy = await started.envoy(explicit(document(trusting(authority)), "front", front));
    const reached = async (tls: ClientPolicyTls): Promise<string> => {
      await proxy.apply(explicit(document(tls), "front", front));
      const got: string[] = [];
      for (const name of Object.keys(nodes)) {
        const outcome = answered(await callThrough(`${front}:15001`, `http://${name}.local/`));
        if (["secure", "other", "plain", "app"].includes(outcome)) got.push(name);
      }
      return got.join();
    };
    const client = await authority.issue({ names: ["front.local"] });
    assert.deepEqual(
      {
        trust: await reached(trusting(authority)),
        "another authority": await reached(trusting(await TestAuthority.make("A stranger"))),
        names: await reached(trusting(authority, ["other.internal"])),
        "a certificate of its own": await reached(
          trusting(authority, [], { certificate: fileCertificate(client) }),
        ),
        "not enforced": await reached(trusting(authority, [], { enforce: false })),
        "other ports": await reached(trusting(authority, [], { ports: [secure.port] })),
      },
      {
        trust: "secure",
        "another authority": "",
        names: "other",
        "a certificate of its own": "secure,mutual",
        // A listener that does not say that it speaks TLS is then called without.
        "not enforced": "plain",
        "other ports": "secure,plain",
      },
    );
  });

  /** A virtual node that lets in whom an authority vouches for, and a caller of it, under two names of one node. */
  const called = (
    inside: string,
    tls: ListenerTls,
    own: ClientPolicyTls,
    defaults: ClientPolicyTls,
  ): MeshDocument => ({
    meshName: "shop",
    virtualNodes: {
      app: nodeAt(8443, "http", { tls }, inside),
      front: {
        backends: [
          { virtualService: { virtualServiceName: "own.local", clientPolicy: { tls: own } } },
          ...calling("default.local").backends,
        ],
        backendDefaults: { clientPolicy: { tls: defaults } },
      },
    },
    virtualServices: Object.fromEntries(
      ["own.local", "default.local"].map((name) => [
        name,
        { provider: { virtualNode: { virtualNodeName: "app" } } },
      ]),
    ),
  });
  const through = async (front: string, name: string) =>
    answered(await callThrough(`${front}:15001`, `http://${name}.local:8443/`));

  // Shows: virtualNode.backends[].virtualService.clientPolicy.tls.{validation.trust.sds.secretName,certificate.sds.secretName},
  // virtualNode.backendDefaults.clientPolicy.tls.{validation.trust.sds.secretName,certificate.sds.secretName}
  it("takes trust and a certificate from a secret discovery service, as a backend's own policy does", async () => {
    const authority = await TestAuthority.make();
    const app = await started.server("app");
    const inside = await loopbackAddress(8443);
    const certificate = await authority.issue({ names: [inside] });
    const tls = listenerTls(certificate, "STRICT", { validation: validation(authority) });
    const sds: ClientPolicyTls = {
      certificate: { sds: { secretName: "front" } },
      validation: { trust: { sds: { secretName: "nodes" } } },
    };
    const document = called(inside, tls, sds, sds);
    await started.envoy(explicit(document, "app", inside, { "8443": app.port }));
    const folder = mkdtempSync(join(tmpdir(), "appmesh-sds-"));
    try {
      const socket = join(folder, "sds.sock");
      const discovery = started.until(await SecretDiscovery.listen(socket));
      discovery.certificate("front", await authority.issue({ names: ["front.local"] }));
      discovery.trust("nodes", (await TestAuthority.make("A stranger")).certificate);
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front), { sds: socket });
      const both = async () => [await through(front, "own"), await through(front, "default")];
      await until(async () => (await both()).every((outcome) => outcome.startsWith("503 ")));
      discovery.trust("nodes", authority.certificate);
      await until(async () => (await both()).join() === "app,app");
    } finally {
      await started.end();
      rmSync(folder, { recursive: true });
    }
  });

  // Shows: virtualNode.backendDefaults.clientPolicy.tls.validation.trust.acm.certificateAuthorityArns[]
  it("believes the authorities of AWS that it names", async () => {
    const [authority, stranger] = [await TestAuthority.make(), await TestAuthority.make("A stranger")];
    const app = await started.server("app");
    const inside = await loopbackAddress(8443);
    const arn = (name: string) => `arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/${name}`;
    const policy = (name: string): ClientPolicyTls => ({
      validation: { trust: { acm: { certificateAuthorityArns: [arn(name)] } } },
    });
    const authorities = new Map([
      [arn("good"), { certificates: authority.certificate }],
      [arn("stranger"), { certificates: stranger.certificate }],
    ]);
    const tls = listenerTls(await authority.issue({ names: [inside] }));
    const document = (name: string) => called(inside, tls, policy(name), policy(name));
    const front = await loopbackAddress();
    const told = (name: string): ProxyResources =>
      translate(
        {
          ...entitiesOf(document(name)),
          certificateAuthority: (of) => authorities.get(of) ?? { unavailable: "it is not there" },
        },
        {
          meshName: "shop",
          kind: "virtualNode",
          name: "front",
          interception: { mode: "explicit", address: front, appPorts: {} },
        },
      );
    await started.envoy(explicit(document("good"), "app", inside, { "8443": app.port }));
    const proxy = await started.envoy(told("good"));
    assert.equal(await through(front, "default"), "app");
    await proxy.apply(told("stranger"));
    assert.match(await through(front, "default"), /^503 /);
  });
});
