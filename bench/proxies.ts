import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anchor } from "./anchor.js";
import { ControlPlane } from "./control-plane.js";
import { Fleet, type Protocol } from "./fleet.js";
import { collectedKiB, type Memory, memory } from "./memory.js";
import { createMesh, nodeId } from "./mesh.js";
import type { Peers } from "./peers.js";
import { now } from "./processes.js";
import {
  type Contender,
  countClusters,
  findTargets,
  measure,
  type Propagation,
  type Targets,
} from "./propagation.js";
import { type Restart, restart } from "./restart.js";

export interface Plan {
  readonly backends: number;
  /** Incremental xDS. */
  readonly ladder: readonly { proxies: number; rounds: number }[];
  readonly sotw?: { proxies: number; rounds: number };
  /** At the top of the ladder. */
  readonly restart: boolean;
}

export interface ProxyResults {
  readonly backends: number;
  readonly entities: number;
  /** What a proxy is told of. */
  readonly clusters: number;
  readonly propagation: Propagation[];
  readonly connecting: {
    server: string;
    protocol: Protocol;
    proxies: number;
    ms: number;
    cpuMsPerProxy: number;
    bytesPerProxy: number;
  }[];
  readonly memory: Memory[];
  readonly restarts: Restart[];
}

/** Everything that is measured of one mesh with fake proxies. */
export async function measureProxies(
  peers: Peers,
  say: (line: string) => void,
  plan: Plan,
): Promise<ProxyResults> {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-proxies-"));
  const controlPlane = new ControlPlane();
  const ours: Contender = { server: controlPlane, fleet: new Fleet(peers.fakeProxies) };
  const anchor: Contender = {
    server: new Anchor(peers.anchor, join(folder, "resources.json")),
    fleet: new Fleet(peers.fakeProxies),
  };
  const contenders = [anchor, ours];
  try {
    say(`a mesh with ${plan.backends} backends …`);
    await controlPlane.start();
    const entities = await createMesh(controlPlane.api, plan.backends);
    await ours.fleet.connect(controlPlane.xds, "delta", [nodeId], 1);
    await ours.fleet.dump(join(folder, "resources.json"));
    await ours.fleet.disconnect();
    const targets = findTargets(join(folder, "resources.json"));
    await anchor.server.start();

    const results: ProxyResults = {
      backends: plan.backends,
      entities,
      clusters: countClusters(join(folder, "resources.json")),
      propagation: [],
      connecting: [],
      memory: [],
      restarts: [],
    };
    const empty = new Map<Contender, number>();
    for (const contender of contenders) empty.set(contender, await collectedKiB(contender.server));

    const step = (protocol: Protocol, size: { proxies: number; rounds: number }) =>
      changesFor(contenders, protocol, size, targets, results, say);
    for (const size of plan.ladder) await step("delta", size);
    const top = plan.ladder.at(-1)?.proxies ?? 0;
    for (const contender of contenders) {
      results.memory.push(await memory(contender.server, empty.get(contender) ?? Number.NaN, top));
    }
    if (plan.restart) {
      say(`restarts under ${top} proxies …`);
      for (const contender of contenders) results.restarts.push(await restart(contender, targets));
    }
    if (plan.sotw) await step("sotw", plan.sotw);
    return results;
  } finally {
    for (const { fleet, server } of contenders) {
      await fleet.program.stop();
      await server.stop();
    }
    await controlPlane.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function changesFor(
  contenders: readonly Contender[],
  protocol: Protocol,
  { proxies, rounds }: { proxies: number; rounds: number },
  targets: Targets,
  results: ProxyResults,
  say: (line: string) => void,
): Promise<void> {
  say(`${proxies} proxies, ${protocol}, ${rounds} rounds of each change …`);
  for (const { server, fleet } of contenders) {
    const cpu = server.program.cpuMs();
    const start = now();
    const { wireBytes } = await fleet.connect(server.xds, protocol, [nodeId], proxies);
    results.connecting.push({
      ...{ server: server.name, protocol, proxies },
      ms: now() - start,
      cpuMsPerProxy: (server.program.cpuMs() - cpu) / proxies,
      bytesPerProxy: wireBytes / proxies,
    });
  }
  for (const kind of ["RDS", "CDS"] as const) {
    results.propagation.push(...(await measure(contenders, { kind, protocol, proxies, rounds, targets })));
  }
}
