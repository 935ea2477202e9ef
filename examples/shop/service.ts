// One service of the shop: answers with its name and version, and with what the service it calls has answered.
// It is a plain program: it listens on PORT and reaches others by their names through HTTP_PROXY, both of which
// `appmesh sidecar` sets.
import { Agent, createServer, get } from "node:http";

const { SERVICE = "service", VERSION = "v1", CALLS, PORT, HTTP_PROXY } = process.env;
const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls another service by its name, as any program that honours HTTP_PROXY does: the proxy is asked for the whole URL. */
function call(url: string): Promise<Answer> {
  const proxy = new URL(HTTP_PROXY ?? url);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  get(
    { host: proxy.hostname, port: proxy.port, path: url, headers: { host: new URL(url).host }, agent },
    async (response) => {
      try {
        const text = (await response.toArray()).join("");
        const status = response.statusCode ?? 0;
        resolve({ status, body: status === 200 ? JSON.parse(text) : text });
      } catch (error) {
        reject(error);
      }
    },
  ).on("error", reject);
  return promise;
}

const server = createServer(async (_request, response) => {
  let status = 200;
  let calls: unknown;
  try {
    if (CALLS) ({ status, body: calls } = await call(CALLS));
  } catch (error) {
    [status, calls] = [502, String(error)];
  }
  response.writeHead(status, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ service: SERVICE, version: VERSION, ...(calls === undefined ? {} : { calls }) }),
  );
});
// Longer than Envoy keeps an idle connection in use, so that it is Envoy that closes one, never in mid-request.
server.keepAliveTimeout = 3_600_000;
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
