import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Balancer } from "@pulumi-appmesh/tests/support/balancer.js";
import { DynamoDbServer } from "@pulumi-appmesh/tests/support/dynamodb.js";
import { FaultyDynamoDb } from "@pulumi-appmesh/tests/support/dynamodb-faults.js";
import { appmesh, ControlPlane } from "./control-plane.js";
import { Fleet, type Proof } from "./fleet.js";
import { collectedKiB, type Memory, memory } from "./memory.js";
import { createMesh, type MeshSize } from "./mesh.js";
import type { Peers } from "./peers.js";
import { type Contender, findTargets, measure, type Propagation, type Targets } from "./propagation.js";
import { lossOf, type Restart } from "./restart.js";
import type { Server } from "./server.js";

export interface ReplicasPlan {
  readonly mesh: MeshSize;
  readonly proxies: number;
  readonly rounds: number;
  readonly idleSeconds: number;
}

export interface ReplicaResults {
  readonly proxies: number;
  readonly mesh: MeshSize;
  /** From a control plane on SQLite to its own proxies, and from one on DynamoDB to another's, by poll and by notices. */
  readonly propagation: Propagation[];
  /** Of the control plane to which all proxies come when theirs dies. */
  readonly death: Restart;
  /** In plain text, and with mutual TLS. */
  readonly memory: Memory[];
  /** What two control planes that hear of each other's changes ask of the table while nothing happens, each in an hour. */
  readonly idle: { readonly seconds: number; readonly perHour: Readonly<Record<string, number>> };
}

/** What the table was asked for is counted on the way to it. */
interface SharedTable {
  readonly way: FaultyDynamoDb;
  readonly args: readonly string[];
}

/** A control plane that is written to, and another that tells its proxies. */
class Pair implements Server {
  constructor(
    readonly name: string,
    readonly writer: ControlPlane,
    readonly reader: ControlPlane,
  ) {}

  get program() {
    return this.reader.program;
  }

  get xds(): string {
    return this.reader.xds;
  }

  async start(): Promise<void> {
    await this.writer.start();
    await this.reader.start();
  }

  apply(...[change]: Parameters<Server["apply"]>): Promise<void> {
    return this.writer.apply(change);
  }

  collectGarbage(): Promise<void> {
    return this.reader.collectGarbage();
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.reader.stop(signal);
  }

  async remove(): Promise<void> {
    await this.writer.remove();
    await this.reader.remove();
  }
}

