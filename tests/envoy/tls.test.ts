import assert from "node:assert/strict";
import { connect } from "node:net";
import { connect as secureConnect } from "node:tls";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ClientPolicyTls, HealthCheckPolicy, Listener, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { type Issued, TestAuthority } from "../support/certificates.js";
import { dnsServer } from "../support/dns.js";
import { answered, callAt, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { heard, redirectable, redirected } from "../support/redirected.js";
import type { StaticEnvoy } from "../support/static-envoy.js";
import { explicit, nodeAt, Started, transparent } from "./mesh.js";
import { listenerTls, plainCall, secureCall, secureServer, trusting } from "./secure.js";

describe("TLS", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  let authority: TestAuthority;
  let stranger: TestAuthority;
  before(async () => {
    authority = await TestAuthority.make();
    stranger = await TestAuthority.make("A stranger");
  });
  const local = (names: readonly string[] = ["127.0.0.1"]) => authority.issue({ names });

  describe("of a listener", () => {
    const node = (...listeners: Listener[]): MeshDocument => ({
      meshName: "shop",
      virtualNodes: { app: { listeners, serviceDiscovery: { dns: { hostname: "app.local" } } } },
    });

    // Shows: virtualNode.listeners[].tls.mode, virtualNode.listeners[].tls.certificate.file.{certificateChain,privateKey}
    it("is demanded, offered or not spoken, as its mode says", async () => {
      const app = await started.server("app");
      const certificate = await authority.issue({ names: ["app.local"] });
      const address = await loopbackAddress(8080, 8081, 8082);
      const at = (port: number, mode: "STRICT" | "PERMISSIVE" | "DISABLED"): Listener => ({
        portMapping: { port, protocol: "http" },
        tls: listenerTls(certificate, mode),
      });
      const document = node(at(8080, "STRICT"), at(8081, "PERMISSIVE"), at(8082, "DISABLED"));
      const envoy = await started.envoy(explicit(document, "app", address, { "*": app.port }));
      const call = (port: number) => secureCall(`${address}:${port}`, { authority, servername: "app.local" });
      assert.deepEqual(
        {
          STRICT: [await call(8080), await plainCall(`${address}:8080`)],
          PERMISSIVE: [await call(8081), await plainCall(`${address}:8081`)],
          DISABLED: [(await call(8082)) === "app", await plainCall(`${address}:8082`)],
        },
        { STRICT: ["app", "ECONNRESET"], PERMISSIVE: ["app", "app"], DISABLED: [false, "app"] },
      );
      assert.equal(app.requests, 4);
      const stat = (port: number, name: string) => envoy.stat(`listener.${address}_${port}.ssl.${name}`);
      assert.deepEqual(
        [
          [await stat(8080, "handshake"), await stat(8080, "connection_error")],
          [await stat(8081, "handshake"), await stat(8081, "connection_error")],
          [await stat(8082, "handshake"), await stat(8082, "connection_error")],
        ],
        [
          [1, 1],
          [1, 0],
          [0, 0],
        ],
      );
    });

    it("is told from plaintext at each port for itself where connections are redirected", async () => {
      const [web, both, db] = [
        await started.server("web"),
        await started.server("both"),
        await started.greeting("hello\n"),
      ];
      const certificate = await authority.issue({ names: ["app.local"] });
      const document = node(
        { portMapping: { port: web.port, protocol: "http" }, tls: listenerTls(certificate) },
        { portMapping: { port: both.port, protocol: "http" }, tls: listenerTls(certificate, "PERMISSIVE") },
        { portMapping: { port: db.port, protocol: "tcp" } },
      );
      const address = await loopbackAddress(15000);
      await started.envoy(transparent(document, "app"), { rewrite: redirectable(address) });
      const to = async (port: number, text: string, enough: string) => {
        const socket = await redirected(`${address}:15000`, `127.0.0.1:${port}`);
        if (text !== "") socket.write(text);
        return heard(socket, enough);
      };
      const request = "GET / HTTP/1.1\r\nhost: app.local\r\nconnection: close\r\n\r\n";
      assert.equal(await to(web.port, request, '"server"'), "");
      assert.match(await to(both.port, request, '"server"'), /^HTTP\/1.1 200 OK/);
      // The server speaks first: nobody waits for the client to show whether it speaks TLS.
      assert.equal(await to(db.port, "", "hello\n"), "hello\n");
      const secure = async (port: number) => {
        const socket = await redirected(`${address}:15000`, `127.0.0.1:${port}`);
        const tls = secureConnect({ socket, servername: "app.local", ca: authority.certificate });
        tls.write(request);
        return heard(tls, '"server"');
      };
      assert.match(await secure(web.port), /^HTTP\/1.1 200 OK[\s\S]*"web"/);
      assert.match(await secure(both.port), /^HTTP\/1.1 200 OK[\s\S]*"both"/);
    });

    it("lets a server speak first where it is PERMISSIVE", async () => {
      const db = await started.greeting("hello\n");
      const certificate = await authority.issue({ names: ["app.local"] });
      const address = await loopbackAddress(3306);
      const document = node({
        portMapping: { port: 3306, protocol: "tcp" },
        tls: listenerTls(certificate, "PERMISSIVE"),
      });
      await started.envoy(explicit(document, "app", address, { "*": db.port }));
      assert.equal(await heard(connect(3306, address), "hello\n"), "hello\n");
      const secure = secureConnect({
        ...{ port: 3306, host: address, servername: "app.local", ca: authority.certificate },
      });
      assert.equal(await heard(secure, "hello\n"), "hello\n");
    });

    it("is TLS 1.2 or 1.3, and says which HTTP is spoken", async () => {
      const app = await started.server("app", { http2: true });
      const certificate = await authority.issue({ names: ["app.local"] });
      const address = await loopbackAddress(8080, 8081);
      const document = node(
        { portMapping: { port: 8080, protocol: "grpc" }, tls: listenerTls(certificate) },
        { portMapping: { port: 8081, protocol: "http" }, tls: listenerTls(certificate) },
      );
      await started.envoy(explicit(document, "app", address, { "*": app.port }));
      const handshake = (port: number, version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") =>
        new Promise<unknown>((resolve) => {
          const socket = secureConnect({
            ...{ port, host: address, servername: "app.local", ca: authority.certificate },
            ...{ minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] },
            // What OpenSSL would not even try by default.
            ciphers: "DEFAULT@SECLEVEL=0",
          });
          socket.on("error", () => resolve("refused"));
          socket.on("secureConnect", () => {
            resolve([socket.getProtocol(), socket.alpnProtocol]);
            socket.destroy();
          });
        });
      assert.deepEqual(
        [
          await handshake(8080, "TLSv1.1"),
          await handshake(8080, "TLSv1.2"),
          await handshake(8080, "TLSv1.3"),
          await handshake(8081, "TLSv1.3"),
        ],
        ["refused", ["TLSv1.2", "h2"], ["TLSv1.3", "h2"], ["TLSv1.3", "http/1.1"]],
      );
    });
  });

  describe("of a client policy", () => {
    /** A virtual node for each server, which `front` calls at NAME.local under its policy. */
    const calls = (
      backends: Readonly<
        Record<string, { readonly node: VirtualNodeSpec; readonly policy?: ClientPolicyTls | null }>
      >,
      defaults?: ClientPolicyTls,
    ): MeshDocument => ({
      meshName: "shop",
      virtualNodes: {
        ...Object.fromEntries(Object.entries(backends).map(([name, { node }]) => [name, node])),
        front: {
          ...(defaults ? { backendDefaults: { clientPolicy: { tls: defaults } } } : {}),
          backends: Object.entries(backends).map(([name, { policy }]) => ({
            virtualService: {
              virtualServiceName: `${name}.local`,
              ...(policy ? { clientPolicy: { tls: policy } } : policy === null ? { clientPolicy: {} } : {}),
            },
          })),
        },
      },
      virtualServices: Object.fromEntries(
        Object.keys(backends).map((name) => [
          `${name}.local`,
          { provider: { virtualNode: { virtualNodeName: name } } },
        ]),
      ),
    });
    const at = (name: string, port: number) => `cluster.cds_egress_shop_${name}_http_${port}.ssl`;
    const through = async (front: string, name: string) =>
      answered(await callThrough(`${front}:15001`, `http://${name}.local/`)).replace(
        /^503 upstream connect error.*/,
        "refused",
      );
    const serve = async (name: string, certificate: Issued) =>
      started.until(await secureServer(name, certificate));

    // Shows: virtualNode.backends[].virtualService.clientPolicy.tls.validation.trust.file.certificateChain
    it("believes a certificate of the authority that it trusts, for the name by which the node is found, while it is valid", async () => {
      const servers = {
        good: await serve("good", await local()),
        "wrong-authority": await serve("wrong-authority", await stranger.issue({ names: ["127.0.0.1"] })),
        "wrong-name": await serve("wrong-name", await local(["127.0.0.2", "good.local"])),
        expired: await serve("expired", await authority.issue({ names: ["127.0.0.1"], when: "expired" })),
        "not-yet": await serve("not-yet", await authority.issue({ names: ["127.0.0.1"], when: "not yet" })),
        intermediate: await serve(
          "intermediate",
          await (await authority.intermediate()).issue({ names: ["127.0.0.1"] }),
        ),
      };
      const plain = await started.server("plain");
      const document = calls(
        Object.fromEntries(
          Object.entries({ ...servers, plain }).map(([name, { port }]) => [name, { node: nodeAt(port) }]),
        ),
        trusting(authority),
      );
      const front = await loopbackAddress();
      const envoy = await started.envoy(explicit(document, "front", front));
      const got: Record<string, string> = {};
      for (const name of Object.keys({ ...servers, plain })) got[name] = await through(front, name);
      assert.deepEqual(got, {
        good: "good",
        "wrong-authority": "refused",
        "wrong-name": "refused",
        expired: "refused",
        "not-yet": "refused",
        intermediate: "intermediate",
        plain: "refused",
      });
      assert.equal(plain.requests + servers["wrong-name"].requests + servers.expired.requests, 0);
      const stat = async (name: string, what: string) => {
        const { port } = { ...servers, plain }[name as keyof typeof servers];
        return (await envoy.stat(`${at(name, port)}.${what}`)) > 0;
      };
      const why: Record<string, string[]> = {};
      for (const name of Object.keys(got)) {
        why[name] = [];
        for (const what of ["handshake", "fail_verify_error", "fail_verify_san", "connection_error"]) {
          if (await stat(name, what)) why[name].push(what);
        }
      }
      assert.deepEqual(why, {
        good: ["handshake"],
        "wrong-authority": ["fail_verify_error"],
        "wrong-name": ["fail_verify_san"],
        expired: ["fail_verify_error"],
        "not-yet": ["fail_verify_error"],
        intermediate: ["handshake"],
        plain: ["connection_error"],
      });
    });

    // Shows: virtualNode.backends[].virtualService.clientPolicy.tls.validation.subjectAlternativeNames.match.exact[]
    it("asks for one of the subject alternative names that it lists, instead of the node's own", async () => {
      const certificates = {
        dns: await local(["catalog.internal"]),
        uri: await authority.issue({ uris: ["spiffe://shop/catalog"] }),
        address: await local(["2001:db8::1"]),
        own: await local(["127.0.0.1"]),
        wildcard: await local(["*.internal"]),
      };
      const names = ["catalog.internal", "spiffe://shop/catalog", "2001:DB8:0::1"];
      const backends: Record<string, { node: VirtualNodeSpec; policy: ClientPolicyTls }> = {};
      for (const [name, certificate] of Object.entries(certificates)) {
        const { port } = await serve(name, certificate);
        backends[name] = { node: nodeAt(port), policy: trusting(authority, names) };
      }
      const front = await loopbackAddress();
      await started.envoy(explicit(calls(backends), "front", front));
      const got: Record<string, string> = {};
      for (const name of Object.keys(backends)) got[name] = await through(front, name);
      assert.deepEqual(got, {
        dns: "dns",
        uri: "uri",
        address: "address",
        own: "refused",
        wildcard: "wildcard",
      });
    });

    it("asks for the node's DNS name, also of a wildcard, and names it in the handshake", async () => {
      const [exact, wildcard, deeper] = [
        await serve("exact", await local(["exact.shop.local"])),
        await serve("wildcard", await local(["*.shop.local"])),
        await serve("deeper", await local(["*.local"])),
      ];
      const dns = started.until(
        await dnsServer(
          Object.fromEntries(
            ["exact", "wildcard", "deeper"].map((name) => [`${name}.shop.local`, ["127.0.0.1"]]),
          ),
        ),
      );
      const named = (name: string, { port }: { readonly port: number }) => ({
        node: nodeAt(port, "http", {}, `${name}.shop.local.`),
        policy: trusting(authority),
      });
      const document = calls({
        exact: named("exact", exact),
        wildcard: named("wildcard", wildcard),
        deeper: named("deeper", deeper),
      });
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front), { dns: dns.port });
      assert.deepEqual(
        [await through(front, "exact"), await through(front, "wildcard"), await through(front, "deeper")],
        ["exact", "wildcard", "refused"],
      );
      assert.deepEqual(exact.handshakes, [
        { servername: "exact.shop.local", alpn: "http/1.1", protocol: "TLSv1.3" },
      ]);
    });

    // Shows: virtualNode.backends[].virtualService.clientPolicy.tls.{enforce,ports[]}
    it("holds for the ports that it names, and lets go without TLS where it is not enforced", async () => {
      const [plain, secure] = [await started.server("plain"), await serve("secure", await local())];
      const offering = listenerTls(await local());
      const policy = (more: Partial<ClientPolicyTls>) => trusting(authority, [], more);
      const distrusting = trusting(stranger, [], { enforce: false });
      const document = calls({
        "enforced-plain": { node: nodeAt(plain.port), policy: policy({}) },
        "named-port-plain": { node: nodeAt(plain.port), policy: policy({ ports: [1, plain.port] }) },
        "other-port-plain": { node: nodeAt(plain.port), policy: policy({ ports: [1] }) },
        "not-enforced-plain": { node: nodeAt(plain.port), policy: policy({ enforce: false }) },
        "not-enforced-offered": {
          node: nodeAt(secure.port, "http", { tls: offering }),
          policy: policy({ enforce: false }),
        },
        "not-enforced-distrusted": {
          node: nodeAt(secure.port, "http", { tls: offering }),
          policy: distrusting,
        },
      });
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front));
      const got: Record<string, string> = {};
      for (const name of Object.keys(document.virtualNodes ?? {})) {
        if (name !== "front") got[name] = await through(front, name);
      }
      assert.deepEqual(got, {
        "enforced-plain": "refused",
        "named-port-plain": "refused",
        "other-port-plain": "plain",
        "not-enforced-plain": "plain",
        "not-enforced-offered": "secure",
        "not-enforced-distrusted": "refused",
      });
    });

    // Shows: virtualNode.backendDefaults.clientPolicy.tls.validation.trust.file.certificateChain
    it("is the backend's own, else the node's default, even if the backend's own says nothing", async () => {
      const [plain, secure] = [await started.server("plain"), await serve("secure", await local())];
      const document = calls(
        {
          default: { node: nodeAt(secure.port) },
          own: { node: nodeAt(secure.port), policy: trusting(stranger) },
          nothing: { node: nodeAt(plain.port), policy: null },
        },
        trusting(authority),
      );
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front));
      assert.deepEqual(
        [await through(front, "default"), await through(front, "own"), await through(front, "nothing")],
        ["secure", "refused", "plain"],
      );
    });

    it("is not needed to speak TLS with a listener that offers it", async () => {
      const certificate = await stranger.issue({ names: ["any"] });
      const [strict, permissive] = [
        await serve("strict", certificate),
        await serve("permissive", certificate),
      ];
      const disabled = await started.server("disabled");
      const document = calls({
        strict: { node: nodeAt(strict.port, "http", { tls: listenerTls(certificate) }) },
        permissive: {
          node: nodeAt(permissive.port, "http", { tls: listenerTls(certificate, "PERMISSIVE") }),
        },
        disabled: { node: nodeAt(disabled.port, "http", { tls: listenerTls(certificate, "DISABLED") }) },
      });
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front));
      assert.deepEqual(
        [
          await through(front, "strict"),
          await through(front, "permissive"),
          await through(front, "disabled"),
        ],
        ["strict", "permissive", "disabled"],
      );
    });

    it("is not needed to check a certificate of ACM, whose authorities the control plane knows", async () => {
      const arn = "arn:aws:acm:us-east-1:000000000000:certificate/catalog";
      const certificate = { acm: { certificateArn: arn } };
      const servers = {
        good: await serve("good", await local()),
        "wrong-name": await serve("wrong-name", await local(["good.local"])),
        "wrong-authority": await serve("wrong-authority", await stranger.issue({ names: ["127.0.0.1"] })),
      };
      const document: MeshDocument = {
        ...calls(
          Object.fromEntries(
            Object.entries(servers).map(([name, { port }]) => [
              name,
              { node: nodeAt(port, "http", { tls: { mode: "STRICT", certificate } }) },
            ]),
          ),
        ),
        certificates: { [arn]: { certificate: "", privateKey: "", issuers: authority.certificate } },
      };
      const front = await loopbackAddress();
      await started.envoy(explicit(document, "front", front));
      assert.deepEqual(
        [
          await through(front, "good"),
          await through(front, "wrong-name"),
          await through(front, "wrong-authority"),
        ],
        ["good", "refused", "refused"],
      );
    });

    it("is asked of two backends that lead to one listener: the stricter holds, and two that differ close it", async () => {
      const plain = await started.server("plain");
      const lead = (policies: readonly (ClientPolicyTls | undefined)[]): MeshDocument => ({
        meshName: "shop",
        virtualNodes: {
          app: nodeAt(plain.port),
          front: {
            backends: policies.map((tls, i) => ({
              virtualService: { virtualServiceName: `${i}.local`, ...(tls ? { clientPolicy: { tls } } : {}) },
            })),
          },
        },
        virtualServices: Object.fromEntries(
          policies.map((_, i) => [`${i}.local`, { provider: { virtualNode: { virtualNodeName: "app" } } }]),
        ),
      });
      const front = await loopbackAddress();
      const told = (...policies: (ClientPolicyTls | undefined)[]) => explicit(lead(policies), "front", front);
      const envoy = await started.envoy(told(undefined, undefined));
      const outcome = async (...policies: (ClientPolicyTls | undefined)[]) => {
        const resources = told(...policies);
        await envoy.apply(resources);
        return [await through(front, "0"), resources.problems.map(({ path }) => path)];
      };
      assert.deepEqual(
        [
          await outcome(undefined, trusting(authority)),
          await outcome(trusting(authority, [], { enforce: false }), trusting(authority)),
          await outcome(trusting(authority), trusting(authority)),
          await outcome(trusting(authority), trusting(stranger)),
        ],
        [
          ["refused", []],
          ["refused", []],
          ["refused", []],
          ["503 no healthy upstream", ["spec.backends[1].virtualService.clientPolicy.tls"]],
        ],
      );
      assert.equal(plain.requests, 0);
    });

    it("holds for health checks", async () => {
      const [good, bad] = [await serve("good", await local()), await serve("bad", await stranger.issue())];
      const healthCheck: HealthCheckPolicy = {
        protocol: "http",
        path: "/",
        intervalMillis: 5000,
        timeoutMillis: 2000,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      };
      const document = calls(
        {
          good: { node: nodeAt(good.port, "http", { healthCheck }) },
          bad: { node: nodeAt(bad.port, "http", { healthCheck }) },
        },
        trusting(authority),
      );
      const front = await loopbackAddress();
      const envoy = await started.envoy(explicit(document, "front", front));
      const checks = async (name: string, port: number, what: "success" | "failure") =>
        (await envoy.stat(`cluster.cds_egress_shop_${name}_http_${port}.health_check.${what}`)) > 0;
      assert.deepEqual(
        [
          await checks("good", good.port, "success"),
          await checks("good", good.port, "failure"),
          await checks("bad", bad.port, "success"),
          await checks("bad", bad.port, "failure"),
        ],
        [true, false, false, true],
      );
      assert.equal(bad.requests, 0);
    });
  });

  it("goes from one sidecar to another, whatever is spoken, and the applications speak plaintext", async () => {
    const servers = {
      http: await started.server("http"),
      http2: await started.server("http2", { http2: true }),
      tcp: await started.greeting("hello\n"),
    };
    const address = await loopbackAddress(8080, 8081, 8082);
    const certificate = await authority.issue({ names: [address] });
    const listeners: Listener[] = (["http", "http2", "tcp"] as const).map((protocol, i) => ({
      portMapping: { port: 8080 + i, protocol },
      tls: listenerTls(certificate),
    }));
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        catalog: { listeners, serviceDiscovery: { dns: { hostname: address } } },
        front: {
          backendDefaults: { clientPolicy: { tls: trusting(authority) } },
          backends: [{ virtualService: { virtualServiceName: "catalog.local" } }],
        },
      },
      virtualServices: { "catalog.local": { provider: { virtualNode: { virtualNodeName: "catalog" } } } },
    };
    const front = await loopbackAddress(8082);
    const appPorts = { "8080": servers.http.port, "8081": servers.http2.port, "8082": servers.tcp.port };
    const catalogEnvoy = await started.envoy(explicit(document, "catalog", address, appPorts));
    await started.envoy(explicit(document, "front", front));
    assert.deepEqual(
      [
        answered(await callThrough(`${front}:15001`, "http://catalog.local:8080/")),
        answered(await callThrough(`${front}:15001`, "http://catalog.local:8081/")),
        await heard(connect(8082, front), "hello\n"),
        await refused(`${address}:8080`),
      ],
      ["http", "http2", "hello\n", "ECONNRESET"],
    );
    assert.deepEqual(
      [await handshakes(catalogEnvoy, address, 8080), await handshakes(catalogEnvoy, address, 8082)],
      [1, 1],
    );
  });

  const refused = (endpoint: string) =>
    callAt(endpoint, "/").then(answered, (error: NodeJS.ErrnoException) => error.code);
  const handshakes = (envoy: StaticEnvoy, address: string, port: number) =>
    envoy.stat(`listener.${address}_${port}.ssl.handshake`);
});
