import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CustomResource, type CustomResourceOptions, type Inputs } from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { ControlPlane } from "./control-plane.js";
import { now } from "./processes.js";

/** Wall time of the Pulumi CLI with one provider, in ms. */
export interface Up {
  readonly provider: "appmesh" | "null";
  readonly entities: number;
  /** By run: `pulumi up` from nothing, and `pulumi preview` when nothing changes. */
  readonly up: readonly number[];
  readonly preview: readonly number[];
}

interface Entity {
  readonly kind: "Mesh" | "VirtualNode" | "VirtualRouter" | "Route" | "VirtualService";
  readonly name: string;
  readonly properties: Inputs;
  /** Names of the entities that must be there first. */
  readonly after: readonly string[];
}

/** The same entities for both providers: a mesh, then virtual nodes, routers, routes and services in turn. */
function entities(count: number): Entity[] {
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

const token = (provider: Up["provider"], kind: Entity["kind"]): string => `${provider}:index:${kind}`;

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

/** Measures both providers in turns. @param nullFolder where pulumi-resource-null is */
export async function measureUp(
  nullFolder: string,
  sizes: readonly { entities: number; runs: number }[],
): Promise<Up[]> {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-up-"));
  const controlPlane = new ControlPlane();
  try {
    await controlPlane.start();
    const environment = {
      ...controlPlane.environment,
      APPMESH_ENDPOINT: controlPlane.endpoint,
      PATH: [nullFolder, process.env.PATH].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    const results: Up[] = [];
    for (const { entities: count, runs } of sizes) {
      const measured = (["null", "appmesh"] as const).map((provider) => ({
        ...{ provider, entities: count },
        up: [] as number[],
        preview: [] as number[],
      }));
      for (let run = 0; run < runs; run++) {
        for (const one of measured) {
          const stack = await LocalWorkspace.createOrSelectStack(
            {
              stackName: `${one.provider}-${count}`,
              projectName: "bench",
              program: program(one.provider, count),
            },
            { workDir: folder, envVars: environment },
          );
          await measureOnce(stack, count, one);
        }
      }
      results.push(...measured);
    }
    return results;
  } finally {
    await controlPlane.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOnce(
  stack: Stack,
  count: number,
  into: { up: number[]; preview: number[] },
): Promise<void> {
  const timed = async <T>(times: number[], run: () => Promise<T>): Promise<T> => {
    const start = now();
    const result = await run();
    times.push(now() - start);
    return result;
  };
  try {
    const { summary } = await timed(into.up, () => stack.up());
    const created = (summary.resourceChanges?.create ?? 0) - 1; // the stack is one too
    if (created !== count) throw new Error(`pulumi up made ${created} entities, not ${count}`);
    const { changeSummary } = await timed(into.preview, () => stack.preview());
    const same = (changeSummary.same ?? 0) - 1;
    if (same !== count)
      throw new Error(
        `pulumi preview found ${same} of ${count} entities unchanged: ${JSON.stringify(changeSummary)}`,
      );
  } finally {
    await stack.destroy();
  }
}
