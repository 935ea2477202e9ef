// A client of the xDS server that does exactly what a test says, over a gRPC library of its own.
import assert from "node:assert/strict";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import { ClusterSchema } from "@pulumi-appmesh/control-plane/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "@pulumi-appmesh/control-plane/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@pulumi-appmesh/control-plane/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@pulumi-appmesh/control-plane/gen/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "@pulumi-appmesh/control-plane/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "@pulumi-appmesh/control-plane/gen/envoy/service/discovery/v3/discovery_pb.js";
import {
  kindOfTypeUrl,
  type ResourceKind,
  traits,
} from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Address, Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";

/** A response of either protocol. */
export interface Received {
  readonly kind: ResourceKind;
  readonly nonce: string;
  /** Of the whole response. */
  readonly version: string;
  /** Names in the order of the response. */
  readonly names: readonly string[];
  readonly removed: readonly string[];
  /** Version of each resource; state-of-the-world responses have none. */
  readonly versions: ReadonlyMap<string, string>;
  /** Encoded resources. */
  readonly bodies: ReadonlyMap<string, Uint8Array>;
  readonly bytes: number;
}

export interface Request {
  readonly nodeId?: string;
  readonly kind: ResourceKind;
  /** Nonce of the response that this request answers. */
  readonly nonce?: string;
  /** The response is rejected, for this reason. */
  readonly error?: string;
  /** State-of-the-world only. */
  readonly names?: readonly string[];
  readonly version?: string;
  /** Incremental only. */
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly initialVersions?: Readonly<Record<string, string>>;
}

const methods: Readonly<Record<Protocol, string>> = {
  stateOfTheWorld: "StreamAggregatedResources",
  incremental: "DeltaAggregatedResources",
};
const identity = (bytes: Buffer): Buffer => bytes;
const patienceMillis = 30_000;

/** How a client knows its server over TLS, and what it shows of itself. */
export interface ShownByClient {
  /** PEM. Default: plain text. */
  readonly trust?: string;
  /** PEM. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** The header `authorization`. */
  readonly authorization?: string;
}

export class AdsClient {
  readonly received: Received[] = [];
  /** How the stream ended. */
  readonly ended: Promise<StatusObject>;
  private readonly call: ClientDuplexStream<Buffer, Buffer>;
  private readonly client: Client;
  private arrived: (() => void) | undefined;

  constructor(
    { host, port }: Address,
    readonly protocol: Protocol,
    { trust, certificate, authorization }: ShownByClient = {},
  ) {
    const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
    const channel =
      trust === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(pem(trust), pem(certificate?.key), pem(certificate?.certificate));
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set("authorization", authorization);
    this.client = new Client(`${host}:${port}`, channel, {
      "grpc.max_receive_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
    });
    this.call = this.client.makeBidiStreamRequest(
      `/envoy.service.discovery.v3.AggregatedDiscoveryService/${methods[protocol]}`,
      identity,
      identity,
      metadata,
    );
    this.call.on("data", (message: Buffer) => {
      this.received.push(
        protocol === "incremental" ? readIncremental(message) : readStateOfTheWorld(message),
      );
      this.arrived?.();
    });
    // What ended the stream is told by its status.
    this.call.on("error", () => {});
    this.ended = new Promise((resolve) => this.call.on("status", resolve));
  }

  send(request: Request): void {
    const { nodeId, kind, nonce = "", error } = request;
    const common = {
      ...(nodeId === undefined ? {} : { node: { id: nodeId, cluster: "tests" } }),
      typeUrl: traits[kind].typeUrl,
      responseNonce: nonce,
      ...(error === undefined ? {} : { errorDetail: { code: 13, message: error } }),
    };
    if (this.protocol === "incremental") {
      const { subscribe = [], unsubscribe = [], initialVersions = {} } = request;
      this.sendIncremental({
        ...common,
        resourceNamesSubscribe: [...subscribe],
        resourceNamesUnsubscribe: [...unsubscribe],
        initialResourceVersions: initialVersions,
      });
    } else {
      const { names = [], version = "" } = request;
      this.sendStateOfTheWorld({ ...common, resourceNames: [...names], versionInfo: version });
    }
  }

  sendIncremental(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void {
    this.sendBytes(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request)));
  }

  sendStateOfTheWorld(request: MessageInitShape<typeof DiscoveryRequestSchema>): void {
    this.sendBytes(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request)));
  }

  sendBytes(bytes: Uint8Array): void {
    this.call.write(Buffer.from(bytes));
  }

  /** The next response, in the order of the stream. */
  async next(): Promise<Received> {
    const end = AbortSignal.timeout(patienceMillis);
    while (this.received.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.arrived = resolve;
        this.ended.then((status) => reject(new Error(`the stream ended: ${status.code} ${status.details}`)));
        end.addEventListener("abort", () => reject(new Error("no response came")), { once: true });
      });
    }
    return this.received.shift() as Received;
  }

  /**
   * What has come once everybody has done all that they had to do. Client and server share one event loop and a
   * loopback connection, so that takes a few turns of it, however slow the machine is.
   */
  async settle(): Promise<readonly Received[]> {
    for (let rounds = 0; rounds < 3; rounds++) {
      // Timers that became due meanwhile come before this one, and what they lead to comes in the turns after it.
      await sleep(3);
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    return this.received.splice(0);
  }

  /**
   * Nothing comes any more. Says of what came only what it is about: a difference of thousands of lines, such as the
   * bytes of all bodies make, takes `node:assert` gigabytes to show.
   */
  async silence(): Promise<void> {
    const came = await this.settle();
    assert.deepEqual(
      came.map(({ kind, names, removed }) => ({ kind, names, removed })),
      [],
    );
  }

  /** Stops reading: what is sent from now on stays with the server. */
  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }

  close(): void {
    this.call.cancel();
    this.client.close();
  }
}

function readIncremental(message: Buffer): Received {
  const response = fromBinary(DeltaDiscoveryResponseSchema, message);
  return {
    kind: kindOfTypeUrl(response.typeUrl) as ResourceKind,
    nonce: response.nonce,
    version: response.systemVersionInfo,
    names: response.resources.map(({ name }) => name),
    removed: response.removedResources,
    versions: new Map(response.resources.map(({ name, version }) => [name, version])),
    bodies: new Map(response.resources.map(({ name, resource }) => [name, (resource as Any).value])),
    bytes: message.length,
  };
}

function readStateOfTheWorld(message: Buffer): Received {
  const response = fromBinary(DiscoveryResponseSchema, message);
  const kind = kindOfTypeUrl(response.typeUrl) as ResourceKind;
  const bodies = new Map(response.resources.map(({ value }) => [nameOf[kind](value), value]));
  return {
    kind,
    nonce: response.nonce,
    version: response.versionInfo,
    names: response.resources.map(({ value }) => nameOf[kind](value)),
    removed: [],
    versions: new Map(),
    bodies,
    bytes: message.length,
  };
}

const nameOf: Readonly<Record<ResourceKind, (bytes: Uint8Array) => string>> = {
  secrets: (bytes) => fromBinary(SecretSchema, bytes).name,
  clusters: (bytes) => fromBinary(ClusterSchema, bytes).name,
  endpoints: (bytes) => fromBinary(ClusterLoadAssignmentSchema, bytes).clusterName,
  listeners: (bytes) => fromBinary(ListenerSchema, bytes).name,
  routes: (bytes) => fromBinary(RouteConfigurationSchema, bytes).name,
};
