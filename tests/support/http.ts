// HTTP servers and calls for tests that send real traffic.
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import { createServer as createHttp2Server, type Http2Server, connect as http2Connect } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import type { Duplex } from "node:stream";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What an echoing server got. */
export interface Echo {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface TestServer {
  readonly port: number;
  /** How many requests it has got. */
  requests: number;
  close(): Promise<void>;
}

const listening = (server: Server | Http2Server, port: number, host: string) =>
  new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

/** Answers with what it got, unless `answer` says otherwise. */
export async function echoServer(
  name: string,
  options: {
    readonly port?: number;
    readonly host?: string;
    readonly status?: (requests: number) => number;
    readonly http2?: boolean;
    /** Milliseconds that an answer takes at least. */
    readonly delay?: number;
    /** What an answer waits for. */
    readonly hold?: (request: { readonly url: string }) => Promise<unknown>;
  } = {},
): Promise<TestServer> {
  const test = { port: 0, requests: 0 };
  // biome-ignore lint/suspicious/noExplicitAny: the compatible parts of HTTP/1.1 and HTTP/2.
  const handle = (req: any, res: any) => {
    test.requests += 1;
    const status = options.status?.(test.requests) ?? 200;
    const echo: Echo = { server: name, method: req.method, url: req.url, headers: req.headers };
    req.resume();
    const end = () => {
      res.writeHead(status, { "content-type": "application/json" });
      res.end(JSON.stringify(echo));
    };
    if (options.hold) options.hold(req).then(end);
    // A test does not wait at its end for an answer that nobody waits for.
    else setTimeout(end, options.delay ?? 0).unref();
  };
  // A connection that is closed for being idle just when a proxy uses it again is answered 503 by that, which is nobody's fault.
  const server = options.http2
    ? createHttp2Server(handle)
    : Object.assign(createServer(handle), { keepAliveTimeout: 0 });
  test.port = await listening(server, options.port ?? 0, options.host ?? "127.0.0.1");
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session: { destroy(): void }) => sessions.add(session));
  return Object.assign(test, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  });
}

/** Greets first, as MySQL does, and then sends back what it gets. */
export async function greetingServer(greeting: string, host = "127.0.0.1", port = 0): Promise<TestServer> {
  const test = { port: 0, requests: 0 };
  const sockets = new Set<{ destroy(): void }>();
  const server = createTcpServer((socket) => {
    test.requests += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(greeting);
    socket.pipe(socket);
  });
  test.port = await listening(server, port, host);
  return Object.assign(test, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Calls `url` through the HTTP proxy at `proxy` (ADDRESS:PORT), as a program with HTTP_PROXY does. */
export function callThrough(proxy: string, url: string, call: Call = {}): Promise<Answer> {
  const { host } = new URL(url);
  return send(proxy, { path: url, headers: { host, ...call.headers }, ...pick(call) });
}

/** Sends a request for the path to `endpoint` (ADDRESS:PORT). */
export const callAt = (endpoint: string, path: string, call: Call = {}): Promise<Answer> =>
  send(endpoint, { path, headers: call.headers ?? {}, ...pick(call) });

const pick = ({ method = "GET", body }: Call) => ({ method, ...(body === undefined ? {} : { body }) });

function send(
  endpoint: string,
  {
    body,
    ...options
  }: { path: string; method: string; headers: Readonly<Record<string, string>>; body?: string },
): Promise<Answer> {
  const [, host, port] = /^(.*):(\d+)$/.exec(endpoint) ?? [];
  return new Promise((resolve, reject) => {
    const req = request({ host, port, agent: false, ...options }, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (chunk) => {
        text += chunk;
      });
      res.on("error", reject);
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on("error", reject);
    req.end(body);
  });
}

/** The name of the server that answered. */
export const answered = (answer: Answer): string =>
  answer.status === 200 ? (JSON.parse(answer.body) as Echo).server : `${answer.status} ${answer.body.trim()}`;

export interface Tunnel {
  readonly status: number;
  readonly socket: Duplex;
  /** Sends text through the tunnel; resolves with all that comes back until the other side ends. */
  say(text: string): Promise<string>;
}

/** Opens a tunnel to HOST:PORT through an HTTP proxy, as programs with HTTPS_PROXY do. */
export function tunnelThrough(proxy: string, target: string): Promise<Tunnel> {
  const [, host, port] = /^(.*):(\d+)$/.exec(proxy) ?? [];
  return new Promise((resolve, reject) => {
    const req = request({
      host,
      port,
      method: "CONNECT",
      path: target,
      headers: { host: target },
      agent: false,
    });
    req.on("error", reject);
    req.on("connect", (res, socket) => {
      const say = (text: string) =>
        new Promise<string>((heard) => {
          let answer = "";
          socket.setEncoding("utf8");
          socket.on("data", (chunk) => {
            answer += chunk;
          });
          socket.on("close", () => heard(answer));
          socket.write(text);
        });
      if (res.statusCode !== 200) socket.destroy();
      resolve({ status: res.statusCode ?? 0, socket, say });
    });
    req.end();
  });
}

/** Makes one HTTP/2 request in clear text at `endpoint` (ADDRESS:PORT, or a connection). Trailers are among the headers. */
export function http2CallAt(
  endpoint: string | Duplex,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<{ readonly headers: Readonly<Record<string, unknown>>; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const session =
      typeof endpoint === "string"
        ? http2Connect(`http://${endpoint}`)
        : http2Connect("http://tunnel", { createConnection: () => endpoint });
    session.on("error", reject);
    // Node would end a GET by itself, without a body.
    const stream = session.request({ ":method": "POST", ...headers }, { endStream: false });
    let answer: Record<string, unknown> = {};
    let text = "";
    stream.on("response", (got) => {
      answer = { ...answer, ...got };
    });
    stream.on("trailers", (got) => {
      answer = { ...answer, ...got };
    });
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      text += chunk;
    });
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve({ headers: answer, body: text });
    });
    stream.end(body);
  });
}
