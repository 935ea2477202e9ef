// A thousand proxies as a control plane sees them: a connection and a stream each, and nothing behind them.
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "@pulumi-appmesh/control-plane/gen/envoy/service/discovery/v3/discovery_pb.js";
import { FrameReader } from "@pulumi-appmesh/control-plane/xds/grpc-frames.js";
import { traits } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";

/** The kinds that they ask for all of, in Envoy's order. */
const kinds = ["clusters", "listeners"] as const;
const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

/** One proxy, which acknowledges all that it is told, and comes back to wherever it is sent. */
export class FakeProxy {
  /** What it has, by kind: versions by name. */
  readonly has: Readonly<Record<(typeof kinds)[number], Map<string, string>>> = {
    clusters: new Map(),
    listeners: new Map(),
  };
  /** Of this connection. */
  told = 0;
  isAnswered = false;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;

  constructor(
    readonly nodeId: string,
    /** How many bytes it takes before it says that it has read them. */
    readonly window = 1024 * 1024,
  ) {}

  /** Opens a connection, and says what it has. */
  open(xds: string): void {
    this.told = 0;
    this.isAnswered = false;
    const session = connect(`http://${xds}`, {
      settings: { initialWindowSize: this.window, enablePush: false },
    });
    session.on("error", () => {});
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    const frames = new FrameReader(64 * 1024 * 1024);
    stream.on("data", (chunk: Buffer) => {
      for (const message of frames.read(chunk)) this.#hear(message);
    });
    [this.#session, this.#stream] = [session, stream];
    for (const kind of kinds) {
      this.#send({
        ...(kind === "clusters" && { node: { id: this.nodeId, cluster: "tests" } }),
        typeUrl: traits[kind].typeUrl,
        initialResourceVersions: Object.fromEntries(this.has[kind]),
      });
    }
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  close(): void {
    this.#session?.destroy();
  }

  async closed(): Promise<void> {
    const session = this.#session;
    if (session && !session.destroyed) await once(session, "close");
  }

  #hear(message: Uint8Array): void {
    const { typeUrl, nonce, resources, removedResources } = fromBinary(DeltaDiscoveryResponseSchema, message);
    const kind = kinds.find((each) => traits[each].typeUrl === typeUrl);
    if (kind === undefined) return;
    for (const { name, version } of resources) this.has[kind].set(name, version);
    for (const name of removedResources) this.has[kind].delete(name);
    this.told += resources.length + removedResources.length;
    this.isAnswered = true;
    this.#send({ typeUrl, responseNonce: nonce });
  }

  #send(request: Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1]): void {
    const body = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request));
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    frame.set(body, 5);
    this.#stream?.write(frame);
  }
}
