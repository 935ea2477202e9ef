// AWS Cloud Map as moto's server plays it, in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
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

  private constructor(
    child: ChildProcess,
    private readonly port: number,
    private readonly gate: Gate,
  ) {
    this.#child = child;
    this.url = `http://127.0.0.1:${gate.port}`;
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
    const server = new CloudMapServer(child, port, await Gate.open(port));
    for (let attempt = 0; attempt < 300; attempt++) {
      if (!running.has(child)) break;
      const answer = await fetch(`http://127.0.0.1:${server.port}/moto-api/data.json`).catch(() => undefined);
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

  /** Where its DNS has a name lead: to the instances that are well, and to all where none is. */
  async addresses(name: string): Promise<readonly string[]> {
    const [ServiceName = "", ...namespace] = name.split(".");
    const { Instances = [] } = await this.#client.send(
      new DiscoverInstancesCommand({
        NamespaceName: namespace.join("."),
        ServiceName,
        HealthStatus: "HEALTHY_OR_ELSE_ALL",
      }),
    );
    return Instances.flatMap(({ Attributes }) => Attributes?.AWS_INSTANCE_IPV4 ?? []).sort();
  }

  /** Nobody reaches it any more. */
  leave(): Promise<void> {
    return this.gate.close();
  }

  /** It is there again, with all that it knew. */
  comeBack(): Promise<void> {
    return this.gate.reopen();
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await this.gate.close();
    if (!running.has(this.#child)) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** A port that leads to another as long as it is open. */
class Gate {
  port = 0;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: number) {}

  static async open(target: number): Promise<Gate> {
    const gate = new Gate(target);
    await gate.reopen();
    return gate;
  }

  reopen(): Promise<void> {
    const server = createServer((from) => {
      const to = connect(this.target, "127.0.0.1");
      for (const [socket, other] of [
        [from, to],
        [to, from],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.once("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port, "127.0.0.1", () => {
        this.port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.#server ? this.#server.close(() => resolve()) : resolve(),
    );
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }
}
