// Connections that were redirected to a transparent proxy, without the rights that iptables needs: the proxy learns
// where they were going from a PROXY protocol header instead of from the kernel.
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { Answer } from "./http.js";
import type { Rewrite } from "./static-envoy.js";

/** Lets a transparent proxy take such connections, and listen at this address alone. */
export const redirectable =
  (address: string): Rewrite =>
  (object) => {
    if (object.name === "envoy.filters.listener.original_dst") {
      return {
        name: "envoy.filters.listener.proxy_protocol",
        typedConfig: {
          "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        },
      };
    }
    return object.address === "0.0.0.0" ? { ...object, address } : object;
  };

/** A connection to `proxy` (ADDRESS:PORT) that was going to `destination` (ADDRESS:PORT). */
export function redirected(proxy: string, destination: string): Promise<Socket> {
  const [, host, port] = /^(.*):(\d+)$/.exec(proxy) ?? [];
  const [, to, toPort] = /^(.*):(\d+)$/.exec(destination) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => {
      socket.write(`PROXY TCP4 127.0.0.1 ${to} ${socket.localPort} ${toPort}\r\n`);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Everything that comes back until the other side ends, or until `enough` has come. */
export function heard(socket: Socket, enough = "\0"): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes(enough)) end();
    });
    socket.on("error", end);
    socket.on("close", end);
  });
}

/** Makes a plain HTTP request, as an unchanged program does. */
export async function redirectedCall(
  proxy: string,
  destination: string,
  host: string,
  path = "/",
): Promise<Pick<Answer, "status" | "body">> {
  const socket = await redirected(proxy, destination);
  const answer = heard(socket);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  const [head = "", ...body] = (await answer).split("\r\n\r\n");
  const text = body.join("\r\n\r\n");
  const chunked = /transfer-encoding: chunked/i.test(head);
  return {
    status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1] ?? 0),
    body: chunked ? text.replace(/^[0-9a-f]+\r\n|\r\n[0-9a-f]+\r\n/gi, "").trim() : text.trim(),
  };
}

/** What the server behind sees of a TLS connection that asks for a server name: its first bytes, if any. */
export async function redirectedTls(
  proxy: string,
  destination: string,
  servername: string,
): Promise<"passed" | "dropped"> {
  const socket = await redirected(proxy, destination);
  return new Promise((resolve) => {
    const secure = tlsConnect({ socket, servername, rejectUnauthorized: false });
    secure.on("secureConnect", () => {
      secure.destroy();
      resolve("passed");
    });
    secure.on("error", () => resolve("dropped"));
    secure.on("close", () => resolve("dropped"));
  });
}
