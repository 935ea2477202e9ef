import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Awaited, type Fleet, type Protocol, typeUrls } from "./fleet.js";
import { changingNode, changingService, hostnameOf } from "./mesh.js";
import { now } from "./processes.js";
import type { Change, Server } from "./server.js";
import { quantile } from "./table.js";

/** A change meets a mesh at rest: a server may put off one that follows another closely, to send both together. */
const rest = 30;

export type Kind = "RDS" | "CDS";

/** A server, and the proxies that are connected to it and to no other. */
export interface Contender {
  readonly server: Server;
  readonly fleet: Fleet;
  /** What its proxies call themselves, in turn. */
  readonly nodeIds: readonly string[];
}

/** The resources that the changes of a mesh come out in, by name. */
export interface Targets {
  readonly RDS: string;
  readonly CDS: string;
}

const readDump = (dump: string): { node: string; typeUrl: string; name: string; body: string }[] =>
  JSON.parse(readFileSync(dump, "utf8"));

/** Of one node. */
export const countClusters = (dump: string): number => {
  const [first, ...others] = readDump(dump).filter(({ typeUrl }) => typeUrl === typeUrls.CDS);
  return first === undefined ? 0 : 1 + others.filter(({ node }) => node === first.node).length;
};

/** Finds them among what a proxy was told. */
export function findTargets(dump: string): Targets {
  const resources = readDump(dump);
  const node = resources[0]?.node; // the same names with all of them
  const find = (typeUrl: string, text: string) => {
    const found = resources.filter(
      (r) => r.node === node && r.typeUrl === typeUrl && Buffer.from(r.body, "base64").includes(text),
    );
    if (found.length !== 1 || found[0] === undefined) {
      throw new Error(
        `${found.length} resources of type ${typeUrl} speak of ${text}: ${found.map(({ name }) => name).join(", ")}; expected one`,
      );
    }
    return found[0].name;
  };
  return { RDS: find(typeUrls.RDS, changingService), CDS: find(typeUrls.CDS, hostnameOf(changingNode)) };
}

/** A number of rounds of one change, on one server. */
export interface Propagation {
  readonly server: string;
  readonly kind: Kind;
  readonly protocol: Protocol;
  readonly proxies: number;
  readonly rounds: number;
  /** ms from the API's answer until the last proxy had acknowledged, by round. */
  readonly last: readonly number[];
  /** The same, from the moment the request was sent. */
  readonly lastFromRequest: readonly number[];
  /** ms from the API's answer until a proxy had acknowledged: half of all proxies of all rounds, and 99 of 100. */
  readonly eachP50: number;
  readonly eachP99: number;
  /** CPU of the server for each push to one proxy, ms. */
  readonly cpuMsPerPush: number;
  /** CPU of the fake proxies for each push, ms: the part of the machine that measuring took. */
  readonly fleetCpuMsPerPush: number;
  /** What one proxy is sent for one change. */
  readonly bytesPerProxy: number;
  readonly resourcesPerProxy: number;
}

/** Runs the contenders in turns, round by round, so that what disturbs the machine disturbs all of them. */
export async function measure(
  contenders: readonly Contender[],
  options: { kind: Kind; protocol: Protocol; proxies: number; rounds: number; targets: Targets },
): Promise<Propagation[]> {
  const runs = contenders.map((contender) => new Run(contender, options.kind, options.targets));
  for (let round = 0; round < options.rounds + 1; round++) {
    for (const run of runs) await run.round(round === 0); // the first round of each is not counted
  }
  const { kind, protocol, proxies, rounds } = options;
  return runs.map((run) => run.result({ kind, protocol, proxies, rounds }));
}

let serial = 0;

class Run {
  readonly #last: number[] = [];
  readonly #lastFromRequest: number[] = [];
  readonly #each: number[] = [];
  #cpu = 0;
  #fleetCpu = 0;
  #bytes = 0;
  #resources = 0;

  constructor(
    readonly contender: Contender,
    readonly kind: Kind,
    readonly targets: Targets,
  ) {}

  async round(warmUp: boolean): Promise<void> {
    const { server, fleet, nodeIds } = this.contender;
    const { change, awaited } = nextChange(this.kind, this.targets);
    await fleet.arm(awaited);
    const cpu = server.program.cpuMs();
    const fleetCpu = fleet.program.cpuMs();
    const requestedAt = now();
    await server.apply(change, awaited);
    const answeredAt = now();
    const arrival = await fleet.arrival();
    await sleep(rest); // and the server may do what it does afterwards
    if (arrival.distinctBodies > nodeIds.length)
      throw new Error(
        `${server.name} sent ${awaited.name} in ${arrival.distinctBodies} forms for one change`,
      );
    if (warmUp) return;
    const last = arrival.acknowledgedAt.at(-1) ?? Number.NaN;
    this.#last.push(last - answeredAt);
    this.#lastFromRequest.push(last - requestedAt);
    for (const at of arrival.acknowledgedAt) this.#each.push(at - answeredAt);
    this.#cpu += server.program.cpuMs() - cpu;
    this.#fleetCpu += fleet.program.cpuMs() - fleetCpu;
    this.#bytes += arrival.wireBytes;
    this.#resources += arrival.resources;
  }

  result(facts: { kind: Kind; protocol: Protocol; proxies: number; rounds: number }): Propagation {
    const pushes = facts.proxies * facts.rounds;
    return {
      ...facts,
      server: this.contender.server.name,
      last: this.#last,
      lastFromRequest: this.#lastFromRequest,
      eachP50: quantile(this.#each, 0.5),
      eachP99: quantile(this.#each, 0.99),
      cpuMsPerPush: this.#cpu / pushes,
      fleetCpuMsPerPush: this.#fleetCpu / pushes,
      bytesPerProxy: this.#bytes / pushes,
      resourcesPerProxy: this.#resources / pushes,
    };
  }
}

/** A change that differs from all before it. */
export function nextChange(kind: Kind, targets: Targets): { change: Change; awaited: Awaited } {
  serial++;
  const awaited = { typeUrl: typeUrls[kind], name: targets[kind] };
  if (kind === "RDS") {
    // 9,999 pairs of weights from 1 to 100, none of them the initial one: more than a run has changes.
    const weights = [1 + (serial % 100), 1 + Math.floor(serial / 100)] as const;
    return { change: { weights, firstTarget: targets.CDS }, awaited };
  }
  const hostname = hostnameOf(`${changingNode}-${serial}`);
  return { change: { hostname }, awaited: { ...awaited, contains: hostname } };
}
