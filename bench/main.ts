// `npm run bench`: what a change costs on the way to many proxies, and what Pulumi costs on the way to a change,
// each beside a peer that does the same work in the same run. Figures are printed, never asserted.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureApi } from "./api.js";
import { moto, ours } from "./api-contender.js";
import { measureController } from "./controller.js";
import { measureDataPath } from "./data-path.js";
import { measureEcs } from "./ecs.js";
import { installedPlugin } from "./installed-plugin.js";
import { buildPeers } from "./peers.js";
import { measurePlugins } from "./plugin.js";
import { measurePolicies } from "./policies.js";
import { endAll } from "./processes.js";
import { measureProxies } from "./proxies.js";
import { measureReplicas } from "./replicas.js";
import { facts, printResults, type Results } from "./report.js";
import { measureTranslation } from "./translation.js";
import { measureTransparent } from "./transparent.js";
import { measureUp } from "./up.js";

const sections = [
  "proxies",
  "growth",
  "spread",
  "replicas",
  "up",
  "data-path",
  "ecs",
  "api",
  "controller",
  "policies",
] as const;
type Section = (typeof sections)[number];

const usage = `usage: npm run bench -- [--only ${sections.join(",")}] [--quick] [--json FILE]
  proxies    propagation, bytes, memory and restart with 100 backends
  growth     propagation, bytes and memory with 1,000 backends
  spread     propagation and memory where every proxy is of another virtual node
  replicas   from one control plane to the proxies of another, on DynamoDB Local, beside one process on SQLite
  up         pulumi up and preview, start and memory of the plugin, beside a provider that does nothing
  data-path  requests through Envoys beside the same by hand, and the time of translation
  ecs        requests between ECS tasks beside the same without the mesh, Envoy's memory in them, and their start
  api        reads, writes and lists of the API with 10,000 entities beside moto's server
  controller a mesh as AWS's Kubernetes controller makes it, object by object, beside moto's server
  policies   pulumi preview with the policy pack, with one without rules, and without any`;

function options(): { only: ReadonlySet<Section>; quick: boolean; json: string | undefined } {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const only = values.only?.split(",") ?? sections;
  for (const name of only) {
    if (!(sections as readonly string[]).includes(name))
      throw new Error(`--only ${name}: there is no such section`);
  }
  return { only: new Set(only as Section[]), quick: values.quick, json: values.json };
}

const say = (line: string): void => console.error(`· ${line}`);

async function main(): Promise<void> {
  let chosen: ReturnType<typeof options>;
  try {
    chosen = options();
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const { only, quick, json } = chosen;
  const start = Date.now();
  const results: Results = {
    machine: facts(),
    quick,
    proxies: [],
    replicas: undefined,
    up: [],
    plugins: [],
    dataPath: [],
    transparent: undefined,
    ecs: undefined,
    translation: [],
    api: [],
    controller: [],
    policies: [],
  };
  const alone: readonly Section[] = ["data-path", "ecs", "api", "controller", "policies"];
  if ([...only].some((section) => !alone.includes(section))) await measureBesidePeers(only, quick, results);
  if (only.has("data-path")) {
    results.translation.push(
      ...[10, 100, 500].map((backends) => measureTranslation(backends, quick ? 10 : 30)),
    );
    const plan = { rounds: quick ? 15 : 80, ms: 100 };
    results.dataPath.push(...(await measureDataPath(say, plan)));
    results.transparent = await measureTransparent(say, plan);
  }
  if (only.has("ecs")) {
    results.ecs = await measureEcs(say, {
      path: { rounds: quick ? 15 : 80, ms: 100 },
      backends: [0, 10, 100],
      starts: quick ? 1 : 3,
    });
  }
  if (only.has("api")) {
    results.api.push(
      await measureApi([ours(), await moto()], say, {
        entities: quick ? [100, 1_000] : [100, 1_000, 10_000],
        pageRounds: quick ? 3 : 10,
        rounds: quick ? 3 : 8,
        roundMs: 300,
        connections: 8,
      }),
    );
  }
  if (only.has("controller")) {
    results.controller.push(
      ...(await measureController(
        [ours(), await moto()],
        say,
        quick
          ? { "virtual nodes": 100, "virtual services": 100, routes: 50 }
          : { "virtual nodes": 1_000, "virtual services": 1_000, routes: 500 },
      )),
    );
  }
  if (only.has("policies")) {
    say("pulumi preview with the policy pack …");
    results.policies.push(
      ...(await measurePolicies(
        quick
          ? [{ entities: 100, runs: 1 }]
          : [
              { entities: 500, runs: 3 },
              { entities: 2_000, runs: 2 },
            ],
      )),
    );
  }
  printResults(results);
  console.log(`\n${Math.round((Date.now() - start) / 1000)} s in all`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
}

async function measureBesidePeers(
  only: ReadonlySet<Section>,
  quick: boolean,
  results: Results,
): Promise<void> {
  const peers = await buildPeers(say);
  if (only.has("proxies")) {
    results.proxies.push(
      await measureProxies(peers, say, {
        mesh: { services: 100, callers: 1, backends: 100 },
        ladder: quick
          ? [
              { proxies: 1, rounds: 20 },
              { proxies: 100, rounds: 10 },
              { proxies: 1000, rounds: 8 },
            ]
          : [
              { proxies: 1, rounds: 50 },
              { proxies: 100, rounds: 30 },
              { proxies: 1000, rounds: 25 },
            ],
        sotw: { proxies: 100, rounds: quick ? 3 : 10 },
        restart: true,
      }),
    );
  }
  if (only.has("growth")) {
    results.proxies.push(
      await measureProxies(peers, say, {
        mesh: { services: 1000, callers: 1, backends: 1000 },
        ladder: [{ proxies: 1000, rounds: quick ? 2 : 6 }],
        restart: false,
      }),
    );
  }
  if (only.has("spread")) {
    const proxies = quick ? 200 : 1000;
    results.proxies.push(
      await measureProxies(peers, say, {
        mesh: { services: 100, callers: proxies, backends: 50 },
        ladder: [{ proxies, rounds: quick ? 3 : 6 }],
        restart: false,
      }),
    );
  }
  if (only.has("replicas")) {
    results.replicas = await measureReplicas(peers, say, {
      mesh: { services: 100, callers: 1, backends: 100 },
      proxies: 1000,
      rounds: quick ? 8 : 25,
      idleSeconds: quick ? 10 : 30,
    });
  }
  if (only.has("up")) await measurePulumi(peers.folder, quick, results);
}

async function measurePulumi(nullFolder: string, quick: boolean, results: Results): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-plugin-"));
  try {
    say("the plugin as it is installed …");
    const folders = { null: nullFolder, appmesh: await installedPlugin(folder) };
    say("the plugin by itself …");
    results.plugins.push(
      ...(await measurePlugins(folders, {
        starts: quick ? 3 : 10,
        entities: quick ? [50, 500] : [50, 500, 2_000],
      })),
    );
    const small = { entities: 50, runs: quick ? 1 : 3, previews: 3, writes: "steps" } as const;
    const large = [
      { entities: 500, runs: 1, previews: 3, writes: "steps" },
      { entities: 2_000, runs: 1, previews: 2, writes: "once" },
    ] as const;
    results.up.push(...(await measureUp(folders, quick ? [small] : [small, ...large], say)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
try {
  await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
endAll();
