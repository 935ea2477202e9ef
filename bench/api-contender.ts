import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { ControlPlane, freePort } from "./control-plane.js";
import { Program } from "./processes.js";

/** A server of App Mesh's API under measurement. */
export interface ApiContender {
  readonly name: string;
  readonly program: Program;
  readonly port: number;
  start(): Promise<void>;
  /** A request, whole, as bytes. */
  prepare(method: string, path: string, body?: object): Promise<Buffer>;
  stop(): Promise<void>;
}

/** `appmesh serve` with an access key: each request is signed, and each signature is proven. */
export function ours(): ApiContender {
  const controlPlane = new ControlPlane();
  let signer: SignatureV4 | undefined;
  return {
    name: controlPlane.name,
    get program() {
      return controlPlane.program;
    },
    get port() {
      return Number(new URL(controlPlane.endpoint).port);
    },
    start: () => controlPlane.start(),
    async prepare(method, path, body) {
      const { APPMESH_ACCESS_KEY_ID: accessKeyId = "", APPMESH_SECRET_ACCESS_KEY: secretAccessKey = "" } =
        controlPlane.environment;
      signer ??= new SignatureV4({
        credentials: { accessKeyId, secretAccessKey },
        region: "us-east-1",
        service: "appmesh",
        sha256: Sha256,
      });
      const url = new URL(path, controlPlane.endpoint);
      const text = body === undefined ? "" : JSON.stringify(body);
      const { headers } = await signer.sign(
        new HttpRequest({
          method,
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: { host: url.host },
          body: text,
        }),
      );
      return bytes(method, path, headers, text);
    },
    stop: () => controlPlane.remove(),
  };
}

/** moto's server, in memory. It proves no signature, and reads of it only which service is meant. */
export async function moto(): Promise<ApiContender> {
  const port = await freePort();
  let program: Program | undefined;
  return {
    name: "moto",
    port,
    get program() {
      if (program === undefined) throw new Error("start moto first");
      return program;
    },
    async start() {
      program = new Program("moto", python(), ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)]);
      for (let waited = 0; !(await accepts(port)); waited += 50) {
        if (!program.isRunning || waited > 60_000) throw program.ended();
        await sleep(50);
      }
    },
    async prepare(method, path, body) {
      const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
      const authorization = `AWS4-HMAC-SHA256 Credential=AKIABENCH/${day}/us-east-1/appmesh/aws4_request, SignedHeaders=host, Signature=0`;
      const headers = {
        host: `127.0.0.1:${port}`,
        authorization,
        ...(body && { "content-type": "application/json" }),
      };
      return bytes(method, path, headers, body === undefined ? "" : JSON.stringify(body));
    },
    stop: async () => program?.stop(),
  };
}

/** Has a server run on one core, and not on that of its client. False where the machine cannot do that. */
export function onOneCore(program: Program, core: number): boolean {
  try {
    execFileSync("taskset", ["-a", "-c", "-p", String(core), String(program.pid)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function bytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Buffer {
  const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(body) }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from([`${method} ${path} HTTP/1.1`, ...lines, "", body].join("\r\n"));
}

/** Where set-up noted it down. */
function python(): string {
  const notes = fileURLToPath(new URL("../../.appmesh/tools.json", import.meta.url));
  const { python } = JSON.parse(readFileSync(notes, "utf8"));
  if (typeof python !== "string") throw new Error(`${notes} names no python: run "npm run setup"`);
  return python;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
