import { connect } from "node:net";
import { now } from "./processes.js";

/** What one run of requests saw. */
export interface Load {
  readonly requests: number;
  /** All that were sent, the warm-up's as well. */
  readonly sent: number;
  /** Those that were not answered with 200. */
  readonly failures: number;
  readonly seconds: number;
  /** ms of each request, without the warm-up. */
  readonly latencies: readonly number[];
}

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly authority: string;
  /** Each sends its next request when the last one is answered. */
  readonly connections: number;
  readonly ms: number;
}

/**
 * Sends the same request over and over on connections that stay open. A few bytes of HTTP/1.1 by hand: it has to cost
 * less than the proxies that it measures, and to see microseconds, where load generators from npm count whole ms.
 */
export async function load(options: LoadOptions): Promise<Load> {
  const request = Buffer.from(`GET ${options.path} HTTP/1.1\r\nhost: ${options.authority}\r\n\r\n`);
  const latencies: number[] = [];
  let failures = 0;
  let all = 0;
  const warm = now() + Math.min(200, options.ms / 4);
  const start = warm;
  const end = start + options.ms;
  await Promise.all(
    Array.from(
      { length: options.connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: options.host, port: options.port, noDelay: true });
          let sent = 0;
          let received = "";
          const send = () => {
            sent = now();
            if (sent >= end) {
              socket.destroy();
              resolve();
            } else socket.write(request);
          };
          socket.setEncoding("latin1");
          socket.on("connect", send);
          socket.on("data", (chunk) => {
            received += chunk;
            const head = received.indexOf("\r\n\r\n");
            if (head < 0) return;
            const length = /\r\ncontent-length: (\d+)/i.exec(received.slice(0, head))?.[1];
            if (length === undefined) {
              socket.destroy();
              reject(new Error(`${options.host}:${options.port} does not tell how long its answers are`));
              return;
            }
            if (received.length < head + 4 + Number(length)) return;
            const at = now();
            all++;
            if (sent >= warm) {
              latencies.push(at - sent);
              if (!received.startsWith("HTTP/1.1 200")) failures++;
            }
            received = "";
            send();
          });
          socket.on("error", reject);
          socket.on("close", () => {
            if (now() < end) reject(new Error(`${options.host}:${options.port} closed a connection`));
          });
        }),
    ),
  );
  return { requests: latencies.length, sent: all, failures, seconds: (now() - start) / 1000, latencies };
}
