import assert from "node:assert/strict";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ClientPolicyTls, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { TestAuthority } from "../support/certificates.js";
import { answered, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { calling, explicit, nodeAt, Started } from "./mesh.js";
import { fileCertificate, listenerTls, secureServer, trusting, validation } from "./secure.js";

describe("TLS by the backend defaults of a virtual node", function () {
  this.timeout(60_000);
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
});
