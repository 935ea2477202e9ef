// A secret discovery service on a Unix socket, as SPIRE's agent is one beside a proxy.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  type Secret,
  SecretSchema,
} from "@pulumi-appmesh/control-plane/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "@pulumi-appmesh/control-plane/gen/envoy/service/discovery/v3/discovery_pb.js";
import type { Issued } from "./certificates.js";

type Stream = ServerDuplexStream<Buffer, Buffer>;

export class SecretDiscovery {
  /** The names that proxies have asked for. */
  readonly asked = new Set<string>();
  readonly #server = new Server();
  readonly #secrets = new Map<string, Secret>();
  readonly #streams = new Map<Stream, readonly string[]>();
  #version = 0;

  static async listen(path: string): Promise<SecretDiscovery> {
    const discovery = new SecretDiscovery();
    const method = "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets";
    const bytes = (value: Buffer) => value;
    discovery.#server.addService(
      {
        StreamSecrets: {
          path: method,
          requestStream: true,
          responseStream: true,
          requestSerialize: bytes,
          requestDeserialize: bytes,
          responseSerialize: bytes,
          responseDeserialize: bytes,
        },
      },
      { StreamSecrets: (stream: Stream) => discovery.#serve(stream) },
    );
    await new Promise<void>((resolve, reject) => {
      discovery.#server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return discovery;
  }

  certificate(name: string, { chain, key }: Issued): void {
    const inline = (text: string) => ({ specifier: { case: "inlineString" as const, value: text } });
    this.#set(name, {
      case: "tlsCertificate",
      value: { certificateChain: inline(chain), privateKey: inline(key) },
    });
  }

  trust(name: string, authority: string): void {
    this.#set(name, {
      case: "validationContext",
      value: { trustedCa: { specifier: { case: "inlineString", value: authority } } },
    });
  }

  async close(): Promise<void> {
    this.#server.forceShutdown();
  }

  #set(name: string, type: NonNullable<Parameters<typeof create<typeof SecretSchema>>[1]>["type"]): void {
    this.#secrets.set(name, create(SecretSchema, { name, ...(type ? { type } : {}) }));
    this.#version += 1;
    for (const [stream, names] of this.#streams) if (names.includes(name)) this.#tell(stream, names);
  }

  #serve(stream: Stream): void {
    stream.on("data", (message: Buffer) => {
      const { resourceNames, responseNonce } = fromBinary(DiscoveryRequestSchema, message);
      for (const name of resourceNames) this.asked.add(name);
      this.#streams.set(stream, resourceNames);
      if (responseNonce === "") this.#tell(stream, resourceNames);
    });
    stream.on("end", () => stream.end());
    stream.on("close", () => this.#streams.delete(stream));
    stream.on("error", () => this.#streams.delete(stream));
  }

  #tell(stream: Stream, names: readonly string[]): void {
    const secrets = names.flatMap((name) => this.#secrets.get(name) ?? []);
    const response = create(DiscoveryResponseSchema, {
      versionInfo: String(this.#version),
      nonce: String(this.#version),
      typeUrl: `type.googleapis.com/${SecretSchema.typeName}`,
      resources: secrets.map((secret) => anyPack(SecretSchema, secret)),
    });
    stream.write(Buffer.from(toBinary(DiscoveryResponseSchema, response)));
  }
}
