// The programs that write the SDKs (tools/sdk-gen), each built once for each version of its source.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const source = join(root, "tools/sdk-gen");
const wayOut =
  "Go 1.25.11 or later is needed (https://go.dev/dl/), and a Go module proxy that it can reach; then run this again.";

/** Languages by the Go module whose generators write their SDKs. */
const modules = { newest: ["nodejs", "python", "go"], older: ["java", "dotnet"] };

/** @returns {Promise<Record<string, string>>} language → the executable that writes its SDK */
export async function ensureSdkGenerators() {
  const generators = {};
  for (const [module, languages] of Object.entries(modules)) {
    const generator = await ensureGenerator(module, languages);
    for (const language of languages) generators[language] = generator;
  }
  return generators;
}

async function ensureGenerator(module, languages) {
  const version = createHash("sha256");
  const files = [
    "command/command.go",
    "command/programs.go",
    "command/go.mod",
    ...["main.go", "go.mod", "go.sum"].map(inModule),
  ];
  for (const file of files) version.update(readFileSync(join(source, file)));
  const title = `building the generator of the SDKs for ${languages.join(", ")} (once, one to three minutes)`;
  const folder = await makeOnce(`sdk-gen-${module}-${version.digest("hex").slice(0, 12)}`, (folder) =>
    step(title, wayOut, (run) =>
      run(
        "go",
        ["build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", join(folder, "sdk-gen"), "."],
        {
          cwd: join(source, module),
          env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
        },
      ),
    ),
  );
  return join(folder, "sdk-gen");

  function inModule(file) {
    return join(module, file);
  }
}
