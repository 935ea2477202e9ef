import { constants as crypto } from "node:crypto";
import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { type SecureContextOptions, TLSSocket } from "node:tls";
import { FrameReader, FrameTooLarge, frameHeader } from "./grpc-frames.js";
import {
  type Accept,
  type Address,
  type Authenticate,
  type Connection,
  type Identity,
  type Protocol,
  Refusal,
  StatusCode,
  type StreamHandler,
  type Transport,
} from "./transport.js";

const { HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS } = constants;

export interface Keepalive {
  /** After how long a connection is asked for a sign of life. Default: 30 s, as Envoy asks its servers. */
  readonly idleMillis: number;
  /** How long it has to give one before it is cut off. Default: 10 s. */
  readonly answerMillis: number;
}

export interface Http2TransportOptions {
  readonly keepalive?: Keepalive;
  /** What makes it gRPC over TLS: the server's certificate, and in `ca` who may sign those of clients. Default: plain text. */
  readonly tls?: SecureContextOptions;
  /** Whether those who have shown nothing are told secrets. Default: true. */
  readonly secretsForAll?: boolean;
  /** Default: nobody is asked who they are. */
  readonly authenticate?: Authenticate;
}

const defaultKeepalive: Keepalive = { idleMillis: 30_000, answerMillis: 10_000 };
/** Requests are small; the largest known, a first request with 5,000 names, is below 1 MiB. */
const maxRequestBytes = 4 * 1024 * 1024;
/** Messages up to this size are cheaper to copy into one piece than to hand over in three. */
const copiedBytes = 4096;
/** How long a client has to read what is left and to close its side, once the server has ended a stream. */
const lingerMillis = 1_000;

/** A client that speaks no TLS, or not to its end, is cut off after this time. */
const handshakeMillis = 10_000;

/**
 * Connections that may wait to be accepted. After a restart all proxies come at once; whom the system turns away
 * for want of room is heard a second later, or three. The system has its own limit, mostly 4096.
 */
const backlog = 4096;

const service = "/envoy.service.discovery.v3.AggregatedDiscoveryService";
const protocols: ReadonlyMap<string, Protocol> = new Map([
  [`${service}/StreamAggregatedResources`, "stateOfTheWorld"],
  [`${service}/DeltaAggregatedResources`, "incremental"],
]);

/**
 * Carries ADS as gRPC over Node's own HTTP/2. A gRPC library costs twice the memory for each proxy, copies
 * each message twice although a thousand proxies are sent the same bytes, and cannot close one connection.
 */
export class Http2Transport implements Transport {
  private readonly server: Http2Server | Http2SecureServer;
  private readonly sessions = new Map<ServerHttp2Session, { heardAt: number; askedAt: number | undefined }>();
  private readonly sockets = new Set<Socket>();
  private readonly watch: NodeJS.Timeout;

  private readonly keepalive: Keepalive;
  private readonly authenticate: Authenticate | undefined;
  private readonly secretsForAll: boolean;

  constructor(options: Http2TransportOptions = {}) {
    const { keepalive = defaultKeepalive, tls, authenticate, secretsForAll = true } = options;
    this.secretsForAll = secretsForAll;
    this.keepalive = keepalive;
    this.authenticate = authenticate;
    const settings = { maxConcurrentStreams: 100 };
    this.server = tls
      ? createSecureServer({
          ...tls,
          settings,
          // Whom a client's certificate does not convince is told why, by gRPC, instead of being cut off.
          requestCert: true,
          rejectUnauthorized: false,
          handshakeTimeout: handshakeMillis,
          // A session that is resumed would be believed what was believed when it began.
          secureOptions: crypto.SSL_OP_NO_TICKET,
        })
      : createServer({ settings });
    this.watch = setInterval(() => this.askForLife(), keepalive.answerMillis).unref();
  }

  /** Shows another certificate, and believes others, from the next connection on. */
  setTls(tls: SecureContextOptions): void {
    if ("setSecureContext" in this.server) {
      this.server.setSecureContext({ ...tls, secureOptions: crypto.SSL_OP_NO_TICKET });
    }
  }

  async listen(host: string, port: number, accept: Accept): Promise<Address> {
    this.server.on("connection", (socket) => this.connect(socket));
    this.server.on("session", (session) => this.open(session));
    this.server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      handle(
        stream,
        headers,
        (protocol, connection) =>
          accept(
            protocol,
            this.secretsForAll || connection.identity
              ? connection
              : Object.assign(connection, { isUnproven: true }),
          ),
        this.authenticate,
      ),
    );
    // A connection that breaks closes its streams, and they hear of it themselves.
    this.server.on("sessionError", () => {});
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen({ host, port, backlog }, () => {
        this.server.off("error", reject);
        resolve();
      });
    });
    return { host, port: (this.server.address() as AddressInfo).port };
  }

  async close(graceMillis: number): Promise<void> {
    clearInterval(this.watch);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions.keys()) session.close();
    const cut = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, graceMillis);
    await closed;
    clearTimeout(cut);
  }

  private connect(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  }

  private open(session: ServerHttp2Session): void {
    this.sessions.set(session, { heardAt: performance.now(), askedAt: undefined });
    session.once("close", () => this.sessions.delete(session));
    session.on("error", () => {});
  }

  private askForLife(): void {
    const now = performance.now();
    for (const [session, state] of this.sessions) {
      if (state.askedAt !== undefined) {
        if (now - state.askedAt >= this.keepalive.answerMillis) session.destroy();
      } else if (now - state.heardAt >= this.keepalive.idleMillis) {
        state.askedAt = now;
        session.ping((error) => {
          if (error !== null) return;
          state.heardAt = performance.now();
          state.askedAt = undefined;
        });
      }
    }
  }
}

