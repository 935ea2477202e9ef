import type { TLSSocket } from "node:tls";
import type { Proxy } from "../translate/entities.js";

/** One open ADS stream, whatever carries it. */
export interface Connection {
  /** Address of the other side. */
  readonly peer: string;
  /** Who the other side has proven to be. Undefined: nobody asked, and it has shown nothing. */
  readonly identity?: Identity | undefined;
  /** It came over a network, and has shown nothing: it is told nothing secret. Default: false. */
  readonly isUnproven?: boolean;
  /**
   * Sends one message, given in parts. False where the client has fallen behind: nothing more may be sent until
   * `drained` is called.
   */
  send(body: Uint8Array, tail: Uint8Array): boolean;
  /** Ends the stream with a gRPC status. The handler is not called any more, not even that it is closed. */
  end(code: StatusCode, details: string): void;
}

/** What a client shows of itself when it opens a stream. */
export interface Shown {
  readonly peer: string;
  /** Its connection, where that is one of TLS. */
  readonly tls: TLSSocket | undefined;
  /** The header of this name. */
  readonly authorization: string | undefined;
}

/** What a client has proven of itself. */
export interface Identity {
  /** For the log and for people. Nothing secret. */
  readonly description: string;
  /** Throws a Refusal where it is no proof that the client is this proxy, or is none any more. */
  check(proxy: Proxy): void;
}

/** Finds out who opens a stream; rejects with a Refusal where that may not be. */
export type Authenticate = (shown: Shown) => Promise<Identity | undefined>;

/** The server's side of an open stream, called by what carries it. */
export interface StreamHandler {
  received(message: Uint8Array): void;
  drained(): void;
  /** The stream is over, whoever ended it. Nothing is called afterwards. */
  closed(): void;
}

export type Protocol = "stateOfTheWorld" | "incremental";

/** Takes each new stream, and answers what handles it. */
export type Accept = (protocol: Protocol, connection: Connection) => StreamHandler;

/** What carries ADS streams to a server. */
export interface Transport {
  /** Starts listening; port 0 takes a free one. Rejects where the address cannot be bound. */
  listen(host: string, port: number, accept: Accept): Promise<Address>;
  /** Stops listening and waits for open streams to end, at most `graceMillis`; then it cuts them off. */
  close(graceMillis: number): Promise<void>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The gRPC status codes that this server answers with. App Mesh's own server used the same. */
export const StatusCode = {
  ok: 0,
  /** Also what App Mesh answered for a resource that it did not find. */
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/** Why a stream is ended against its client's will. The message is sent to the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    readonly code: StatusCode,
    message: string,
  ) {
    super(message);
  }
  static invalid(message: string): Refusal {
    return new Refusal(StatusCode.invalidArgument, message);
  }
}