/** What it costs that control planes share a table, and what their proxies notice of it. */
export async function measureReplicas(
  peers: Peers,
  say: (line: string) => void,
  plan: ReplicasPlan,
): Promise<ReplicaResults | undefined> {
  const database = await DynamoDbServer.start({ skip: () => undefined } as unknown as Mocha.Context);
  if (database === undefined) {
    say("control planes that share a table are left out: set-up found no Java for DynamoDB Local");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-replicas-"));
  const closers: (() => unknown)[] = [
    () => database.close(),
    () => rmSync(folder, { recursive: true, force: true }),
  ];
  const started = async <T extends { start(): Promise<void>; remove(): Promise<void> }>(
    server: T,
  ): Promise<T> => {
    closers.push(() => server.remove());
    await server.start();
    return server;
  };
  const fleet = () => {
    const made = new Fleet(peers.fakeProxies);
    closers.push(() => made.program.stop());
    return made;
  };
  const table = async (): Promise<SharedTable> => {
    const way = await FaultyDynamoDb.start(database.endpoint);
    closers.push(() => way.leave());
    const { table: name, region } = await database.table();
    return { way, args: ["--table", name, "--region", region, "--dynamodb-endpoint", way.endpoint] };
  };
  const pair = async (name: string, { args }: SharedTable, ...more: string[]): Promise<Pair> =>
    started(
      new Pair(name, new ControlPlane(name, [...args, ...more]), new ControlPlane(name, [...args, ...more])),
    );
  try {
    const [polled, noticed] = [await table(), await table()];
    say("control planes on SQLite and on DynamoDB, and a mesh in each …");
    const alone = await started(new ControlPlane("SQLite, one process"));
    const byPoll = await pair("DynamoDB, by poll", polled);
    const byNotice = await pair("DynamoDB, by notices", noticed, "--notices", "127.0.0.1:0");
    const contenders: Contender[] = [];
    let targets: Targets | undefined;
    for (const server of [alone, byPoll, byNotice]) {
      const { nodeIds } = await createMesh(
        server instanceof Pair ? server.writer.api : server.api,
        plan.mesh,
      );
      contenders.push({ server, fleet: fleet(), nodeIds });
    }
    say(`what ${plan.idleSeconds} s without a change ask of the table …`);
    noticed.way.asked.clear();
    await sleep(plan.idleSeconds * 1000);
    const idle = {
      seconds: plan.idleSeconds,
      perHour: Object.fromEntries(
        [...noticed.way.asked].map(([operation, n]) => [operation, (n * 3600) / plan.idleSeconds / 2]),
      ),
    };
    const plain: Memory[] = [];
    for (const { server, fleet: proxies, nodeIds } of contenders) {
      const empty = server === byNotice ? await collectedKiB(server) : 0;
      say(`${plan.proxies} proxies at ${server.name} …`);
      await proxies.connect(server.xds, "delta", nodeIds, plan.proxies);
      if (server === byNotice) plain.push(await memory(server, empty, plan.proxies));
      const resources = join(folder, "resources.json");
      await proxies.dump(resources);
      targets ??= findTargets(resources);
    }
    if (targets === undefined) throw new Error("unreachable: there are contenders");
    const { proxies, rounds } = plan;
    say(`${rounds} rounds of changes …`);
    const propagation = await measure(contenders, {
      kind: "RDS",
      protocol: "delta",
      proxies,
      rounds,
      targets,
    });
    for (const contender of contenders) await contender.fleet.disconnect();
    await alone.remove();
    await byPoll.remove();

    say("the death of a control plane under all proxies …");
    const death = await measureDeath(byNotice, contenders.at(-1) as Contender, proxies, targets, closers);
    await byNotice.remove();

    say(`${proxies} proxies with mutual TLS …`);
    const secured = await measureMutualTls(plan, folder, fleet(), started);
    return { proxies, mesh: plan.mesh, propagation, death, memory: [...plain, secured], idle };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** All proxies are at the reader, by way of a balancer; it dies, and they come to the writer. */
async function measureDeath(
  { name, writer, reader }: Pair,
  { fleet, nodeIds }: Contender,
  proxies: number,
  targets: Targets,
  closers: (() => unknown)[],
): Promise<Restart> {
  const at = (xds: string) => ({ host: "127.0.0.1", port: Number(xds.split(":")[1]) });
  const balancer = await Balancer.open(at(reader.xds));
  closers.push(() => balancer.close());
  const xds = `127.0.0.1:${balancer.address.port}`;
  await fleet.connect(xds, "delta", nodeIds, proxies);
  const server: Server = {
    ...{ name, xds, program: writer.program },
    apply: (change) => writer.apply(change),
    collectGarbage: () => writer.collectGarbage(),
    // Who takes the place of the dead one is there already.
    start: async () => {},
    stop: async (signal) => {
      balancer.lead(at(writer.xds));
      await reader.stop(signal);
    },
  };
  return lossOf({ server, fleet, nodeIds }, targets);
}

async function measureMutualTls(
  { mesh, proxies }: ReplicasPlan,
  folder: string,
  fleet: Fleet,
  started: (server: ControlPlane) => Promise<ControlPlane>,
): Promise<Memory> {
  const data = join(folder, "data");
  const server = await started(new ControlPlane("mutual TLS", ["--xds-tls-self-signed", "--data", data]));
  const { nodeIds } = await createMesh(server.api, mesh);
  const [, meshName = "", , node = ""] = nodeIds[0]?.split("/") ?? [];
  const out = join(folder, "identity");
  const args = ["--mesh", meshName, "--node", node, "--out", out, "--endpoint", server.endpoint];
  await promisify(execFile)(appmesh, ["identities", "issue", ...args], {
    env: { ...process.env, ...server.environment },
  });
  const file = (name: string) => join(out, name);
  const proof: Proof = {
    ...{ trust: file("ca.pem"), certificate: file("certificate.pem"), key: file("key.pem") },
    serverName: "localhost",
  };
  const empty = await collectedKiB(server);
  await fleet.connect(server.xds, "delta", nodeIds.slice(0, 1), proxies, proof);
  return memory(server, empty, proxies);
}