function handle(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  accept: Accept,
  authenticate: Authenticate | undefined,
): void {
  stream.on("error", () => {});
  if (
    !String(headers[HTTP2_HEADER_CONTENT_TYPE]).startsWith("application/grpc") ||
    headers[HTTP2_HEADER_METHOD] !== "POST"
  ) {
    stream.respond({ [HTTP2_HEADER_STATUS]: 415 }, { endStream: true });
    return;
  }
  stream.respond(
    {
      [HTTP2_HEADER_STATUS]: 200,
      [HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      "grpc-accept-encoding": "identity",
    },
    { waitForTrailers: true },
  );
  const path = String(headers[HTTP2_HEADER_PATH]);
  const protocol = protocols.get(path);
  if (protocol === undefined) {
    end(stream, StatusCode.unimplemented, `${path} is not served here: only aggregated discovery is`);
    return;
  }
  if (authenticate === undefined) {
    carry(stream, protocol, accept, undefined);
    return;
  }
  const { socket } = stream.session as ServerHttp2Session;
  const tls = socket instanceof TLSSocket ? socket : undefined;
  const { authorization } = headers;
  // Meanwhile nothing is read: what the client sends waits in its stream.
  authenticate({ peer: peerOf(stream), tls, authorization }).then(
    (identity) => {
      if (!stream.destroyed) carry(stream, protocol, accept, identity);
    },
    (error) => {
      const refusal = error instanceof Refusal ? error : undefined;
      end(stream, refusal?.code ?? StatusCode.internal, refusal?.message ?? "internal error");
    },
  );
}

const peerOf = ({ session }: ServerHttp2Stream): string =>
  `${session?.socket.remoteAddress}:${session?.socket.remotePort}`;

function carry(
  stream: ServerHttp2Stream,
  protocol: Protocol,
  accept: Accept,
  identity: Identity | undefined,
): void {
  let handler: StreamHandler | undefined;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    handler?.closed();
  };
  const connection: Connection = {
    peer: peerOf(stream),
    identity,
    send: (body, tail) => !over && !stream.destroyed && send(stream, body, tail),
    end(code, details) {
      if (over) return;
      over = true;
      end(stream, code, details);
    },
  };
  handler = accept(protocol, connection);
  const frames = new FrameReader(maxRequestBytes);
  stream.on("data", (chunk: Buffer) => {
    if (over) return;
    try {
      for (const message of frames.read(chunk)) if (!over) handler.received(message);
    } catch (error) {
      finish();
      end(
        stream,
        error instanceof FrameTooLarge ? StatusCode.resourceExhausted : StatusCode.unimplemented,
        (error as Error).message,
      );
    }
  });
  stream.on("drain", () => {
    if (!over) handler.drained();
  });
  // A client that closes its side asks for nothing more.
  stream.on("end", () => {
    if (over) return;
    finish();
    end(stream, StatusCode.ok, "");
  });
  stream.on("close", finish);
}

function send(stream: ServerHttp2Stream, body: Uint8Array, tail: Uint8Array): boolean {
  const length = body.length + tail.length;
  if (length <= copiedBytes) return stream.write(Buffer.concat([frameHeader(length), body, tail]));
  stream.cork();
  stream.write(frameHeader(length));
  stream.write(body);
  const room = stream.write(tail);
  stream.uncork();
  return room;
}

/** Ends a stream with a status, and its connection once no other stream uses it: its client then opens another. */
function end(stream: ServerHttp2Stream, code: number, details: string): void {
  if (stream.destroyed) return;
  stream.once("wantTrailers", () => {
    stream.sendTrailers({
      "grpc-status": String(code),
      ...(details === "" ? {} : { "grpc-message": percentEncoded(details) }),
    });
    stream.session?.close();
  });
  stream.end();
  const cut = setTimeout(() => {
    stream.session?.close();
    stream.close(constants.NGHTTP2_NO_ERROR);
  }, lingerMillis).unref();
  stream.once("close", () => clearTimeout(cut));
}

/** As gRPC has it in headers: what is printable ASCII, other than the percent sign, stands for itself. */
const percentEncoded = (text: string): string =>
  text.toWellFormed().replace(/[^ -$&-~]+/g, encodeURIComponent);
