// AWS's own sidecar image: an agent writes the bootstrap of an Envoy that subscribes by state of the world, over
// Google's gRPC library, with its node in every request. Where APPMESH_XDS_ENDPOINT leads it here, it must be served.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import type { NodeSchema } from "@pulumi-appmesh/control-plane/gen/envoy/config/core/v3/base_pb.js";
import { type ResourceKind, traits } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { AdsClient, Received } from "../support/ads-client.js";
import { assignment, edsCluster, type Lists, listener, routes } from "../support/fake-mesh.js";
import { echoServer } from "../support/http.js";
import { Envoy, eventually, get } from "./envoy.js";
import { World } from "./harness.js";

const arn = "arn:aws:appmesh:eu-west-1:000000000000:mesh/shop/virtualNode/web";

/** What the agent finds out about where it runs, on ECS. */
const metadata = {
  "aws.appmesh.platformInfo": {
    AvailabilityZone: "eu-west-1a",
    AvailabilityZoneID: "euw1-az1",
    ecsPlatformInfo: {
      ecsLaunchType: "AWS_ECS_FARGATE",
      ecsClusterArn: "arn:aws:ecs:eu-west-1:000000000000:cluster/shop",
      ecsTaskArn: "arn:aws:ecs:eu-west-1:000000000000:task/shop/0123456789abcdef",
    },
    systemInfo: { systemPlatform: "linux/amd64", systemKernelVersion: "5.10.225" },
  },
  "aws.appmesh.task.interfaces": {
    ipv4: { lo: ["127.0.0.1/8"], eth1: ["10.0.0.17/24"] },
    ipv6: { lo: ["::1/128"] },
  },
};

/** Envoy says in every request who it is, what it is built from, and what it knows of the protocol. */
const node = (id: string): MessageInitShape<typeof NodeSchema> => ({
  id,
  cluster: id,
  metadata,
  userAgentName: "envoy",
  userAgentVersionType: {
    case: "userAgentBuildVersion",
    value: {
      version: { majorNumber: 1, minorNumber: 34, patch: 13 },
      metadata: { "build.type": "RELEASE", "ssl.version": "BoringSSL", "revision.status": "Clean" },
    },
  },
  extensions: [
    { name: "envoy.filters.http.router", category: "envoy.filters.http" },
    { name: "envoy.filters.listener.original_dst", category: "envoy.filters.listener" },
  ],
  clientFeatures: ["envoy.lb.does_not_support_overprovisioning", "envoy.lrs.supports_send_all_clusters"],
});

const web: Lists = {
  clusters: [edsCluster("catalog")],
  endpoints: [assignment("catalog", 1)],
  listeners: [listener("lds", "rds")],
  routes: [routes("rds", "catalog")],
};

