import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { analyzerIn } from "@pulumi-appmesh/tests/support/analyzer.js";
import { cpuOfFamilyMs, now } from "./processes.js";
import { program } from "./up.js";

const { resolve } = createRequire(import.meta.url);

/** What a preview took, in ms: by the clock, and of CPU with the program, its plugin and the pack. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

/** `pulumi preview` of as many entities, by run: without a pack, with one without rules, with ours. */
export interface Policies {
  readonly entities: number;
  readonly none: readonly Took[];
  readonly empty: readonly Took[];
  readonly appmesh: readonly Took[];
}

/** Measures previews of a mesh that is not there yet, the three in turns. */
export async function measurePolicies(
  sizes: readonly { entities: number; runs: number }[],
): Promise<Policies[]> {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-policies-"));
  try {
    // Nothing stops the preview: what rules find is told, which costs as much.
    const settings = join(folder, "settings.json");
    writeFileSync(settings, JSON.stringify({ all: "advisory" }));
    const environment = {
      APPMESH_ENDPOINT: "http://127.0.0.1:1",
      APPMESH_POLICY_SETTINGS: settings,
      PATH: [analyzerIn(folder), process.env.PATH].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    const packs = {
      none: [],
      empty: [emptyPack(folder)],
      appmesh: [fileURLToPath(new URL("../../policy-pack", import.meta.url))],
    };
    const results: Policies[] = [];
    for (const { entities, runs } of sizes) {
      const measured = { entities, none: [] as Took[], empty: [] as Took[], appmesh: [] as Took[] };
      const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: `policies-${entities}`, projectName: "bench", program: program("appmesh", entities) },
        { workDir: folder, envVars: environment },
      );
      for (let run = 0; run < runs; run++) {
        for (const which of ["none", "empty", "appmesh"] as const) {
          const [start, spent] = [now(), cpuOfFamilyMs()];
          const { changeSummary } = await stack.preview({ policyPacks: packs[which] });
          measured[which].push({ wall: now() - start, cpu: cpuOfFamilyMs() - spent });
          const created = (changeSummary.create ?? 0) - 1; // the stack is one too
          if (created !== entities)
            throw new Error(`pulumi preview saw ${created} entities, not ${entities}`);
        }
      }
      results.push(measured);
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function emptyPack(folder: string): string {
  const pack = join(folder, "empty");
  mkdirSync(pack);
  writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(
    join(pack, "package.json"),
    JSON.stringify({ name: "empty", version: "1.0.0", main: "index.js" }),
  );
  const policy = resolve("@pulumi/policy");
  writeFileSync(
    join(pack, "index.js"),
    `const { PolicyPack } = require(${JSON.stringify(policy)});\nnew PolicyPack("empty", { policies: [] });\n`,
  );
  return pack;
}
