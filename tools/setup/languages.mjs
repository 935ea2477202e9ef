// The canary story's programs (tests/languages), each with its SDK installed as its users install it. Who has not that
// language does without: its tests say that they are skipped.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder, makeOnce, withLock } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const onlyTests = "Only tests need it: `npm start` runs without.";

/** @returns {Promise<{ python: string, path: string } | undefined>} the interpreter and its PYTHONPATH, the SDK, if there is Python */
export async function ensureCanaryPython() {
  if (!runs("python3", "-m", "pip", "--version")) return undefined;
  const wayOut = `Python 3.10 or later with pip is needed, and a package index that it can reach. ${onlyTests}`;
  const requirements = join(root, "tests/languages/python/requirements.txt");
  const environment = await makeOnce(`canary-python-${digest(requirements)}`, (folder) =>
    step("installing Pulumi for Python", wayOut, async (run) => {
      // Without pip, and filled by the machine's own: Debian's python3 has no ensurepip.
      await run("python3", ["-m", "venv", "--without-pip", folder]);
      const python = join(folder, "bin/python");
      const packages = await run(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
      await run("python3", [
        // The SDK of AWS has thousands of modules, of which a program uses a few: none is compiled before it is.
        ...["-m", "pip", "install", "--no-deps", "--no-compile", "--only-binary=:all:"],
        ...["--target", packages.trim(), "-r", requirements],
      ]);
      await run(python, ["-c", "import pulumi.automation"]);
    }),
  );
  const source = join(root, "sdk/python");
  const sdk = await makeOnce(`sdk-python-${digest(source)}`, (folder) =>
    step("building and installing the SDK of Python", wayOut, async (run) => {
      // A build writes beside its source: never in the clone.
      const [copy, wheels] = [join(folder, "source"), join(folder, "wheels")];
      cpSync(source, copy, { recursive: true });
      await run("python3", ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", wheels, copy]);
      const wheel = join(wheels, readdirSync(wheels)[0]);
      await run("python3", [
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--target",
        join(folder, "packages"),
        wheel,
      ]);
      rmSync(copy, { recursive: true });
    }),
  );
  return { python: join(environment, "bin/python"), path: join(sdk, "packages") };
}

/** @returns {Promise<string | undefined>} the executable, if there is Go */
export async function ensureCanaryGo() {
  if (!runs("go", "version")) return undefined;
  const wayOut = `Go 1.25.11 or later is needed, and a Go module proxy that it can reach. ${onlyTests}`;
  const source = join(root, "tests/languages/go");
  const sources = [source, join(root, "examples/canary-go"), join(root, "sdk/go")];
  const folder = await makeOnce(`canary-go-${digest(...sources)}`, (folder) =>
    step("building the canary program in Go", wayOut, (run) =>
      run(
        "go",
        ["build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", join(folder, "canary"), "."],
        { cwd: source, env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" } },
      ),
    ),
  );
  return join(folder, "canary");
}

/** @returns {Promise<string | undefined>} the class path, if there is a JDK and Maven */
export async function ensureCanaryJava() {
  if (!runs("javac", "-version") || !runs("mvn", "--version")) return undefined;
  const wayOut =
    "A JDK of Java 17 or later and Maven 3 are needed, and a Maven repository that they can reach. " +
    onlyTests;
  const sources = ["sdk/java", "examples/canary-java", "tests/languages/java"].map((path) =>
    join(root, path),
  );
  const folder = await makeOnce(`canary-java-${digest(...sources)}`, (folder) =>
    // The SDK is installed into a repository of these tests' own, which keeps what was once downloaded: the user's
    // must not get a package that was never published. One at a time, as all its versions have the same number.
    withLock(join(cacheFolder, "maven"), () =>
      step("building the SDK of Java and the canary program", wayOut, async (run) => {
        for (const [index, name] of ["sdk", "example", "driver"].entries()) {
          const copy = join(folder, name);
          cpSync(sources[index], copy, { recursive: true });
          const goal = name === "driver" ? "process-classes" : "install";
          const options = [
            "--batch-mode",
            "--no-transfer-progress",
            `-Dmaven.repo.local=${join(cacheFolder, "maven")}`,
          ];
          await run("mvn", [...options, "-Dmaven.test.skip=true", goal], { cwd: copy });
        }
      }),
    ),
  );
  return [join(folder, "driver/target/classes"), join(folder, "driver/target/libraries/*")].join(delimiter);
}

const runs = (program, ...args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** Of files, and of all that is in folders; wherever the clone is. */
function digest(...paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const files = statSync(path).isFile() ? [""] : readdirSync(path, { recursive: true }).sort();
    for (const file of files) {
      const whole = join(path, file);
      if (statSync(whole).isFile()) hash.update(`${file}\n`).update(readFileSync(whole));
    }
  }
  return hash.digest("hex").slice(0, 12);
}
