import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";

/**
 * A named pipe for the output of a child process, read line by line. Node's own pipes are sockets, which a child
 * cannot open again by name, as Envoy does with an access log at /dev/stdout.
 */
export class OutputPipe {
  /** What the child writes to. */
  readonly fd: number;
  readonly #socket: Socket;
  #rest = "";

  constructor(folder: string, name: string, onLine: (line: string) => void) {
    const path = join(folder, name);
    execFileSync("mkfifo", ["-m", "600", path]);
    // Two openings, since not to block is a matter of each: this process must not, Envoy may.
    const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.fd = openSync(path, constants.O_WRONLY);
    this.#socket = new Socket({ fd: reader, readable: true, writable: false });
    const decoder = new StringDecoder("utf8");
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk) => {
      const lines = (this.#rest + decoder.write(chunk)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
  }

  /** The child has its own end now. */
  handedOver(): void {
    closeSync(this.fd);
  }

  close(): void {
    this.#socket.destroy();
  }
}
