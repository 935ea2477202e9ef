// An application that is asked whether it is well: over HTTPS on HTTPS_PORT, with the certificate CERTIFICATE and its key
// KEY, or by gRPC's protocol for health on GRPC_PORT. It prints what it is asked over HTTPS, with the header x-asked.
//
// By gRPC it tells of itself, and of its service shop.Orders. SIGUSR2 has the service serve no longer, or again; SIGHUP has
// the whole of it serve no longer.
import { createServer } from "node:https";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";

const { HTTPS_PORT, GRPC_PORT, CERTIFICATE, KEY } = process.env;
const say = (...what: readonly unknown[]) => console.log(...what);

function https(port: number): void {
  const server = createServer({ cert: CERTIFICATE, key: KEY }, ({ method, url, headers }, answer) => {
    say(method, url, headers["x-asked"] ?? "");
    answer.end("well");
  });
  server.listen(port, () => say("listens"));
  process.once("SIGTERM", () => {
    say("is asked to end");
    server.closeAllConnections();
    server.close();
  });
}

/** The message of a question has the name of the service in its field 1; that of an answer, a number. */
const SERVING = 1;
const NOT_SERVING = 2;
const health: ServiceDefinition = {
  check: {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (bytes) => {
      if (bytes.length === 0) return { service: "" };
      const reader = new BinaryReader(bytes);
      reader.tag();
      return { service: reader.string() };
    },
    responseSerialize: (serving: number) => Buffer.from([0x08, serving]),
    responseDeserialize: (bytes) => bytes,
  },
};

function grpc(port: number): void {
  const serving = new Map([
    ["", SERVING],
    ["shop.Orders", SERVING],
  ]);
  const server = new Server();
  server.addService(health, {
    check: (
      { request: { service } }: { readonly request: { readonly service: string } },
      answer: (error: { code: status } | null, serving?: number) => void,
    ) => {
      const known = serving.get(service);
      if (known === undefined) answer({ code: status.NOT_FOUND });
      else answer(null, known);
    },
  });
  server.bindAsync(`0.0.0.0:${port}`, ServerCredentials.createInsecure(), () => say("listens"));
  process.on("SIGUSR2", () => {
    serving.set("shop.Orders", serving.get("shop.Orders") === SERVING ? NOT_SERVING : SERVING);
  });
  process.on("SIGHUP", () => serving.set("", NOT_SERVING));
  process.once("SIGTERM", () => {
    say("is asked to end");
    server.forceShutdown();
    process.exit(0);
  });
}

if (HTTPS_PORT !== undefined) https(Number(HTTPS_PORT));
if (GRPC_PORT !== undefined) grpc(Number(GRPC_PORT));
