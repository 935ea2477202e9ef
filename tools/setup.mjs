// `npm run setup`: everything that the demonstration and the tests need. Says what it does, and does it once.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureAwsNative } from "./setup/aws-native.mjs";
import { ensureBuilt } from "./setup/build.mjs";
import { ensureGoClient, ensureJavaClient } from "./setup/clients.mjs";
import { notes } from "./setup/clone.mjs";
import { ensureCollector } from "./setup/collector.mjs";
import { ensureDependencies } from "./setup/dependencies.mjs";
import { ensureDynamoDb } from "./setup/dynamodb.mjs";
import { ensureEnvoy, ensureTestedEnvoys } from "./setup/envoy.mjs";
import { ensureKubernetes } from "./setup/kubernetes.mjs";
import { ensureCanaryGo, ensureCanaryJava, ensureCanaryPython } from "./setup/languages.mjs";
import { ensurePulumi } from "./setup/pulumi.mjs";
import { ensurePython } from "./setup/python.mjs";
import { explained } from "./setup/step.mjs";

/** What the demonstration and the benchmark run with. */
export const setUpTools = async () => note({ pulumi: await ensurePulumi(), envoy: await ensureEnvoy() });

/** What only the benchmark runs with, beside that. */
export const setUpForBenchmark = async () => note({ python: await ensurePython() });

/** What only tests run with. */
export const setUpForTests = async () =>
  note({
    envoys: await ensureTestedEnvoys(),
    python: await ensurePython(),
    goClient: await ensureGoClient(),
    javaClient: await ensureJavaClient(),
    dynamoDb: await ensureDynamoDb(),
    collector: await ensureCollector(),
    awsNative: await ensureAwsNative(),
    canaryPython: await ensureCanaryPython(),
    canaryGo: await ensureCanaryGo(),
    canaryJava: await ensureCanaryJava(),
    kubernetes: await ensureKubernetes(),
  });

export async function setUp() {
  await ensureDependencies();
  await ensureBuilt();
  return setUpTools();
}

/** Notes down where the tools are, for tests/support/tools.ts. */
function note(tools) {
  mkdirSync(notes, { recursive: true });
  const file = join(notes, "tools.json");
  let known = {};
  try {
    known = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The first set-up of this clone.
  }
  const all = { ...known, ...tools };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  return all;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await explained(async () => {
    await setUp();
    await setUpForTests();
  });
}
