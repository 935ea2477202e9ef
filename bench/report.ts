import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { ApiResults } from "./api.js";
import { printApi } from "./api-report.js";
import type { ControllerResult } from "./controller.js";
import { printController } from "./controller-report.js";
import type { DataPath } from "./data-path.js";
import { printDataPath, printTranslation, printTransparent } from "./data-path-report.js";
import type { Ecs } from "./ecs.js";
import { printEcs } from "./ecs-report.js";
import type { Protocol } from "./fleet.js";
import type { MeshSize } from "./mesh.js";
import type { PluginCosts } from "./plugin.js";
import type { Policies } from "./policies.js";
import type { ProxyResults } from "./proxies.js";
import type { ReplicaResults } from "./replicas.js";
import { printReplicas } from "./replicas-report.js";
import { figure, quantile, ratio, table } from "./table.js";
import type { Translation } from "./translation.js";
import type { Transparent } from "./transparent.js";
import type { Cost, Up } from "./up.js";

export interface Results {
  readonly machine: ReturnType<typeof facts>;
  readonly quick: boolean;
  readonly proxies: ProxyResults[];
  /** Undefined where it was not asked for, or could not be measured. */
  replicas: ReplicaResults | undefined;
  readonly up: Up[];
  readonly plugins: PluginCosts[];
  readonly dataPath: DataPath[];
  /** Undefined where it was not asked for. */
  transparent: Transparent | undefined;
  ecs: Ecs | undefined;
  readonly translation: Translation[];
  readonly api: ApiResults[];
  readonly controller: ControllerResult[];
  readonly policies: Policies[];
}

/** What the figures were measured on. */
export function facts() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]),
  };
}

const peer = "go-control-plane";
const self = "pulumi-appmesh";

export function printResults(results: Results): void {
  const { machine, quick, proxies, up, plugins, dataPath, transparent, ecs, translation, api, policies } =
    results;
  console.log(
    `\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}, load ${machine.load} before the run` +
      `${quick ? "; --quick: few rounds, so p99 says little" : ""}\n` +
      `Server and proxies share these cores: read the ratios (${self} / ${peer}, below 1 is better), not the milliseconds.`,
  );
  for (const results of proxies) printProxies(results);
  printGrowth(proxies.filter(({ mesh }) => mesh.callers === 1));
  printReplicas(results.replicas);
  if (up.length > 0) printUp(up);
  if (plugins.length > 0) printPlugins(plugins);
  printDataPath(dataPath);
  printTransparent(transparent);
  printEcs(ecs);
  printTranslation(translation);
  for (const results of api) printApi(results);
  printController(results.controller);
  if (policies.length > 0) printPolicies(policies);
  printAims(proxies);
}

function heading(text: string): void {
  console.log(`\n${text}\n`);
}

/** Each pair of what was measured of both servers, ours first. */
function pairs<T extends { server: string }>(all: readonly T[]): [ours: T, theirs: T][] {
  const theirs = all.filter(({ server }) => server === peer);
  return all
    .filter(({ server }) => server === self)
    .flatMap((ours, i) => (theirs[i] ? [[ours, theirs[i]] as [T, T]] : []));
}

const protocolName = (protocol: Protocol): string => (protocol === "sotw" ? "SotW" : protocol);

const meshName = ({ services, callers, backends }: MeshSize): string =>
  callers === 1
    ? `Proxies of one virtual node that calls ${backends} services`
    : `Proxies of ${callers} virtual nodes that call ${backends} of ${services} services each`;

