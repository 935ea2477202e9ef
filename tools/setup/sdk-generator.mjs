// The program that writes the SDKs (tools/sdk-gen), built once for each version of its source.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const source = join(root, "tools/sdk-gen");
const wayOut =
  "Go 1.25.11 or later is needed (https://go.dev/dl/), and a Go module proxy that it can reach; then run this again.";

/** @returns {Promise<string>} the executable */
export async function ensureSdkGenerator() {
  const version = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) version.update(readFileSync(join(source, file)));
  const folder = await makeOnce(`sdk-gen-${version.digest("hex").slice(0, 12)}`, (folder) =>
    step("building the SDK generator (once, about a minute)", wayOut, (run) =>
      run(
        "go",
        ["build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", join(folder, "sdk-gen"), "."],
        {
          cwd: source,
          env: { ...process.env, CGO_ENABLED: "0" },
        },
      ),
    ),
  );
  return join(folder, "sdk-gen");
}
