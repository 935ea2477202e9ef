import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import type { FastifyBaseLogger } from "fastify";

/** Where lines of the audit go. */
export interface AuditSink {
  /** Never throws: the change that it tells of has been made. */
  write(line: object): void;
  /** Why no further line could be kept, so that no further change must be made; undefined if all is well. */
  trouble(): string | undefined;
}

/** Writes a file from an offset of the bytes on, and says how many of them it has written. */
type Write = (descriptor: number, bytes: Uint8Array, offset: number) => number;

/**
 * The audit in a file of its own: JSON lines, only ever added to, for its owner's eyes. A line that cannot be written
 * is kept, told to the log as it is, and written before all others once that is possible; until then, `trouble` says
 * so. Lines are handed to the operating system before a change is answered: they survive the process, and not the
 * machine's power.
 */
export class AuditFile implements AuditSink {
  readonly #path: string;
  readonly #log: FastifyBaseLogger;
  readonly #write: Write;
  #descriptor: number | undefined;
  /** Lines that could not be written, the oldest first. */
  readonly #kept: string[] = [];
  /** Whether the file ends with a part of a line. */
  #torn = false;

  /** Throws where the file cannot be opened. */
  constructor(path: string, log: FastifyBaseLogger, write: Write = writeSync) {
    this.#path = path;
    this.#log = log;
    this.#write = write;
    this.#open();
  }

  write(line: object): void {
    this.#kept.push(`${JSON.stringify(line)}\n`);
    const reason = this.trouble();
    if (reason !== undefined)
      this.#log.error({ audit: line, reason }, "a line of the audit could not be written");
  }

  trouble(): string | undefined {
    try {
      while (this.#kept.length > 0) {
        this.#append(this.#kept[0] as string);
        this.#kept.shift();
      }
      return undefined;
    } catch (error) {
      return `the audit file ${this.#path} cannot be written: ${(error as Error).message}`;
    }
  }

  /** Opens the file anew, for a program that has moved it away. */
  reopen(): void {
    this.close();
    const reason = this.trouble();
    if (reason === undefined && this.#descriptor === undefined) {
      try {
        this.#open();
      } catch (error) {
        this.#log.error({ err: error }, `the audit file ${this.#path} cannot be opened`);
      }
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    this.#descriptor = openSync(this.#path, "a", 0o600);
    return this.#descriptor;
  }

  #append(line: string): void {
    // A file that was deleted would take lines, too, and nobody would ever see them.
    if (this.#descriptor !== undefined && fstatSync(this.#descriptor).nlink === 0) this.close();
    const descriptor = this.#descriptor ?? this.#open();
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    for (let written = 0; written < bytes.length; ) {
      written += this.#write(descriptor, bytes, written);
      this.#torn = written < bytes.length;
    }
  }
}

/**
 * The audit among the other lines of the log, under `audit`: also where the log has only what is more severe, since it
 * must not go by that who changed what. A silent log is silent.
 */
export function auditInLog(log: FastifyBaseLogger): AuditSink {
  const audit = log.child({}, { level: log.level === "silent" ? "silent" : "info" });
  return { write: (line) => audit.info({ audit: line }, "audit"), trouble: () => undefined };
}
