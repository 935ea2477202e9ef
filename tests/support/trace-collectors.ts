// What listens to traces: the X-Ray daemon's UDP protocol, and OpenTelemetry's OTLP over gRPC and over HTTP.
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Server, ServerCredentials } from "@grpc/grpc-js";

export interface Collector<T> {
  readonly port: number;
  /** Everything that has come so far. */
  readonly received: readonly T[];
  close(): Promise<void>;
}

/** What proxies send to the X-Ray daemon: a header and a segment, both JSON, in each packet. */
export interface Packet {
  readonly header: unknown;
  readonly segment: Segment;
}

/** As X-Ray's segment documents. */
export interface Segment {
  readonly name: string;
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly origin?: string;
  readonly type?: string;
  readonly aws?: unknown;
  readonly http?: { readonly request?: Record<string, unknown>; readonly response?: Record<string, unknown> };
  readonly [member: string]: unknown;
}

/** Where a collector listens. Default: any free port of 127.0.0.1. */
export interface Listening {
  readonly host?: string;
  readonly port?: number;
}

export async function xrayDaemon(): Promise<Collector<Packet>> {
  const received: Packet[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message) => {
    const text = message.toString();
    const end = text.indexOf("\n");
    received.push({ header: JSON.parse(text.slice(0, end)), segment: JSON.parse(text.slice(end + 1)) });
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    port: socket.address().port,
    received,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** A span of OpenTelemetry, as far as tests look at it. */
export interface Span {
  /** `service.name` of the resource that it belongs to. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has no parent. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
}

export async function otlpGrpcCollector({
  host = "127.0.0.1",
  port = 0,
}: Listening = {}): Promise<Collector<Span>> {
  const received: Span[] = [];
  const server = new Server();
  const identity = (bytes: Buffer) => bytes;
  server.addService(
    {
      export: {
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        requestStream: false,
        responseStream: false,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    {
      export: ({ request }: { request: Buffer }, answer: (error: Error | null, response: Buffer) => void) => {
        received.push(...spansOf(request));
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port: bound, received, close: async () => server.forceShutdown() };
}

export async function otlpHttpCollector(
  path: string,
  { host = "127.0.0.1", port = 0 }: Listening = {},
): Promise<Collector<Span>> {
  const received: Span[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const good = request.url === path && request.headers["content-type"] === "application/x-protobuf";
    const body = Buffer.concat(chunks);
    const zipped = request.headers["content-encoding"] === "gzip";
    if (good) received.push(...spansOf(zipped ? gunzipSync(body) : body));
    response.writeHead(good ? 200 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The fields of a protobuf message by their numbers. */
function fields(bytes: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const values = found.get(number) ?? [];
    if (type === WireType.LengthDelimited) values.push(reader.bytes());
    else if (type === WireType.Varint) values.push(Number(reader.uint64()));
    else reader.skip(type, number);
    found.set(number, values);
  }
  return found;
}

const messages = (bytes: Uint8Array, number: number) => (fields(bytes).get(number) ?? []) as Uint8Array[];
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("utf8");
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");

/** The spans of an ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1/trace_service.proto). */
function spansOf(request: Uint8Array): Span[] {
  return messages(request, 1).flatMap((resourceSpans) => {
    const attributes = messages(resourceSpans, 1).flatMap((resource) => messages(resource, 1));
    const value = attributes.find((attribute) => text(messages(attribute, 1)[0]) === "service.name");
    const service = value === undefined ? "" : text(messages(messages(value, 2)[0] as Uint8Array, 1)[0]);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => {
        const of = fields(span);
        const bytes = (number: number) => of.get(number)?.[0] as Uint8Array | undefined;
        return {
          service,
          traceId: hex(bytes(1)),
          spanId: hex(bytes(2)),
          parentSpanId: hex(bytes(4)),
          name: text(bytes(5)),
          kind: (of.get(6)?.[0] as number | undefined) ?? 0,
        };
      });
  });
}
