// Connections that begin with HTTP/1.1 and go on as WebSocket: the handshake, and then bytes both ways.
import { createServer, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface WebSocketServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Takes every handshake, says its name and the path that was asked for, and sends back what it gets. */
export async function webSocketServer(name: string): Promise<WebSocketServer> {
  const sockets = new Set<Duplex>();
  const server = createServer((_, res) => res.writeHead(426).end());
  server.on("upgrade", (req, socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n${name} ${req.url}\n`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * Shakes hands at `endpoint` (ADDRESS:PORT, or a connection), says a line, and hears the server's first line and the
 * echo.
 */
export function webSocketAt(endpoint: string | Socket, path: string, host: string): Promise<string> {
  const [, address, port] = typeof endpoint === "string" ? (/^(.*):(\d+)$/.exec(endpoint) ?? []) : [];
  return new Promise((resolve, reject) => {
    const req = request({
      ...(typeof endpoint === "string"
        ? { host: address, port, agent: false }
        : { createConnection: () => endpoint }),
      path,
      headers: {
        host,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      },
    });
    req.on("error", reject);
    req.on("response", (res) => {
      res.resume();
      resolve(`no upgrade: ${res.statusCode}`);
    });
    req.on("upgrade", (_, socket: Duplex, head: Buffer) => {
      let text = head.toString();
      const heard = () => {
        if (!text.includes("hello\n")) return;
        socket.destroy();
        resolve(text);
      };
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        text += chunk;
        heard();
      });
      socket.write("hello\n");
      heard();
    });
    req.end();
  });
}
