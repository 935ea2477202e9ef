// Who may open a stream and what becomes of it, whichever protocol it speaks.
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from "@pulumi-appmesh/control-plane/gen/envoy/service/discovery/v3/discovery_pb.js";
import type { Acknowledgement } from "@pulumi-appmesh/control-plane/xds/ads-stream.js";
import { Http2Transport } from "@pulumi-appmesh/control-plane/xds/http2-transport.js";
import type { XdsServerOptions } from "@pulumi-appmesh/control-plane/xds/server.js";
import { type Protocol, Refusal, StatusCode } from "@pulumi-appmesh/control-plane/xds/transport.js";
import type { AdsClient, Received } from "../support/ads-client.js";
import { assignment, edsCluster, listener, routes } from "../support/fake-mesh.js";
import { nodeId, timing, World } from "./harness.js";

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`streams, ${protocol}`, () => {
    let world: World;
    let client: AdsClient;
    afterEach(() => world.stop());

    const acknowledge = ({ kind, nonce, version }: Received) => client.send({ kind, nonce, version });
    const silence = () => client.silence();
    async function refusal(): Promise<{ code: number; details: string }> {
      const { code, details } = await client.ended;
      return { code, details };
    }
    async function connect(
      clusters = [edsCluster("a")],
      options: Partial<XdsServerOptions> = {},
    ): Promise<Received> {
      world = await World.start({ clusters }, options);
      client = world.open(protocol);
      client.send({ nodeId, kind: "clusters" });
      return client.next();
    }
    /** A request whose node is as given. */
    function sendNode(node: object): void {
      const typeUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
      if (protocol === "incremental") client.sendIncremental({ node, typeUrl });
      else client.sendStateOfTheWorld({ node, typeUrl });
    }

    describe("the proxy's name", () => {
      it("must be there", async () => {
        world = await World.start({});
        client = world.open(protocol);
        client.send({ kind: "clusters" });
        assert.deepEqual(await refusal(), {
          code: 3,
          details:
            "node.id is missing: give the proxy's virtual node or gateway, as mesh/MESH/virtualNode/NAME, in Envoy's bootstrap",
        });
      });

      it("must name a virtual node or gateway", async () => {
        world = await World.start({});
        client = world.open(protocol);
        client.send({ nodeId: "web", kind: "clusters" });
        assert.deepEqual(await refusal(), {
          code: 3,
          details:
            'node.id "web" names no virtual node or gateway: it must be mesh/MESH[@OWNER]/virtualNode/NAME, ' +
            "mesh/MESH[@OWNER]/virtualGateway/NAME, or the ARN of one",
        });
        assert.deepEqual(world.server.proxies(), []);
      });

      for (const id of [
        nodeId,
        "mesh/shop@000000000000/virtualNode/web",
        "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/web",
      ]) {
        it(`may be ${id}`, async () => {
          world = await World.start({ clusters: [edsCluster("a")] });
          client = world.open(protocol);
          client.send({ nodeId: id, kind: "clusters" });
          assert.deepEqual((await client.next()).names, ["a"]);
        });
      }

      it("may not be endless", async () => {
        world = await World.start({});
        client = world.open(protocol);
        client.send({ nodeId: `mesh/shop/virtualNode/${"x".repeat(100_000)}`, kind: "clusters" });
        const { code, details } = await refusal();
        assert.equal(code, 3);
        assert.match(
          details,
          /^node\.id "mesh\/shop\/virtualNode\/x{1002}" names no virtual node or gateway/,
        );
      });

      it("may be repeated in every request", async () => {
        acknowledge(await connect());
        client.send({ nodeId, kind: "listeners" });
        assert.equal((await client.next()).kind, "listeners");
      });

      it("may not change", async () => {
        await connect();
        client.send({ nodeId: "mesh/shop/virtualNode/other", kind: "listeners" });
        assert.deepEqual(await refusal(), {
          code: 3,
          details:
            'node.id changed from "mesh/shop/virtualNode/web" to "mesh/shop/virtualNode/other" within one stream: ' +
            "open a stream for each node",
        });
      });

      it("may come with 60 KB that nobody reads", async () => {
        world = await World.start({ clusters: [edsCluster("a")] });
        client = world.open(protocol);
        const extensions = Array.from({ length: 520 }, (_, i) => ({
          name: `envoy.filters.http.extension_${i}`,
          category: "envoy.filters.http",
          typeUrls: [`envoy.extensions.filters.http.extension_${i}.v3.ExtensionConfiguration`],
        }));
        sendNode({ id: nodeId, cluster: "tests", extensions });
        assert.deepEqual((await client.next()).names, ["a"]);
      });

      it("may be refused, and then nothing is told", async () => {
        world = await World.start(
          { clusters: [edsCluster("a")] },
          {},
          new Http2Transport({
            authenticate: async () => ({
              description: "a proof of something else",
              check: ({ name }) => {
                throw new Refusal(StatusCode.permissionDenied, `not a proxy of ${name}`);
              },
            }),
          }),
        );
        client = world.open(protocol);
        client.send({ nodeId, kind: "clusters" });
        assert.deepEqual(await refusal(), { code: 7, details: "not a proxy of web" });
        assert.deepEqual(client.received, []);
        assert.deepEqual(world.server.proxies(), []);
      });
    });

    describe("interception", () => {
      const field = 'node.metadata["appmesh.interception"]';
      for (const [given, complaint] of [
        ["loud", `${field} must be an object, such as {mode: "transparent"}`],
        [{ mode: "loud" }, `${field}.mode must be "transparent" or "explicit", not "loud"`],
        [{ mode: "explicit" }, `${field}.address must be the IP address to listen on, not undefined`],
        [
          { mode: "explicit", address: "home" },
          `${field}.address must be the IP address to listen on, not "home"`,
        ],
        [
          { mode: "explicit", address: "127.0.1.2", appPorts: { http: 80 } },
          `${field}.appPorts has the member "http", which is neither a listener port (1 to 65535) nor "*"`,
        ],
        [
          { mode: "explicit", address: "127.0.1.2", appPorts: { "8080": 80.5 } },
          `${field}.appPorts["8080"] must be a port (1 to 65535), not 80.5`,
        ],
      ] as const) {
        it(`${JSON.stringify(given)} is refused`, async () => {
          world = await World.start({});
          client = world.open(protocol);
          sendNode({ id: nodeId, metadata: { "appmesh.interception": given } });
          assert.deepEqual(await refusal(), { code: 3, details: complaint });
        });
      }

      it("is told to translation", async () => {
        const told: unknown[] = [];
        world = new World();
        world.mesh.set("web", {});
        await world.serve({
          translate: (entities, proxy) => {
            told.push(proxy);
            return world.mesh.translate(entities, proxy);
          },
        });
        client = world.open(protocol);
        const interception = {
          mode: "explicit",
          address: "127.0.1.2",
          appPorts: { "8080": 41234, "*": 41235 },
        };
        sendNode({
          id: "mesh/shop@123456789012/virtualNode/web",
          metadata: { other: 1, "appmesh.interception": interception },
        });
        await client.next();
        assert.deepEqual(told, [
          { meshOwner: "123456789012", meshName: "shop", kind: "virtualNode", name: "web", interception },
        ]);
      });
    });

    describe("what cannot be served", () => {
      it("other types are ignored, and logged once", async () => {
        const first = await connect();
        const typeUrl = "type.googleapis.com/envoy.service.runtime.v3.Runtime";
        for (let times = 0; times < 2; times++) {
          if (protocol === "incremental") client.sendIncremental({ typeUrl, resourceNamesSubscribe: ["s"] });
          else client.sendStateOfTheWorld({ typeUrl, resourceNames: ["s"] });
        }
        await silence();
        acknowledge(first);
        client.send({ kind: "listeners" });
        assert.equal((await client.next()).kind, "listeners");
        assert.deepEqual(world.logged(40), [
          `proxy ${nodeId} asked for "${typeUrl}", which is not served here: the request is ignored`,
        ]);
      });

      it("bytes that are no request end the stream", async () => {
        world = await World.start({});
        client = world.open(protocol);
        client.sendBytes(new Uint8Array([0x0a, 0xff, 0xff]));
        const { code, details } = await refusal();
        assert.equal(code, 3);
        assert.match(details, /^the request cannot be read as a protobuf message: /);
      });

      it("a subscription to more names than any mesh has ends the stream", async () => {
        await connect();
        const names = Array.from({ length: 100_001 }, (_, i) => `n${i}`);
        client.send({ kind: "endpoints", names, subscribe: names });
        assert.deepEqual(await refusal(), {
          code: 8,
          details: "one stream may subscribe to 100000 names of a kind, not to 100001",
        });
      });

      it("a message of 10 MB ends the stream, and no other", async () => {
        await connect();
        const big = world.open(protocol);
        const node = { id: nodeId, userAgentName: "x".repeat(10_000_000) };
        big.sendBytes(
          protocol === "incremental"
            ? toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { node }))
            : toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, { node })),
        );
        const { code, details } = await big.ended;
        assert.equal(code, 8);
        assert.match(details, /^a message of 100000\d\d bytes is larger than the 4194304 that are allowed$/);
        assert.equal(world.server.proxies().length, 1);
      });
    });

    describe("a virtual node that does not exist", () => {
      it("is waited for, and told of at once when it is created", async () => {
        world = await World.start();
        client = world.open(protocol);
        client.send({ nodeId, kind: "clusters" });
        await silence();
        assert.deepEqual(
          world.server.proxies().map(({ entity, problem }) => ({ entity, problem })),
          [{ entity: "virtualNode/web", problem: "virtualNode/web does not exist" }],
        );
        assert.deepEqual(world.logged(40), [
          "proxies of virtualNode/web in mesh shop: virtualNode/web does not exist; they are told nothing until then",
        ]);
        world.mesh.set("web", { clusters: [edsCluster("a")] });
        assert.deepEqual((await client.next()).names, ["a"]);
        assert.equal(world.server.proxies()[0]?.problem, undefined);
      });

      it("is waited for in a mesh that does not exist", async () => {
        world = await World.start();
        client = world.open(protocol);
        client.send({ nodeId: "mesh/other/virtualNode/web", kind: "clusters" });
        await silence();
        assert.equal(world.server.proxies()[0]?.problem, "mesh other does not exist");
      });

      it("leaves its proxies what they have when it is deleted", async () => {
        acknowledge(await connect());
        world.mesh.set("web", undefined);
        await silence();
        assert.equal(world.server.proxies()[0]?.problem, "virtualNode/web does not exist");
        assert.deepEqual(world.logged(40), [
          "proxies of virtualNode/web in mesh shop: virtualNode/web does not exist; they keep what they were last told",
        ]);
        world.mesh.set("web", { clusters: [edsCluster("b")] });
        assert.ok((await client.next()).names.includes("b"));
      });
    });

    describe("a translation that fails", () => {
      it("leaves proxies what they have, and is logged once", async () => {
        world = new World();
        world.mesh.set("web", { clusters: [edsCluster("a")] });
        let broken = false;
        await world.serve({
          translate: (entities, proxy) => {
            if (broken) {
              entities.virtualNode(proxy.name);
              throw new Error("out of words");
            }
            return world.mesh.translate(entities, proxy);
          },
        });
        client = world.open(protocol);
        client.send({ nodeId, kind: "clusters" });
        acknowledge(await client.next());
        broken = true;
        world.mesh.set("web", { clusters: [edsCluster("b")] });
        await silence();
        world.mesh.set("web", { clusters: [edsCluster("c")] });
        await silence();
        assert.deepEqual(world.logged(50), [
          "proxies of virtualNode/web in mesh shop: its configuration cannot be made: out of words; they keep what they were last told",
        ]);
        broken = false;
        world.mesh.set("web", { clusters: [edsCluster("a"), edsCluster("d")] });
        assert.ok((await client.next()).names.includes("d"));
      });

      it("counts resources that are no Envoy configuration among the failures", async () => {
        acknowledge(await connect());
        world.mesh.set("web", { clusters: [{ ...edsCluster("bad"), json: { connectTimeout: "soon" } }] });
        await silence();
        assert.match(
          world.logged(50)[0] ?? "",
          /clusters bad is not valid Envoy configuration: .*they keep what they were last told$/,
        );
      });
    });

    it("logs once what translation leaves out, and again when it is left out anew", async () => {
      const problems = [{ entity: "virtualNode/web", path: "spec.listeners[0].tls", message: "not yet" }];
      world = await World.start({ problems });
      client = world.open(protocol);
      client.send({ nodeId, kind: "clusters" });
      await client.next();
      world.mesh.set("web", { problems, clusters: [edsCluster("a")] });
      await client.settle();
      const line = "mesh shop: virtualNode/web, spec.listeners[0].tls: not yet";
      assert.deepEqual(world.logged(40), [line]);
      world.mesh.set("web", {});
      await client.settle();
      world.mesh.set("web", { problems });
      await client.settle();
      assert.deepEqual(world.logged(40), [line, line]);
    });

    it("says of each proxy how far it follows, and names the entities of what it rejects", async () => {
      const acknowledged: Acknowledgement[] = [];
      world = await World.start(
        { clusters: [edsCluster("a")] },
        { onAcknowledged: (event) => acknowledged.push(event) },
      );
      client = world.open(protocol);
      client.send({ nodeId, kind: "clusters" });
      const good = await client.next();
      const pending = world.server.proxies()[0];
      assert.deepEqual(pending?.resources, { clusters: { version: good.version, pending: good.version } });
      acknowledge(good);
      await client.settle();
      assert.deepEqual(
        acknowledged.map(({ nodeId, kind, version }) => ({ nodeId, kind, version })),
        [{ nodeId, kind: "clusters", version: good.version }],
      );
      world.mesh.set("web", { clusters: [edsCluster("a", "5s"), edsCluster("b")] });
      const bad = await client.next();
      client.send({
        kind: "clusters",
        nonce: bad.nonce,
        error: "Error adding/updating cluster(s) b: no such thing",
      });
      await client.settle();
      const [status] = world.server.proxies();
      assert.deepEqual(
        { ...status, peer: "", connectedSince: "", resources: undefined },
        {
          nodeId,
          cluster: "tests",
          meshName: "shop",
          entity: "virtualNode/web",
          interception: "transparent",
          protocol,
          peer: "",
          connectedSince: "",
          resources: undefined,
        },
      );
      const { at, ...error } = status?.resources.clusters?.error ?? { at: "" };
      assert.ok(!Number.isNaN(Date.parse(at)));
      assert.deepEqual(
        { ...status?.resources.clusters, error },
        {
          version: bad.version,
          acknowledged: good.version,
          error: {
            version: bad.version,
            reason: "Error adding/updating cluster(s) b: no such thing",
            resources: ["b"],
            entities: ["virtualNode/b"],
          },
        },
      );
      assert.deepEqual(world.logged(50), [
        `proxy ${nodeId} rejected clusters b (made from virtualNode/b): Error adding/updating cluster(s) b: no such thing; ` +
          "it keeps what it had until they change",
      ]);
    });

    it("forgets a proxy that goes away", async () => {
      await connect();
      assert.equal(world.server.proxies().length, 1);
      client.close();
      await client.settle();
      assert.deepEqual(world.server.proxies(), []);
    });

    it("ends a stream that has become old, and the client loses nothing by it", async () => {
      world = await World.start(
        { clusters: [edsCluster("a")] },
        { timing: { ...timing, maxAgeMillis: 500 } },
      );
      client = world.open(protocol);
      client.send({ nodeId, kind: "clusters" });
      const had = await client.next();
      assert.deepEqual(await refusal(), { code: 0, details: "the stream is old: open another" });
      client = world.open(protocol);
      client.send({
        nodeId,
        kind: "clusters",
        version: had.version,
        initialVersions: Object.fromEntries(had.versions),
      });
      await silence();
    });

    it("ends every stream when the server closes, and cuts off whoever does not let go", async () => {
      await connect();
      const idle = connectTcp(world.address.port, world.address.host)
        .on("error", () => {})
        .resume();
      await new Promise((resolve) => idle.once("connect", resolve));
      const closed = new Promise((resolve) => idle.once("close", resolve));
      await world.server.close();
      await closed;
      assert.deepEqual(await refusal(), { code: 0, details: "the control plane is closing down" });
    });

    it("gives a client that reads slowly the newest state, and holds no more for it than one response", async () => {
      const big = (version: number) =>
        Array.from({ length: 300 }, (_, i) => edsCluster(`cluster-${i}-${"x".repeat(200)}`, `${version}s`));
      // However long the test takes, the response under way is not given up.
      acknowledge(await connect(big(1), { timing: { ...timing, patienceMillis: 60_000 } }));
      client.pause();
      for (let version = 2; version <= 40; version++) {
        world.mesh.set("web", { clusters: big(version), endpoints: [assignment("e", version)] });
        await client.settle();
      }
      client.resume();
      acknowledge(await client.next());
      const last = await client.next();
      acknowledge(last);
      await silence();
      assert.equal(last.version, world.server.proxies()[0]?.resources.clusters?.version);
    });

    it("shares what it makes: proxies of one node are sent the same bytes", async () => {
      await connect();
      const others = Array.from({ length: 20 }, () => world.open(protocol));
      for (const other of others) {
        other.send({ nodeId, kind: "clusters" });
        const first = await other.next();
        other.send({ kind: "clusters", nonce: first.nonce });
      }
      world.mesh.set("web", { clusters: [edsCluster("a"), edsCluster("b")] });
      const versions = new Set<string>();
      for (const other of others) versions.add((await other.next()).version);
      assert.equal(versions.size, 1);
    });
  });
}

