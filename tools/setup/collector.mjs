// The OpenTelemetry collector (tools/collector), which runs beside the Envoys of tasks and pods in tests. Who has no Go does
// without: a program that stands for it takes its place.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const source = join(root, "tools/collector");
const wayOut =
  "Go 1.26 or later is needed, and a Go module proxy that it can reach. Only tests need it: `npm start` runs without.";

/** @returns {Promise<string | undefined>} the executable, if there is Go */
export async function ensureCollector() {
  if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) return undefined;
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(readFileSync(join(source, file)));
  const title = "building the OpenTelemetry collector (once, about 4 minutes on two cores)";
  const folder = await makeOnce(`collector-${hash.digest("hex").slice(0, 12)}`, (folder) =>
    step(title, wayOut, (run) =>
      run(
        "go",
        [
          ...["build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"],
          ...["-o", join(folder, "awscollector"), "."],
        ],
        { cwd: source, env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" } },
      ),
    ),
  );
  return join(folder, "awscollector");
}