function printProxies({ mesh, entities, propagation, connecting, memory, restarts }: ProxyResults): void {
  heading(
    `${meshName(mesh)}, ${entities} entities: ms from the API's answer until every proxy has acknowledged.\n` +
      "The peer answers before it pushes. Aim: 0.33×.",
  );
  console.log(
    table(
      [
        "proxies",
        "xDS",
        "change",
        "p50",
        "p99",
        "peer p50",
        "peer p99",
        "ratio p50",
        "ratio p99",
        "from request p50",
        "peer",
        "ratio",
        "rounds",
      ],
      pairs(propagation).map(([ours, theirs]) => {
        const [p50, p99] = [quantile(ours.last, 0.5), quantile(ours.last, 0.99)];
        const [peer50, peer99] = [quantile(theirs.last, 0.5), quantile(theirs.last, 0.99)];
        const [sent, peerSent] = [quantile(ours.lastFromRequest, 0.5), quantile(theirs.lastFromRequest, 0.5)];
        return [
          ...[String(ours.proxies), protocolName(ours.protocol), ours.kind],
          ...[p50, p99, peer50, peer99].map(figure),
          ...[ratio(p50, peer50), ratio(p99, peer99)],
          ...[figure(sent), figure(peerSent), ratio(sent, peerSent)],
          String(ours.rounds),
        ];
      }),
    ),
  );

  heading("One change, for each proxy: what is sent, and the server's CPU ms (10 ms ticks: – where too few)");
  console.log(
    table(
      [
        "proxies",
        "xDS",
        "change",
        "bytes",
        "peer",
        "ratio",
        "resources",
        "peer",
        "CPU ms",
        "peer",
        "ratio",
        "fake proxy's CPU ms",
      ],
      pairs(propagation).map(([ours, theirs]) => {
        const enough = ours.proxies * ours.rounds >= 1000;
        const cpu = enough
          ? [
              figure(ours.cpuMsPerPush),
              figure(theirs.cpuMsPerPush),
              ratio(ours.cpuMsPerPush, theirs.cpuMsPerPush),
              figure(ours.fleetCpuMsPerPush),
            ]
          : ["–", "–", "–", "–"];
        return [
          ...[String(ours.proxies), protocolName(ours.protocol), ours.kind],
          ...[
            ours.bytesPerProxy.toFixed(0),
            theirs.bytesPerProxy.toFixed(0),
            ratio(ours.bytesPerProxy, theirs.bytesPerProxy),
          ],
          ...[figure(ours.resourcesPerProxy), figure(theirs.resourcesPerProxy)],
          ...cpu,
        ];
      }),
    ),
  );

  heading("First connection, at most 100 proxies on the way at once, until each has everything");
  console.log(
    table(
      ["proxies", "xDS", "s", "peer", "ratio", "CPU ms/proxy", "peer", "ratio", "KB/proxy", "peer"],
      pairs(connecting).map(([ours, theirs]) => [
        ...[String(ours.proxies), protocolName(ours.protocol)],
        ...[figure(ours.ms / 1000), figure(theirs.ms / 1000), ratio(ours.ms, theirs.ms)],
        ...[
          figure(ours.cpuMsPerProxy),
          figure(theirs.cpuMsPerProxy),
          ratio(ours.cpuMsPerProxy, theirs.cpuMsPerProxy),
        ],
        ...[figure(ours.bytesPerProxy / 1000), figure(theirs.bytesPerProxy / 1000)],
      ]),
    ),
  );

  heading("Resident memory of the server, KiB for each proxy (above its memory with no proxy). Aim: 0.5×");
  console.log(
    table(
      [
        "proxies",
        "after pushes",
        "peer",
        "ratio",
        "after a collection",
        "peer",
        "ratio",
        "MiB with none",
        "peer",
      ],
      pairs(memory).map(([ours, theirs]) => {
        const each = (m: typeof ours, kib: number) => (kib - m.empty) / m.proxies;
        const [now, peerNow] = [each(ours, ours.asItIs), each(theirs, theirs.asItIs)];
        const [least, peerLeast] = [each(ours, ours.collected), each(theirs, theirs.collected)];
        return [
          String(ours.proxies),
          ...[figure(now), figure(peerNow), ratio(now, peerNow)],
          ...[figure(least), figure(peerLeast), ratio(least, peerLeast)],
          ...[figure(ours.empty / 1024), figure(theirs.empty / 1024)],
        ];
      }),
    ),
  );

  if (restarts.length === 0) return;
  heading(
    "Server killed and started again under its proxies (the peer keeps no store). Aim: 0 resources resent",
  );
  console.log(
    table(
      [
        "server",
        "ms until it answers",
        "ms until all have subscribed",
        "resources resent",
        "bytes sent",
        "ms of the next change",
      ],
      restarts.map((r) => [
        r.server,
        ...[
          figure(r.readyMs),
          figure(r.resubscribedMs),
          String(r.resourcesResent),
          String(r.bytesSent),
          figure(r.firstChangeMs),
        ],
      ]),
    ),
  );
}

/** How the cost of a push grows with the backends of the node. */
function printGrowth(all: readonly ProxyResults[]): void {
  if (all.length < 2) return;
  heading("Growth with backends, delta. Aim: CPU flat");
  const rows = [];
  for (const kind of ["RDS", "CDS"] as const) {
    for (const server of [self, peer]) {
      const [few, many] = all.map(({ mesh, propagation }) => ({
        backends: mesh.backends,
        ...propagation.filter((p) => p.kind === kind && p.server === server && p.protocol === "delta").at(-1),
      }));
      if (few?.cpuMsPerPush === undefined || many?.cpuMsPerPush === undefined) continue;
      rows.push([
        ...[server, kind, `${few.backends} → ${many.backends}`],
        ...[figure(few.cpuMsPerPush), figure(many.cpuMsPerPush), ratio(many.cpuMsPerPush, few.cpuMsPerPush)],
        ...[(few.bytesPerProxy ?? 0).toFixed(0), (many.bytesPerProxy ?? 0).toFixed(0)],
        ratio(many.bytesPerProxy ?? 0, few.bytesPerProxy ?? 0),
      ]);
    }
  }
  console.log(
    table(["server", "change", "backends", "CPU ms/push", "then", "grows", "bytes", "then", "grows"], rows),
  );
}