describe("AWS's own sidecar", function () {
  this.timeout(180_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start(web);
  });
  afterEach(() => world.stop());

  /** The same requests that such an Envoy sends, in its order. */
  class Agent {
    readonly client: AdsClient;
    constructor(private readonly id: string) {
      this.client = world.open("stateOfTheWorld");
    }

    send(kind: ResourceKind, names: readonly string[] = [], answered?: Received): void {
      this.client.sendStateOfTheWorld({
        node: node(this.id),
        typeUrl: traits[kind].typeUrl,
        resourceNames: [...names],
        ...(answered === undefined ? {} : { versionInfo: answered.version, responseNonce: answered.nonce }),
      });
    }

    async ask(kind: ResourceKind, names: readonly string[] = []): Promise<Received> {
      this.send(kind, names);
      const answer = await this.client.next();
      assert.equal(answer.kind, kind);
      this.send(kind, names, answer);
      return answer;
    }

    /** From the first request to the last one of a start. */
    async start(): Promise<Record<string, readonly string[]>> {
      this.send("clusters");
      const clusters = await this.client.next();
      // The endpoints of a cluster are asked for before the clusters are acknowledged, which follows once it is warm.
      const endpoints = await this.ask("endpoints", clusters.names);
      this.send("clusters", [], clusters);
      const listeners = await this.ask("listeners");
      const told = await this.ask("routes", ["rds"]);
      return Object.fromEntries(
        [clusters, endpoints, listeners, told].map(({ kind, names }) => [kind, names]),
      );
    }
  }

  for (const [what, id, owner] of [
    ["an ARN", arn, "000000000000"],
    ["a name", "mesh/shop/virtualNode/web", undefined],
    ["the name of a shared mesh's", "mesh/shop@000000000000/virtualNode/web", "000000000000"],
  ] as const) {
    it(`is told everything, called by ${what}, and shows as what it is`, async () => {
      assert.deepEqual(await new Agent(id).start(), {
        clusters: ["catalog"],
        endpoints: ["catalog"],
        listeners: ["lds"],
        routes: ["rds"],
      });
      const [proxy] = world.server.proxies();
      assert.deepEqual(
        [
          proxy?.nodeId,
          proxy?.cluster,
          proxy?.meshOwner,
          proxy?.entity,
          proxy?.interception,
          proxy?.protocol,
        ],
        [id, id, owner, "virtualNode/web", "transparent", "stateOfTheWorld"],
      );
      assert.deepEqual(world.logged(40), []);
    });
  }

  it("is told of changes, and of endpoints alone where nothing else changes", async () => {
    const agent = new Agent(arn);
    await agent.start();
    await agent.client.silence();
    world.mesh.set("web", { ...web, endpoints: [assignment("catalog", 1, 2)] });
    const endpoints = await agent.client.next();
    assert.deepEqual([endpoints.kind, endpoints.names], ["endpoints", ["catalog"]]);
    agent.send("endpoints", ["catalog"], endpoints);
    await agent.client.silence();
  });

  it("may name itself in its first request alone, too", async () => {
    const client = world.open("stateOfTheWorld");
    client.sendStateOfTheWorld({ node: node(arn), typeUrl: traits.clusters.typeUrl });
    const clusters = await client.next();
    client.send({ kind: "clusters", nonce: clusters.nonce, version: clusters.version });
    client.send({ kind: "listeners" });
    assert.deepEqual([clusters.names, (await client.next()).names], [["catalog"], ["lds"]]);
  });

  it("is refused where its name cannot be one, with what it can be", async () => {
    const client = world.open("stateOfTheWorld");
    client.sendStateOfTheWorld({
      node: node("arn:aws:ecs:eu-west-1:000000000000:task-set/shop/web/ecs-svc/1"),
      typeUrl: traits.clusters.typeUrl,
    });
    const { code, details } = await client.ended;
    assert.deepEqual(
      [code, details],
      [
        3,
        'node.id "arn:aws:ecs:eu-west-1:000000000000:task-set/shop/web/ecs-svc/1" names no virtual node or gateway: it must ' +
          "be mesh/MESH[@OWNER]/virtualNode/NAME, mesh/MESH[@OWNER]/virtualGateway/NAME, or the ARN of one",
      ],
    );
  });

  it("may ask whether the connection lives, as often as it does, while there is nothing to say", async () => {
    // The agent sets 10 s, the least that Google's library allows.
    const client = new Client(`${world.address.host}:${world.address.port}`, credentials.createInsecure(), {
      "grpc.keepalive_time_ms": 20,
      "grpc.keepalive_timeout_ms": 20_000,
      "grpc.http2.max_pings_without_data": 0,
      "grpc.keepalive_permit_without_calls": 1,
    });
    const call = client.makeBidiStreamRequest(
      "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    );
    let ended = "";
    call.on("error", (error) => {
      ended = error.message;
    });
    // A server that minds pings says so after the third.
    await sleep(500);
    assert.equal(ended, "");
    call.cancel();
    client.close();
  });

  it("runs in Envoy as the agent's bootstrap makes it, and passes requests on", async () => {
    const app = await echoServer("app");
    const other = await echoServer("other");
    world.mesh.set("web", { ...web, endpoints: [assignment("catalog", app.port)] });
    const fromAds = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
    const envoy = await Envoy.start({
      nodeId: arn,
      xds: world.address,
      protocol: "stateOfTheWorld",
      bootstrap: {
        admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
        node: { id: arn, cluster: arn, metadata },
        dynamic_resources: {
          ads_config: {
            api_type: "GRPC",
            transport_api_version: "V3",
            grpc_services: [
              {
                google_grpc: {
                  stat_prefix: "ads",
                  target_uri: `${world.address.host}:${world.address.port}`,
                  channel_args: {
                    args: {
                      "grpc.http2.max_pings_without_data": { int_value: 0 },
                      "grpc.keepalive_time_ms": { int_value: 10_000 },
                      "grpc.keepalive_timeout_ms": { int_value: 20_000 },
                    },
                  },
                },
              },
            ],
          },
          cds_config: fromAds,
          lds_config: fromAds,
        },
        cluster_manager: { outlier_detection: { event_log_path: "/dev/null" } },
      },
    });
    try {
      const port = await eventually("the listener is there", () => envoy.port("lds"));
      const answer = async () =>
        JSON.parse((await get({ host: "127.0.0.1", port, path: "/" })).body).server as string;
      assert.equal(await answer(), "app");
      world.mesh.set("web", { ...web, endpoints: [assignment("catalog", other.port)] });
      await eventually("the other answers", async () => ((await answer()) === "other" ? true : undefined));
      const [proxy] = world.server.proxies();
      assert.deepEqual([proxy?.nodeId, proxy?.protocol], [arn, "stateOfTheWorld"]);
      assert.deepEqual(world.logged(40), []);
    } finally {
      await envoy.stop();
      await app.close();
      await other.close();
    }
  });
});
