// A real Kubernetes API server and its etcd, in processes of their own: what a cluster answers with, without nodes.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TestAuthority } from "./certificates.js";
import { type Answer, temporaryFolder } from "./control-plane.js";
import { freePort } from "./loopback.js";
import { type KubernetesTools, kubernetesTools } from "./tools.js";

/** Any object of the cluster. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

export interface Cluster {
  readonly url: string;
  /** A file that `kubectl` and every client of Kubernetes reads. */
  readonly kubeconfig: string;
  /** Calls the API as the administrator. */
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Omit<Answer, "headers">>;
  /** Runs `kubectl` with `input`, and gives its output; throws with its words where it fails. */
  kubectl(args: readonly string[], input?: string): string;
  /** Applies objects as `kubectl apply --server-side` does. */
  apply(...objects: readonly unknown[]): string;
  stop(): Promise<void>;
}

/** Why there is no API server here; undefined where there is one. */
export async function kubernetesMissing(): Promise<string | undefined> {
  if (process.env.APPMESH_SKIP_KUBERNETES === "1")
    return "APPMESH_SKIP_KUBERNETES=1 says to go without Kubernetes";
  return (await kubernetesTools()) === undefined
    ? "there is no API server of Kubernetes: set-up found no Go to build it with"
    : undefined;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts an empty cluster, and resolves once it serves; rejects with its words if it ends before. */
export async function startCluster(): Promise<Cluster> {
  const tools = await kubernetesTools();
  if (tools === undefined)
    throw new Error("there is no API server of Kubernetes here: ask kubernetesMissing() first");
  const folder = temporaryFolder();
  const etcd = await startEtcd(tools, folder);
  const [authority, token, port] = [await TestAuthority.make("cluster"), randomUUID(), await freePort()];
  const server = await authority.issue({ commonName: "kube-apiserver", names: ["127.0.0.1", "localhost"] });
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const url = `https://127.0.0.1:${port}`;
  const apiserver = start(tools.apiserver, [
    `--etcd-servers=${etcd.url}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${server.chainFile}`,
    `--tls-private-key-file=${server.keyFile}`,
    `--cert-dir=${folder}`,
    `--token-auth-file=${file("tokens.csv", `${token},admin,admin,system:masters\n`)}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${file("service-account.pub", publicKey)}`,
    `--service-account-signing-key-file=${file("service-account.key", privateKey)}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    // Without controllers nobody makes the service accounts that it would wait for.
    "--disable-admission-plugins=ServiceAccount",
    "--endpoint-reconciler-type=none",
  ]);
  const kubeconfig = file("kubeconfig", JSON.stringify(configuration(url, authority.certificate, token)));
  const call: Cluster["call"] = (method, path, body, contentType = "application/json") =>
    callApi(`${url}${path}`, authority.certificate, token, method, body, contentType);
  const stop = async () => {
    await apiserver.stop();
    await etcd.stop();
  };
  try {
    await until(apiserver, async () => {
      if ((await call("GET", "/readyz")).status !== 200) return false;
      return (await call("GET", "/api/v1/namespaces/default")).status === 200;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const kubectl: Cluster["kubectl"] = (args, input = "") =>
    execFileSync(tools.kubectl, args, {
      encoding: "utf8",
      input,
      env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder },
      stdio: ["pipe", "pipe", "pipe"],
    });
  return {
    url,
    kubeconfig,
    call,
    kubectl,
    apply: (...objects) =>
      kubectl(
        ["apply", "--server-side", "-f", "-"],
        objects.map((object) => JSON.stringify(object)).join("\n---\n"),
      ),
    stop,
  };
}

async function startEtcd(tools: KubernetesTools, folder: string) {
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const etcd = start(tools.etcd, [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // What is kept here need not outlive the machine's next power cut.
    "--unsafe-no-fsync",
  ]);
  await until(etcd, async () => (await fetch(`${client}/health`)).ok);
  return { url: client, stop: etcd.stop };
}

interface Running {
  readonly name: string;
  readonly ended: () => boolean;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

function start(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-20_000);
    });
  const end = once(child, "exit");
  let ended = false;
  void end.finally(() => {
    ended = true;
    running.delete(child);
  });
  return {
    name: program,
    ended: () => ended,
    output: () => text,
    stop: async () => {
      child.kill("SIGKILL");
      await end;
    },
  };
}

/** Waits until something holds; an error counts as not yet. */
async function until(process: Running, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    if (process.ended()) throw new Error(`${process.name} ended before it served:\n${process.output()}`);
    if (await holds().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`${process.name} did not serve in time:\n${process.output()}`);
    await sleep(100);
  }
}

const configuration = (server: string, authority: string, token: string) => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "test",
  clusters: [
    {
      name: "test",
      cluster: { server, "certificate-authority-data": Buffer.from(authority).toString("base64") },
    },
  ],
  users: [{ name: "test", user: { token } }],
  contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
});

function callApi(
  url: string,
  ca: string,
  token: string,
  method: string,
  body: unknown,
  contentType: string,
): Promise<Omit<Answer, "headers">> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, ca, headers: { authorization: `Bearer ${token}`, "content-type": contentType } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject).on("end", () => {
          const isJson = response.headers["content-type"]?.includes("json") === true;
          resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
        });
      },
    );
    sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