function printUp(all: readonly Up[]): void {
  heading(
    "Pulumi CLI, s (median of runs), beside a provider that does nothing: the engine's own floor. Aim: ratio at most 1.2",
  );
  const s = (costs: readonly Cost[], of: keyof Cost) =>
    quantile(
      costs.map((each) => each[of]),
      0.5,
    ) / 1000;
  const rows = all
    .filter(({ provider }) => provider === "appmesh")
    .flatMap((ours) => {
      const floor = all.find(({ provider, entities }) => provider === "null" && entities === ours.entities);
      if (floor === undefined) return [];
      return (["plan", "up", "preview"] as const).map((what) => [
        String(ours.entities),
        what === "up" && ours.writes === "once" ? "up, state written once" : COMMANDS[what],
        ...(["wall", "cpu"] as const).flatMap((of) => {
          const [mine, least] = [s(ours[what], of), s(floor[what], of)];
          return [figure(mine), figure(least), ratio(mine, least)];
        }),
        String(ours[what].length),
      ]);
    });
  const columns = [
    "entities",
    "command",
    "appmesh",
    "null",
    "ratio",
    "appmesh CPU",
    "null CPU",
    "ratio",
    "runs",
  ];
  console.log(table(columns, rows));
}

const COMMANDS = { plan: "preview, all new", up: "up", preview: "preview, no change" } as const;

function printPlugins(all: readonly PluginCosts[]): void {
  heading("the plugin from its start, ms (median of starts): its port printed, Configure answered");
  const ms = (times: readonly number[]) => quantile(times, 0.5).toFixed(0);
  console.log(
    table(
      ["provider", "port", "configured", "starts"],
      all.map(({ provider, printed, configured }) => [
        ...[provider, ms(printed), ms(configured), String(printed.length)],
      ]),
    ),
  );
  heading(
    "the plugin without an engine: CPU ms for each entity, made (Check, Create) and unchanged (Check, Diff), and memory, MiB",
  );
  const mib = (kib: number | undefined) => (kib === undefined ? "" : (kib / 1024).toFixed(1));
  const rows = all.flatMap(({ provider, steps }) =>
    steps.map(
      ({ entities, cpuMs, controlPlaneCpuMs, unchangedCpuMs, residentKiB, collectedKiB, heapKiB }) => [
        ...[provider, String(entities), figure(cpuMs), figure(controlPlaneCpuMs), figure(unchangedCpuMs)],
        ...[mib(residentKiB), mib(collectedKiB), mib(heapKiB)],
      ],
    ),
  );
  const columns = [
    "provider",
    "entities",
    "made",
    "control plane's",
    "unchanged",
    "resident",
    "collected",
    "heap",
  ];
  console.log(table(columns, rows));
}

function printPolicies(all: readonly Policies[]): void {
  heading(
    "pulumi preview, s (median of runs), with the policy pack, with one without rules, and without any. Aim: ratio below 1.10",
  );
  const rows = all.flatMap(({ entities, none, empty, appmesh }) =>
    (["wall", "cpu"] as const).map((of) => {
      const s = (took: Policies["none"]) =>
        quantile(
          took.map((each) => each[of]),
          0.5,
        ) / 1000;
      return [
        ...[String(entities), of === "wall" ? "clock" : "CPU", figure(s(none)), figure(s(empty))],
        ...[figure(s(appmesh)), ratio(s(appmesh), s(empty)), String(none.length)],
      ];
    }),
  );
  console.log(table(["entities", "", "none", "empty pack", "appmesh", "ratio to empty", "runs"], rows));
}

/** What the project wants of itself, beside what it has just measured. */
function printAims(all: readonly ProxyResults[]): void {
  const rows: string[][] = [];
  const add = (what: string, value: number, aim: number, show = `${figure(value)}×`) =>
    rows.push([what, show, aim === 0 ? "0" : `${aim}×`, value <= aim ? "met" : "not met"]);
  for (const { mesh, propagation, memory, restarts } of all) {
    const who = mesh.callers === 1 ? `${mesh.backends} backends` : `${mesh.callers} virtual nodes`;
    for (const [ours, theirs] of pairs(propagation)) {
      if (ours.proxies !== memory[0]?.proxies || ours.protocol !== "delta") continue;
      const median = ({ last }: typeof ours) => quantile(last, 0.5);
      add(`time to ${ours.proxies} proxies, ${ours.kind}, ${who}, p50`, median(ours) / median(theirs), 0.33);
    }
    for (const [ours, theirs] of pairs(memory)) {
      const each = ({ collected, empty }: typeof ours) => collected - empty;
      add(`memory for each of ${ours.proxies} proxies, ${who}`, each(ours) / each(theirs), 0.5);
    }
    for (const { server, resourcesResent } of restarts) {
      if (server === self)
        add(`resources resent after a restart`, resourcesResent, 0, String(resourcesResent));
    }
  }
  if (rows.length === 0) return;
  heading("Against the aims");
  console.log(table(["", "now", "aim", ""], rows));
}
