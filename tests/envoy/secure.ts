// Calls and servers that speak TLS, and the specs that ask for it.
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { ClientPolicyTls, ListenerTls } from "@pulumi-appmesh/model";
import type { Issued, TestAuthority } from "../support/certificates.js";
import { type Answer, answered, callAt, type TestServer } from "../support/http.js";

export const fileCertificate = ({ chainFile, keyFile }: Issued) => ({
  file: { certificateChain: chainFile, privateKey: keyFile },
});

export const listenerTls = (
  certificate: Issued,
  mode: ListenerTls["mode"] = "STRICT",
  more: Partial<ListenerTls> = {},
): ListenerTls => ({ mode, certificate: fileCertificate(certificate), ...more });

/** A client policy that trusts an authority, and servers of these names. */
export const trusting = (
  { certificateFile }: TestAuthority,
  names: readonly string[] = [],
  more: Partial<ClientPolicyTls> = {},
): ClientPolicyTls => ({ validation: validation({ certificateFile }, names), ...more });

export const validation = (
  { certificateFile }: Pick<TestAuthority, "certificateFile">,
  names: readonly string[] = [],
) => ({
  trust: { file: { certificateChain: certificateFile } },
  ...(names.length > 0 ? { subjectAlternativeNames: { match: { exact: names } } } : {}),
});

export interface SecureServer extends TestServer {
  /** Of each connection: the server name that was asked for, and the protocol that was agreed on. */
  readonly handshakes: { readonly servername: unknown; readonly alpn: unknown; readonly protocol: unknown }[];
}

/** An HTTPS server of its own, no Envoy: it answers with its name, and does not ask for certificates. */
export async function secureServer(
  name: string,
  certificate: Issued,
  host = "127.0.0.1",
): Promise<SecureServer> {
  const server = createServer(
    { cert: certificate.chain, key: certificate.key, ALPNProtocols: ["http/1.1", "h2"] },
    (req, res) => {
      test.requests += 1;
      res.end(JSON.stringify({ server: name, url: req.url }));
    },
  );
  const sockets = new Set<{ destroy(): void }>();
  const test = { port: 0, requests: 0, handshakes: [] as SecureServer["handshakes"] };
  server.on("connection", (socket) => sockets.add(socket));
  server.on("secureConnection", (socket) =>
    test.handshakes.push({
      servername: (socket as unknown as { servername: unknown }).servername,
      alpn: socket.alpnProtocol,
      protocol: socket.getProtocol(),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  test.port = (server.address() as AddressInfo).port;
  return Object.assign(test, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

export interface SecureCall {
  readonly authority: TestAuthority;
  readonly client?: Issued;
  readonly servername?: string;
  readonly host?: string;
}

/** The name of the server that answers over TLS, or what went wrong. */
export async function secureCall(endpoint: string, call: SecureCall): Promise<string> {
  try {
    return answered(await secureAnswer(endpoint, call));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}

function secureAnswer(
  endpoint: string,
  { authority, client, servername, host }: SecureCall,
): Promise<Answer> {
  const [, address, port] = /^(.*):(\d+)$/.exec(endpoint) ?? [];
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: address, port, path: "/", agent: false, ca: authority.certificate },
        ...(servername === undefined ? {} : { servername }),
        ...(client ? { cert: client.chain, key: client.key } : {}),
        headers: { host: host ?? endpoint },
      },
      (res) => {
        let body = "";
        res.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        res.on("error", reject);
        res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }));
      },
    );
    req.on("error", reject);
    req.end();
  });
}

/** The name of the server that answers without TLS, or what went wrong. */
export async function plainCall(endpoint: string): Promise<string> {
  try {
    return answered(await callAt(endpoint, "/"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}
