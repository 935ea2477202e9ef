// AWS Cloud Map as moto's server plays it, in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  DeregisterInstanceCommand,
  GetOperationCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
  UpdateInstanceCustomHealthStatusCommand,
} from "@aws-sdk/client-servicediscovery";
import { freePort } from "./loopback.js";
import { python } from "./tools.js";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class CloudMapServer {
  readonly url: string;
  /** What a control plane needs to ask it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #client: ServiceDiscoveryClient;
  #log = "";

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      AWS_ENDPOINT_URL_SERVICEDISCOVERY: this.url,
      AWS_ACCESS_KEY_ID: "tests",
      AWS_SECRET_ACCESS_KEY: "tests",
    };
    this.#client = new ServiceDiscoveryClient({
      endpoint: this.url,
      disableHostPrefix: true,
      region: "us-east-1",
      credentials: { accessKeyId: "tests", secretAccessKey: "tests" },
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.#log += text;
    });
  }

  static async start(): Promise<CloudMapServer> {
    const port = await freePort();
    const child = spawn(await python(), ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    const server = new CloudMapServer(child, port);
    for (let attempt = 0; attempt < 300; attempt++) {
      if (!running.has(child)) break;
      const answer = await fetch(`${server.url}/moto-api/data.json`).catch(() => undefined);
      if (answer?.ok) return server;
      await sleep(100);
    }
    throw new Error(`moto's server does not answer:\n${server.#log}`);
  }

  /** Makes a namespace, and answers its id. */
  async namespace(name: string): Promise<string> {
    const { OperationId } = await this.#client.send(new CreateHttpNamespaceCommand({ Name: name }));
    const { Operation } = await this.#client.send(new GetOperationCommand({ OperationId }));
    return Operation?.Targets?.NAMESPACE as string;
  }

  /** Makes a service whose instances' health is what `health` says, and answers its id. */
  async service(namespace: string, name: string): Promise<string> {
    const { Service } = await this.#client.send(
      new CreateServiceCommand({
        Name: name,
        NamespaceId: namespace,
        HealthCheckCustomConfig: { FailureThreshold: 1 },
      }),
    );
    return Service?.Id as string;
  }

  async register(service: string, id: string, attributes: Record<string, string>): Promise<void> {
    const Attributes = attributes;
    await this.#client.send(new RegisterInstanceCommand({ ServiceId: service, InstanceId: id, Attributes }));
  }

  async deregister(service: string, id: string): Promise<void> {
    await this.#client.send(new DeregisterInstanceCommand({ ServiceId: service, InstanceId: id }));
  }

  async health(service: string, id: string, status: "HEALTHY" | "UNHEALTHY"): Promise<void> {
    await this.#client.send(
      new UpdateInstanceCustomHealthStatusCommand({ ServiceId: service, InstanceId: id, Status: status }),
    );
  }

  /** It does not answer any more, though it is still there. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async close(): Promise<void> {
    this.#client.destroy();
    if (!running.has(this.#child)) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}
