import { randomBytes, randomUUID } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Calls } from "./calls.js";
import type { Item } from "./layout.js";
import { readNotice, writeNotice } from "./notice.js";
import { Table } from "./table.js";

export interface ReplicasOptions {
  /** Where this replica hears the others, over UDP. An address that stands for all is told as one of this machine's own. */
  readonly address: string;
  readonly port: number;
  /** Called for each notice of another replica. It must not throw, and must cost little. */
  readonly onNotice: (revision: number) => void;
  /** How often a replica says that it lives, and learns who else does, in milliseconds. Default: 10,000. */
  readonly beatMilliseconds?: number;
}

/** A replica that has not said so for this many rounds lives no more. Clocks are not asked: they may differ. */
const LIVING_ROUNDS = 6;
/** DynamoDB removes what a dead replica left behind after this time. */
const KEPT_SECONDS = 60 * 60;
/** Nobody runs as many; whoever can write to the table cannot make this replica send to more. */
const MOST_PEERS = 64;
const KEY_BYTES = 32;
/** Of notices, how many are looked at in a second. What comes beyond them is for the poll to find. */
const NOTICES_A_SECOND = 2_000;

interface Peer {
  readonly address: string;
  readonly port: number;
  beat: string;
  quiet: number;
}

/** The replicas that share a table, which tell each other of new revisions. All of it may fail: the table is polled anyway. */
export class Replicas {
  readonly #id = randomUUID();
  readonly #peers = new Map<string, Peer>();
  /** Until it is known, nothing is told and nobody is believed. */
  #key: Buffer | undefined;
  #budget = NOTICES_A_SECOND;
  #timer: NodeJS.Timeout | undefined;
  #refill: NodeJS.Timeout | undefined;
  #beating: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(
    private readonly calls: Calls,
    private readonly socket: Socket,
    private readonly options: ReplicasOptions,
  ) {}

  /** Listens, and joins the others. Rejects where the address cannot be bound. */
  static async join(calls: Calls, options: ReplicasOptions): Promise<Replicas> {
    const socket = createSocket(isIPv6(options.address) ? "udp6" : "udp4");
    socket.bind(options.port, options.address);
    try {
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      throw error;
    }
    const replicas = new Replicas(calls, socket, options);
    socket.on("error", () => {});
    socket.on("message", (message) => replicas.#hear(message));
    replicas.#refill = setInterval(() => (replicas.#budget = NOTICES_A_SECOND), 1_000).unref();
    await replicas.#meet().catch(() => {});
    replicas.#schedule();
    return replicas;
  }

  /** Where this replica hears the others, as it tells them. */
  get address(): { readonly address: string; readonly port: number } {
    const { address, port } = this.socket.address();
    return { address: told(address), port };
  }

  /** How many others are told of changes. */
  get peers(): number {
    return [...this.#peers.values()].filter(({ quiet }) => quiet < LIVING_ROUNDS).length;
  }

  /** Tells the others of a revision. */
  tell(revision: number): void {
    if (this.#closed || this.#key === undefined) return;
    const notice = writeNotice(revision, this.#key);
    for (const { address, port, quiet } of this.#peers.values()) {
      if (quiet < LIVING_ROUNDS) this.socket.send(notice, port, address, () => {});
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#refill);
    await this.#beating;
    this.socket.close();
    const Key = this.#item;
    await this.calls
      .send((client, options) => client.deleteItem({ TableName: this.calls.table, Key }, options))
      .catch(() => {});
  }

  get #item(): Item {
    return { pk: { S: "replica" }, sk: { S: this.#id } };
  }

  #hear(message: Buffer): void {
    if (this.#key === undefined || this.#budget <= 0) return;
    this.#budget--;
    const revision = readNotice(message, this.#key);
    if (revision !== undefined) this.options.onNotice(revision);
  }

  #schedule(): void {
    if (this.#closed) return;
    const { beatMilliseconds = 10_000 } = this.options;
    this.#timer = setTimeout(
      () => {
        this.#beating = this.#meet()
          .catch(() => {})
          .then(() => this.#schedule());
      },
      beatMilliseconds * (0.8 + Math.random() * 0.4),
    ).unref();
  }

  /** Says that this replica lives and where, and learns which others do. */
  async #meet(): Promise<void> {
    const { address, port } = this.address;
    await this.calls.send((client, options) =>
      client.updateItem(
        {
          TableName: this.calls.table,
          Key: this.#item,
          UpdateExpression: "SET address = :address, port = :port, expires = :expires ADD beat :one",
          ExpressionAttributeValues: {
            ":address": { S: address },
            ":port": { N: String(port) },
            ":expires": { N: String(Math.floor(Date.now() / 1000) + KEPT_SECONDS) },
            ":one": { N: "1" },
          },
        },
        options,
      ),
    );
    this.#key ??= await this.#sharedKey();
    const items = await new Table(this.calls).query("replica");
    const known = new Set<string>();
    for (const { sk, address: at, port: on, beat } of items.slice(0, MOST_PEERS)) {
      const id = sk?.S as string;
      const port = Number(on?.N);
      // What another release says otherwise, or is damaged, can be sent nothing: the poll finds what it would have told.
      const isOne = at?.S !== undefined && isIP(at.S) !== 0 && port > 0 && port < 65_536;
      if (id === this.#id || !isOne || !Number.isInteger(port)) continue;
      known.add(id);
      const peer = this.#peers.get(id);
      if (peer === undefined) {
        this.#peers.set(id, { address: at.S, port, beat: beat?.N ?? "", quiet: 0 });
      } else {
        peer.quiet = peer.beat === beat?.N ? peer.quiet + 1 : 0;
        peer.beat = beat?.N ?? "";
      }
    }
    for (const id of this.#peers.keys()) if (!known.has(id)) this.#peers.delete(id);
  }

  /** The first replica makes it; who may read the table has it. */
  async #sharedKey(): Promise<Buffer> {
    const { Attributes } = await this.calls.send((client, options) =>
      client.updateItem(
        {
          TableName: this.calls.table,
          Key: { pk: { S: "secret" }, sk: { S: "notices" } },
          UpdateExpression: "SET #key = if_not_exists(#key, :key)",
          ExpressionAttributeNames: { "#key": "key" },
          ExpressionAttributeValues: { ":key": { S: randomBytes(KEY_BYTES).toString("base64") } },
          ReturnValues: "ALL_NEW",
        },
        options,
      ),
    );
    const key = Buffer.from(Attributes?.key?.S ?? "", "base64");
    // By a shorter one, everybody could prove to be one of them.
    if (key.length < KEY_BYTES) throw new Error("the key of notices in the table is damaged");
    return key;
  }
}

function told(address: string): string {
  if (address !== "0.0.0.0" && address !== "::") return address;
  const family = address === "::" ? "IPv6" : "IPv4";
  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === family && !each.internal && !/^(169\.254\.|fe80:)/i.test(each.address));
  return own?.address ?? (family === "IPv6" ? "::1" : "127.0.0.1");
}
