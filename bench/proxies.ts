import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anchor } from "./anchor.js";
import { ControlPlane } from "./control-plane.js";
import { Fleet, type Protocol } from "./fleet.js";
import { collectedKiB, type Memory, memory } from "./memory.js";
import { createMesh, type MeshSize } from "./mesh.js";
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
  readonly mesh: MeshSize;
  /** Incremental xDS. */
  readonly ladder: readonly { proxies: number; rounds: number }[];
  readonly sotw?: { proxies: number; rounds: number };
  /** At the top of the ladder. */
  readonly restart: boolean;
}

export interface ProxyResults {
  readonly mesh: MeshSize;
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
  const resources = join(folder, "resources.json");
  const controlPlane = new ControlPlane();
  const anchor = new Anchor(peers.anchor, resources);
  const fleets = { anchor: new Fleet(peers.fakeProxies), ours: new Fleet(peers.fakeProxies) };
  const { services, callers, backends } = plan.mesh;
  try {
    say(`a mesh of ${services} services, and ${callers} virtual nodes with ${backends} backends each …`);
    await controlPlane.start();
    const { entities, nodeIds } = await createMesh(controlPlane.api, plan.mesh);
    await fleets.ours.connect(controlPlane.xds, "delta", nodeIds, nodeIds.length);
    await fleets.ours.dump(resources);
    await fleets.ours.disconnect();
    const targets = findTargets(resources);
    await anchor.start();
    const contenders: Contender[] = [
      { server: anchor, fleet: fleets.anchor, nodeIds },
      { server: controlPlane, fleet: fleets.ours, nodeIds },
    ];

    const results: ProxyResults = {
      mesh: plan.mesh,
      entities,
      clusters: countClusters(resources),
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
    for (const fleet of Object.values(fleets)) await fleet.program.stop();
    await anchor.stop();
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
  for (const { server, fleet, nodeIds } of contenders) {
    const cpu = server.program.cpuMs();
    const start = now();
    const { wireBytes } = await fleet.connect(server.xds, protocol, nodeIds, proxies);
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
