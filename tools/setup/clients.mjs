// AWS's own clients of App Mesh in compiled languages (tests/compat/go, tests/compat/java), built once for each version
// of their sources. Who has no Go, or no Java and Maven, does without: their tests say that they are skipped.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

/** @returns {Promise<string | undefined>} the executable, if there is Go */
export async function ensureGoClient() {
  if (!runs("go", "version")) return undefined;
  const source = join(root, "tests/compat/go");
  const wayOut =
    "Go 1.24 or later is needed, and a Go module proxy that it can reach. Only tests need it: `npm start` runs without.";
  const folder = await makeOnce(`go-client-${digest(source)}`, (folder) =>
    step("building the client of the AWS SDK for Go", wayOut, (run) =>
      run(
        "go",
        [
          ...["test", "-c", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"],
          ...["-o", join(folder, "appmesh-client"), "."],
        ],
        { cwd: source, env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" } },
      ),
    ),
  );
  return join(folder, "appmesh-client");
}

/** @returns {Promise<string | undefined>} the class path, if there is a JDK and Maven */
export async function ensureJavaClient() {
  if (!runs("javac", "-version") || !runs("mvn", "--version")) return undefined;
  const source = join(root, "tests/compat/java");
  const wayOut =
    "A JDK of Java 17 or later and Maven 3 are needed, and a Maven repository that they can reach. " +
    "Only tests need them: `npm start` runs without.";
  const folder = await makeOnce(`java-client-${digest(source)}`, (folder) =>
    step("building the client of the AWS SDK for Java", wayOut, (run) => {
      // Maven writes beside what it builds: never in the clone.
      cpSync(source, join(folder, "source"), { recursive: true });
      return run("mvn", ["--batch-mode", "--no-transfer-progress", "process-classes"], {
        cwd: join(folder, "source"),
      });
    }),
  );
  return [join(folder, "source/target/classes"), join(folder, "source/target/libraries/*")].join(":");
}

const runs = (program, ...args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

function digest(folder) {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder, { recursive: true }).sort()) {
    const path = join(folder, file);
    if (statSync(path).isFile()) hash.update(`${file}\n`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 12);
}
