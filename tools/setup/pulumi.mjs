// The Pulumi CLI: the user's own if there is one and it is recent enough; else one in the cache, from the official
// installer where that can be reached, else built from source by way of the Go module proxy (tools/pulumi-cli).
import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { StepFailed, step } from "./step.mjs";

/** What set-up installs. It must be a version that the Go module proxy serves, and the one in tools/pulumi-cli/go.mod. */
const version = "3.259.0";
/** The oldest CLI that the provider and the demonstration are made for. */
const oldest = "3.200.0";

const installer = "https://get.pulumi.com/install.sh";
const wayOut =
  "install the Pulumi CLI yourself (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, or install " +
  "Go 1.25.11 or later so that it can be built from source, and run this again.";

/** @returns {Promise<string>} the folder to put on PATH */
export async function ensurePulumi() {
  const own = await onPath();
  if (own !== undefined) return own;
  return makeOnce(`pulumi-${version}`, async (folder) => {
    if (!(await install(folder))) await build(folder);
  });
}

async function onPath() {
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "")) {
    const found = await versionOf(join(folder, "pulumi"));
    if (found === undefined) continue;
    if (atLeast(found, oldest)) return folder;
    console.error(`  the Pulumi CLI in ${folder} is ${found}, older than ${oldest}: set-up brings its own`);
    return undefined;
  }
  return undefined;
}

async function versionOf(executable) {
  try {
    const { stdout } = await promisify(execFile)(executable, ["version"], { timeout: 30_000 });
    return stdout.trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

function atLeast(version, minimum) {
  const numbers = (text) => text.split("-")[0].split(".").map(Number);
  const [given, wanted] = [numbers(version), numbers(minimum)];
  for (let i = 0; i < wanted.length; i++) {
    if (given[i] !== wanted[i]) return given[i] > wanted[i];
  }
  return true;
}

/** Whether the official installer could be reached, and did it. */
async function install(folder) {
  const script = join(folder, "install.sh");
  const bin = join(folder, "bin");
  const download = ["-fsSL", "--connect-timeout", "5", "--max-time", "30", "-o", script, installer];
  try {
    await promisify(execFile)("curl", download);
  } catch {
    return false;
  }
  try {
    await step(
      `installing the Pulumi CLI ${version}`,
      "none is needed: it is built from source instead",
      (run) => run("sh", [script, "--version", version, "--install-root", folder, "--no-edit-path"]),
    );
    cpSync(bin, folder, { recursive: true });
    return true;
  } catch (error) {
    if (error instanceof StepFailed) return false;
    throw error;
  } finally {
    for (const path of [script, bin]) rmSync(path, { recursive: true, force: true });
  }
}

function build(folder) {
  return step(
    `building the Pulumi CLI ${version} from source (once, about 6 minutes on two cores)`,
    wayOut,
    async (run) => {
      // In a folder of its own: Go writes beside go.mod when it likes to, and the clone stays as it is.
      const module = join(folder, "module");
      mkdirSync(module);
      for (const file of ["go.mod", "go.sum"])
        copyFileSync(join(root, "tools/pulumi-cli", file), join(module, file));
      // The Automation API refuses a CLI that does not know its version.
      const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
      await run(
        "go",
        [
          "build",
          "-trimpath",
          "-ldflags",
          `-s -w ${stamp}`,
          "-o",
          join(folder, "pulumi"),
          "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ],
        { cwd: module, env: { ...process.env, CGO_ENABLED: "0" } },
      );
      rmSync(module, { recursive: true });
      const built = await versionOf(join(folder, "pulumi"));
      if (built !== version)
        throw new Error(`the CLI that was built says that it is version "${built}", not "${version}"`);
    },
  );
}
