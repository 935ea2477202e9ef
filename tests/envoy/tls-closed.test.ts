import assert from "node:assert/strict";
import { connect } from "node:net";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ClientPolicyTls, ListenerTls } from "@pulumi-appmesh/model";
import { answered, callAt, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { calling, explicit, nodeAt, provided, Started } from "./mesh.js";

/** Until proxies speak TLS: what asks for it is out of service, and nothing goes out in plaintext instead. */
describe("TLS that is asked for", function () {
  this.timeout(60_000);
  const started = new Started();
  afterEach(() => started.end());
  const tls = (mode: ListenerTls["mode"]): ListenerTls => ({
    mode,
    certificate: { file: { certificateChain: "/certs/chain.pem", privateKey: "/certs/key.pem" } },
  });
  const validation: ClientPolicyTls = {
    validation: { trust: { file: { certificateChain: "/certs/ca.pem" } } },
  };

  it("keeps a listener shut that is STRICT, and open the one that is PERMISSIVE", async () => {
    const app = await started.server("app");
    const address = await loopbackAddress(8080, 8081);
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        app: {
          listeners: [
            { portMapping: { port: 8080, protocol: "http" }, tls: tls("STRICT") },
            { portMapping: { port: 8081, protocol: "http" }, tls: tls("PERMISSIVE") },
          ],
          serviceDiscovery: { dns: { hostname: address } },
        },
      },
    };
    await started.envoy(explicit(document, "app", address, { "*": app.port }));
    const refused = new Promise((resolve) => {
      connect(8080, address)
        .on("error", (error: NodeJS.ErrnoException) => resolve(error.code))
        .on("connect", () => resolve("connected"));
    });
    assert.equal(await refused, "ECONNREFUSED");
    assert.equal(answered(await callAt(`${address}:8081`, "/")), "app");
  });

  it("sends nothing to a STRICT listener", async () => {
    const app = await started.server("app");
    const front = await loopbackAddress();
    await started.envoy(explicit(provided(nodeAt(app.port, "http", { tls: tls("STRICT") })), "front", front));
    assert.equal(
      answered(await callThrough(`${front}:15001`, "http://catalog.local/")),
      "503 no healthy upstream",
    );
    assert.equal(app.requests, 0);
  });

  it("sends nothing where a client policy is enforced, and goes on where it is not", async () => {
    const app = await started.server("app");
    const policy = async (of: ClientPolicyTls, asDefault = false) => {
      const front = await loopbackAddress();
      const { backends } = calling("catalog.local");
      const document = provided(
        nodeAt(app.port),
        asDefault
          ? { backends, backendDefaults: { clientPolicy: { tls: of } } }
          : {
              backends: [
                { virtualService: { virtualServiceName: "catalog.local", clientPolicy: { tls: of } } },
              ],
            },
      );
      await started.envoy(explicit(document, "front", front));
      return answered(await callThrough(`${front}:15001`, "http://catalog.local/"));
    };
    assert.deepEqual(
      [
        await policy(validation),
        await policy(validation, true),
        await policy({ ...validation, ports: [app.port] }),
        await policy({ ...validation, ports: [1] }),
        await policy({ ...validation, enforce: false }),
      ],
      ["503 no healthy upstream", "503 no healthy upstream", "503 no healthy upstream", "app", "app"],
    );
    assert.equal(app.requests, 2);
  });
});
