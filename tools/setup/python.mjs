// A Python environment with what tests drive the API with and compare it to: boto3, the AWS CLI, moto's server.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const requirements = join(root, "tools/python-requirements.txt");
const wayOut =
  "Python 3.10 or later with pip is needed (`python3 -m pip --version`), and a package index that it can reach. " +
  "Only tests need it: `npm start` runs without.";

/** @returns {Promise<string>} the interpreter */
export async function ensurePython() {
  const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = await makeOnce(`python-${version}`, (folder) =>
    step("installing boto3, the AWS CLI and moto", wayOut, async (run) => {
      // Without pip, and filled by the machine's own: Debian's python3 has no ensurepip.
      await run("python3", ["-m", "venv", "--without-pip", folder]);
      const python = join(folder, "bin/python");
      const packages = await run(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
      await run("python3", [
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary=:all:",
        "--target",
        packages.trim(),
        "-r",
        requirements,
      ]);
      // Activation scripts name the temporary folder that this is still in; nothing here is activated.
      for (const file of readdirSync(join(folder, "bin"))) {
        if (!file.startsWith("python")) rmSync(join(folder, "bin", file));
      }
      await run(python, ["-c", "import awscli, boto3, botocore, moto.server"]);
    }),
  );
  return join(folder, "bin/python");
}
