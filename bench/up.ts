import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import type { ObjectValue } from "@pulumi-appmesh/provider/server/values.js";
import { ControlPlane } from "./control-plane.js";
import { cpuOfFamilyMs, now } from "./processes.js";

/** The Pulumi CLI with one provider: each command by run. */
export interface Up {
  readonly provider: "appmesh" | "null";
  readonly entities: number;
  /** How often `up` writes the state of the stack. */
  readonly writes: UpPlan["writes"];
  /** `pulumi preview` of what is not there yet. */
  readonly plan: readonly Cost[];
  /** `pulumi up` from nothing. */
  readonly up: readonly Cost[];
  /** `pulumi preview` when nothing changes. */
  readonly preview: readonly Cost[];
}

/** What a command took, in ms: by the clock, and of CPU with its program, its plugin and the control plane. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** An entity of the mesh that both providers are given. */
export interface Entity {
  readonly kind: "Mesh" | "VirtualNode" | "VirtualRouter" | "Route" | "VirtualService";
  readonly name: string;
  readonly properties: ObjectValue;
  /** Names of the entities that must be there first. */
  readonly after: readonly string[];
}

/** The same entities for both providers: a mesh, then virtual nodes, routers, routes and services in turn. */
export function entities(count: number): Entity[] {
  const meshName = "up";
  const listener = { portMapping: { port: 8080, protocol: "http" } };
  const out: Entity[] = [{ kind: "Mesh", name: "mesh", properties: { meshName, spec: {} }, after: [] }];
  for (let i = 0; out.length < count; i++) {
    const [virtualNodeName, virtualRouterName, routeName] = [`node-${i}`, `router-${i}`, `route-${i}`];
    const hostname = `node-${i}.up.internal`;
    const weightedTargets = [{ virtualNode: virtualNodeName, weight: 100 }];
    const service: Entity[] = [
      {
        kind: "VirtualNode",
        name: virtualNodeName,
        properties: {
          meshName,
          virtualNodeName,
          spec: { listeners: [listener], serviceDiscovery: { dns: { hostname } } },
        },
        after: ["mesh"],
      },
      {
        kind: "VirtualRouter",
        name: virtualRouterName,
        properties: { meshName, virtualRouterName, spec: { listeners: [listener] } },
        after: ["mesh"],
      },
      {
        kind: "Route",
        name: routeName,
        properties: {
          meshName,
          virtualRouterName,
          routeName,
          spec: { httpRoute: { match: { prefix: "/" }, action: { weightedTargets } } },
        },
        after: [virtualNodeName, virtualRouterName],
      },
      {
        kind: "VirtualService",
        name: `service-${i}`,
        properties: {
          meshName,
          virtualServiceName: `service-${i}.up.local`,
          spec: { provider: { virtualRouter: { virtualRouterName } } },
        },
        after: [virtualRouterName],
      },
    ];
    out.push(...service.slice(0, count - out.length));
  }
  return out;
}

/** A resource of any type, without an SDK, so that both providers are called in the same way. */
class AnyResource extends CustomResource {}

export const token = (provider: Up["provider"], kind: Entity["kind"]): string => `${provider}:index:${kind}`;

/** A program that declares as many entities with that provider. */
export function program(provider: Up["provider"], count: number): () => Promise<void> {
  return async () => {
    const made = new Map<string, CustomResource>();
    for (const { kind, name, properties, after } of entities(count)) {
      const dependsOn = after.map((before) => made.get(before)).filter((resource) => resource !== undefined);
      const options: CustomResourceOptions = { dependsOn };
      made.set(name, new AnyResource(token(provider, kind), name, { ...properties }, options));
    }
  };
}

/** Both providers, in this order in every turn. */
const providers = ["null", "appmesh"] as const;

/** What is measured of a mesh of some size. */
export interface UpPlan {
  readonly entities: number;
  /** Each from nothing. */
  readonly runs: number;
  /** Previews without a change in each run: they are short, and the machine is not alone. */
  readonly previews: number;
  /**
   * `steps`: as users have it, the whole state at each step, which grows with the square of the entities. `once`: at the
   * end (the engine's own PULUMI_SKIP_CHECKPOINTS), so that many entities take minutes instead of an hour, and what a
   * provider takes is not lost beside it.
   */
  readonly writes: "steps" | "once";
}

/** Measures both providers in turns. @param folders where their plugins are */
export async function measureUp(
  folders: Readonly<Record<Up["provider"], string>>,
  plans: readonly UpPlan[],
  say: (line: string) => void,
): Promise<Up[]> {
  const results: Up[] = [];
  for (const plan of plans) {
    const { entities, writes, runs } = plan;
    const measured = providers.map((provider) => ({
      ...{ provider, entities, writes },
      ...{ plan: [] as Cost[], up: [] as Cost[], preview: [] as Cost[] },
    }));
    for (let run = 1; run <= runs; run++) {
      say(`pulumi up and preview of ${entities} entities, ${run} of ${runs} …`);
      await measureRun(folders, plan, measured);
    }
    results.push(...measured);
  }
  return results;
}

/** Everything once, from nothing: a control plane and a folder of stacks that go when it is done. */
async function measureRun(
  folders: Readonly<Record<Up["provider"], string>>,
  { entities: count, previews, writes }: UpPlan,
  measured: readonly { provider: Up["provider"]; plan: Cost[]; up: Cost[]; preview: Cost[] }[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-up-"));
  const controlPlane = new ControlPlane();
  try {
    await controlPlane.start();
    const environment = {
      ...controlPlane.environment,
      APPMESH_ENDPOINT: controlPlane.endpoint,
      PATH: [...Object.values(folders), process.env.PATH].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...(writes === "once" && { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" }),
    };
    const stacks = new Map<Up["provider"], Stack>();
    for (const provider of providers) {
      const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: provider, projectName: "bench", program: program(provider, count) },
        { workDir: folder, envVars: environment },
      );
      stacks.set(provider, stack);
    }
    const inTurns = async (times: "plan" | "up" | "preview", run: (stack: Stack) => Promise<unknown>) => {
      for (const one of measured) {
        const [start, spent] = [now(), cpuMs(controlPlane)];
        await run(stacks.get(one.provider) as Stack);
        one[times].push({ wall: now() - start, cpu: cpuMs(controlPlane) - spent });
      }
    };
    await inTurns("plan", async (stack) => {
      const { changeSummary } = await stack.preview();
      expect(changeSummary.create, count, "pulumi preview would create");
    });
    await inTurns("up", async (stack) => {
      const { summary } = await stack.up();
      expect(summary.resourceChanges?.create, count, "pulumi up created");
    });
    for (let i = 0; i < previews; i++) {
      await inTurns("preview", async (stack) => {
        const { changeSummary } = await stack.preview();
        expect(changeSummary.same, count, "pulumi preview left unchanged");
      });
    }
  } finally {
    await controlPlane.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU time of this process, which runs the programs, of all that it has started and that has ended, and of the control plane. */
const cpuMs = (controlPlane: ControlPlane): number => cpuOfFamilyMs() + controlPlane.program.cpuMs();

function expect(resources: number | undefined, count: number, what: string): void {
  const entities = (resources ?? 0) - 1; // the stack is one too
  if (entities !== count) throw new Error(`${what} ${entities} entities, not ${count}`);
}