describe("what is not ADS", () => {
  let world: World;
  before(async () => {
    world = await World.start({ listeners: [listener("l", "r")], routes: [routes("r", "a")] });
  });
  after(() => world.stop());

  async function call(headers: Record<string, string>): Promise<Record<string, unknown>> {
    const session = connectHttp2(`http://${world.address.host}:${world.address.port}`);
    const stream = session.request({ ":method": "POST", ...headers });
    const answer: Record<string, unknown> = {};
    stream.on("response", ({ ":status": status }) => Object.assign(answer, { status }));
    stream.on("trailers", ({ "grpc-status": code, "grpc-message": message }) =>
      Object.assign(answer, { code, message }),
    );
    await new Promise((resolve) => stream.on("close", resolve).resume().end());
    session.destroy();
    return answer;
  }

  it("is refused as unimplemented where it is gRPC", async () => {
    const path = "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters";
    assert.deepEqual(await call({ ":path": path, "content-type": "application/grpc" }), {
      status: 200,
      code: "12",
      message: `${path} is not served here: only aggregated discovery is`,
    });
  });

  it("is refused by HTTP where it is not", async () => {
    assert.deepEqual(await call({ ":path": "/", "content-type": "text/plain" }), { status: 415 });
  });

  it("does not keep the server from serving others where it is no HTTP/2 at all", async () => {
    const socket = connectTcp(world.address.port, world.address.host).on("error", () => {});
    socket.end("GET / HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => socket.on("close", resolve).resume());
    const client = world.open("incremental");
    client.send({ nodeId, kind: "listeners" });
    assert.deepEqual((await client.next()).names, ["l"]);
  });

  it("cannot take an address that is in use", async () => {
    const { World: Other } = await import("./harness.js");
    const other = new Other();
    other.address = world.address;
    await assert.rejects(other.serve(), { code: "EADDRINUSE" });
  });
});
