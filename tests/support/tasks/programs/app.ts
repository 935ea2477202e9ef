// An application that knows nothing of a mesh: it tells who it is, and calls others when it is asked to.
//
//   GET /…               its name, and the headers that it got (NAME, default: HOSTNAME)
//   GET /status/503      that status
//   GET /flaky/2/ID      503 for the first two requests of that ID
//   GET /slow/200        answers after so many ms
//   GET /call?url=URL    what GET URL answers, with the request's x- headers; its own headers with &header=NAME:VALUE
//   GET /greet?at=H:P    the first that a TCP server says
//
// It listens on PORT (default: 8080). As a good service does, it answers what it has begun before it ends at SIGTERM.
import { createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

const name = process.env.NAME ?? process.env.HOSTNAME ?? "app";

function get(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    // As programs do that respect HTTP_PROXY: the proxy is told the whole URL.
    const proxy = process.env.HTTP_PROXY;
    const target = proxy
      ? { host: new URL(proxy).hostname, port: new URL(proxy).port, path: url }
      : { host: new URL(url).hostname, port: new URL(url).port, path: url.slice(new URL(url).origin.length) };
    const sent = request(
      { ...target, headers: { host: new URL(url).host, ...headers }, agent: false },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
        answer.on("error", (error) => resolve({ status: 0, body: error.message }));
      },
    );
    sent.on("error", (error) => resolve({ status: 0, body: error.message }));
    sent.end();
  });
}

function greeting(at: string): Promise<{ status: number; body: string }> {
  const [, host, port] = /^(.*):(\d+)$/.exec(at) ?? [];
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once("data", (data) => {
      socket.destroy();
      resolve({ status: 200, body: data.toString() });
    });
    socket.once("error", (error) => resolve({ status: 0, body: error.message }));
    socket.once("close", () => resolve({ status: 0, body: "closed" }));
  });
}

const asked = new Map<string, number>();

async function answer(incoming: IncomingMessage): Promise<{ status: number; body: string }> {
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://here");
  const [, what, value] = pathname.split("/");
  if (what === "status") return { status: Number(value), body: name };
  if (what === "flaky") {
    const times = asked.get(pathname) ?? 0;
    asked.set(pathname, times + 1);
    if (times < Number(value)) return { status: 503, body: name };
  }
  if (what === "slow") await new Promise((resolve) => setTimeout(resolve, Number(value)));
  if (what === "greet") return greeting(searchParams.get("at") ?? "");
  if (what === "call") {
    // What a traced program passes on, and what it is told to say.
    const passed = Object.entries(incoming.headers).filter(([header]) => /^(x-|traceparent)/.test(header));
    const told = searchParams.getAll("header").map((header) => header.split(":"));
    return get(searchParams.get("url") ?? "", Object.fromEntries([...passed, ...told]));
  }
  return {
    status: 200,
    body: JSON.stringify({ server: name, url: incoming.url, headers: incoming.headers }),
  };
}

const server = createServer(async (incoming, outgoing) => {
  const { status, body } = await answer(incoming);
  outgoing.writeHead(status === 0 ? 502 : status, { "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
});
const port = Number(process.env.PORT ?? 8080);
server.listen(port, () => console.log(`${name} listens on ${port} as ${process.getuid?.()}`));
process.once("SIGTERM", () => {
  console.log(`${name} is asked to end`);
  server.close(() => {
    console.log(`${name} ends`);
    process.exit(0);
  });
});
