// `npm run upgrade-fixture`: keeps the state that this release leaves behind, for the upgrade tests of the later ones.
// A release's state is written once, by the very code that was released.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startControlPlane } from "../../support/control-plane.js";
import { TestStack } from "../stack.js";
import { programOf } from "./program.js";
import { stateFile } from "./states.js";

const schema = fileURLToPath(new URL("../../../../provider/schema.json", import.meta.url));
const { version } = JSON.parse(readFileSync(schema, "utf8")) as { version: string };
const file = stateFile(version);
if (existsSync(file)) {
  console.error(`${file} is there already: a release's state is kept as it was. Raise the version first.`);
  process.exit(1);
}

// The control plane alone keeps no process from its end.
const alive = setInterval(() => {}, 60_000);
const controlPlane = await startControlPlane();
try {
  const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  const { failure } = await stack.up(programOf(version));
  if (failure !== undefined) throw new Error(failure);
  const exported = await stack.stack.exportStack();
  writeFileSync(file, `${JSON.stringify(withoutMachine(exported), null, 2)}\n`);
  console.log(`written: ${file}`);
} finally {
  await controlPlane.stop();
  clearInterval(alive);
}

/** Where the plugin was, and where in a program a resource stands, are nobody else's. */
function withoutMachine(exported: { version: number; deployment: Record<string, unknown> }) {
  const { manifest, resources, ...deployment } = exported.deployment as {
    manifest: { plugins?: unknown };
    resources: { sourcePosition?: string; stackTrace?: unknown }[];
  };
  return {
    ...exported,
    deployment: {
      ...deployment,
      manifest: { ...manifest, plugins: undefined },
      resources: resources.map(({ sourcePosition: _, stackTrace: __, ...resource }) => resource),
    },
  };
}
