// A real `appmesh serve`, in a process of its own, for tests that cross rooms.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Sha256 } from "@aws-crypto/sha256-js";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface ControlPlaneOptions {
  /** Folder of the store. Default: a new one, removed when this test process ends. */
  readonly data?: string;
  /** The DynamoDB table of the store, instead of a folder. */
  readonly table?: TablePlace;
  /** The access key that requests must be signed with. Default: none, so that nothing is signed. */
  readonly accessKey?: AccessKey;
  /** HOST:PORT of the API and of xDS. Default: any free port of 127.0.0.1. */
  readonly api?: string;
  readonly xds?: string;
  /** Further arguments, such as `--region`, and further environment. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind.
  readonly body: any;
  readonly headers: Headers;
}

export interface ControlPlane {
  /** URL of the API, without a slash at its end. */
  readonly api: string;
  /** HOST:PORT of xDS. */
  readonly xds: string;
  readonly pid: number;
  readonly data: string;
  readonly accessKey: AccessKey | undefined;
  /** What makes AWS's clients call this control plane. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that it has printed so far. */
  log(): string;
  /** Calls the API, signed if it has an access key; a body is sent as JSON. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The same with another access key. */
  as(accessKey: AccessKey): ControlPlane["call"];
  /** Asks it to stop, and waits until it has. Fails if it does not stop cleanly. */
  stop(signal?: "SIGINT" | "SIGTERM"): Promise<void>;
  kill9(): Promise<void>;
}

const appmesh = fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url));
const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed when this test process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-test-"));
  folders.add(folder);
  return folder;
}

/** Starts `appmesh serve`, and resolves once it is ready; rejects with its output if it ends before. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { accessKey, data = temporaryFolder() } = options;
  const { child, output } = start(
    "serve",
    [
      "--api",
      options.api ?? "127.0.0.1:0",
      "--xds",
      options.xds ?? "127.0.0.1:0",
      ...storeArgs(data, options),
    ],
    options,
  );
  const ended = once(child, "exit");
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = /^ready api=(\S+) xds=(\S+) (?:data|table)=/.exec(line);
      if (match) resolve(match);
    });
    ended.then(([code]) =>
      reject(new Error(`appmesh serve ended with ${code} before it was ready:\n${output()}`)),
    );
  });
  const [, api = "", xds = ""] = ready;
  return {
    api,
    xds,
    pid: child.pid as number,
    data,
    accessKey,
    env: {
      AWS_ENDPOINT_URL_APP_MESH: api,
      AWS_ACCESS_KEY_ID: accessKey?.accessKeyId ?? "unchecked",
      AWS_SECRET_ACCESS_KEY: accessKey?.secretAccessKey ?? "unchecked",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      // Nothing of the machine's own, and no calls to a metadata service.
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    log: output,
    call: (method, path, body) => call(api, accessKey, method, path, body),
    as: (other) => (method, path, body) => call(api, other, method, path, body),
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      const [code, cause] = await ended;
      if (code !== 0)
        throw new Error(`appmesh serve ended with ${code ?? cause} when asked to stop:\n${output()}`);
    },
    kill9: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const storeArgs = (data: string, { table }: ControlPlaneOptions): string[] =>
  table === undefined
    ? ["--data", data]
    : ["--table", table.table, "--region", table.region, "--dynamodb-endpoint", table.endpoint ?? ""];

/** Runs an appmesh command to its end. */
export async function runAppmesh(
  command: string,
  args: readonly string[],
  options: Pick<ControlPlaneOptions, "accessKey" | "env"> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child } = start(command, args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** All but the keys: what a process passes on tells `npm test` what it ran, and that it left nothing behind. */
function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { APPMESH_ACCESS_KEY_ID: _id, APPMESH_SECRET_ACCESS_KEY: _secret, ...rest } = env;
  return rest;
}

function start(command: string, args: readonly string[], options: ControlPlaneOptions) {
  const { accessKey } = options;
  const child = spawn(appmesh, [command, ...args, ...(options.args ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...withoutKeys(process.env),
      ...(accessKey && {
        APPMESH_ACCESS_KEY_ID: accessKey.accessKeyId,
        APPMESH_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
      }),
      ...options.env,
    },
  });
  running.add(child);
  // A test that fails before it stops its control plane must not keep this process from its end.
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
  child.once("exit", () => running.delete(child));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  }
  return { child, output: () => text };
}

async function call(
  api: string,
  accessKey: AccessKey | undefined,
  method: string,
  path: string,
  body: unknown,
): Promise<Answer> {
  const url = new URL(api + path);
  const text = body === undefined ? undefined : JSON.stringify(body);
  let headers: Record<string, string> = text === undefined ? {} : { "content-type": "application/json" };
  if (accessKey) {
    const signer = new SignatureV4({
      credentials: accessKey,
      region: "us-east-1",
      service: "appmesh",
      sha256: Sha256,
    });
    const signed = await signer.sign(
      new HttpRequest({
        method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        body: text,
      }),
    );
    // fetch makes this header itself, from the URL.
    const { host: _, ...rest } = signed.headers;
    headers = rest;
  }
  const response = await fetch(url, { method, headers, ...(text !== undefined && { body: text }) });
  return { status: response.status, body: await response.json(), headers: response.headers };
}
