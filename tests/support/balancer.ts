// One address before several servers, as a Network Load Balancer is: whole connections, to each server in turn.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface Target {
  readonly host: string;
  readonly port: number;
}

export class Balancer {
  #targets: readonly Target[] = [];
  #next = 0;
  readonly #connections = new Map<Socket, Target | undefined>();

  private constructor(private readonly server: Server) {}

  static async open(...targets: readonly Target[]): Promise<Balancer> {
    const server = createServer();
    const balancer = new Balancer(server);
    balancer.#targets = targets;
    server.on("connection", (from) => balancer.#pass(from));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get address(): Target {
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port };
  }

  /** New connections lead to these. Those that there are stay. */
  lead(...targets: readonly Target[]): void {
    this.#targets = targets;
  }

  /** Breaks all connections off. */
  cut(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  /** To a server that takes it: who does not is left out, as by a health check. */
  #pass(from: Socket, attempts = this.#targets.length): void {
    this.#connections.set(from, undefined);
    from.on("error", () => {});
    from.once("close", () => this.#connections.delete(from));
    const target = this.#targets[this.#next++ % this.#targets.length];
    if (target === undefined || attempts <= 0) {
      from.destroy();
      return;
    }
    const to = connect(target);
    const another = () => {
      from.removeAllListeners("close");
      this.#pass(from, attempts - 1);
    };
    to.once("error", another);
    to.once("connect", () => {
      to.off("error", another).on("error", () => {});
      to.once("close", () => from.destroy());
      from.once("close", () => to.destroy());
      if (from.destroyed) to.destroy();
      from.pipe(to);
      to.pipe(from);
    });
  }
}
