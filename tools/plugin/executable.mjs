// What the engine starts: an executable of the platform that runs the bundle in the folder `plugin` beside it.
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeOnce } from "../setup/cache.mjs";
import { root } from "../setup/clone.mjs";
import { step } from "../setup/step.mjs";
import { launch, main } from "./bundle.mjs";
import { inspect } from "./inspect.mjs";
import { nodeBinary } from "./node-binary.mjs";
import { nodeVersion, ownTarget, targetName } from "./targets.mjs";

const plugin = "pulumi-resource-appmesh";

/** Flags of Node, the same as in a clone. */
const flags = readFileSync(join(root, "provider/bin/node-flags"), "utf8").trim().split(" ");

export const executableName = ({ os }) => (os === "windows" ? `${plugin}.exe` : plugin);

/** Makes the executable of this platform in the folder that will be its archive. */
export async function makeExecutable(target, folder) {
  await (target.os === "darwin" ? scripted : injected)(target, folder);
  const binary = join(folder, target.os === "darwin" ? "plugin/node" : executableName(target));
  const { os, arch } = inspect(binary);
  if (os !== target.os || arch !== target.arch)
    throw new Error(
      `${target.package} has an executable for ${os} on ${arch}, not for ${targetName(target)}`,
    );
}

/** The one line inside of the executable. */
const launcher = `require("node:module").createRequire(process.execPath)("./plugin/${launch}");\n`;

/**
 * Node with one line inside (a "single executable application"), which loads the bundle: one process, as the engine
 * expects, and nothing that the platform would have to have. The bundle itself stays in files, so that what is loaded
 * lazily is not even read, and Node's compile cache works. Node's signature for Windows does not match any more then:
 * Windows runs it all the same, and who needs a signature signs the executable anew.
 */
export async function injected(target, folder) {
  const decided = [nodeVersion, target.integrity, launcher, ...flags].join("\n");
  const hash = createHash("sha256").update(decided).digest("hex").slice(0, 12);
  const made = await makeOnce(`plugin-executable-${targetName(target)}-${hash}`, async (unfinished) => {
    const executable = await nodeBinary(target);
    // Of the very version that will read what it writes; without a code cache, that is good for every platform.
    const builder = await nodeBinary(ownTarget());
    await step(`putting the launcher into Node for ${targetName(target)}`, "see the log", (run) =>
      inject(run, { executable, builder, folder: unfinished, name: executableName(target) }),
    );
  });
  copyFileSync(join(made, executableName(target)), join(folder, executableName(target)));
}

async function inject(run, { executable, builder, folder, name }) {
  copyFileSync(executable, join(folder, name));
  chmodSync(join(folder, name), 0o755);
  const file = (extension) => join(folder, `launcher.${extension}`);
  writeFileSync(file("cjs"), launcher);
  writeFileSync(
    file("json"),
    JSON.stringify({
      ...{ main: file("cjs"), output: file("blob"), disableExperimentalSEAWarning: true },
      execArgv: flags,
    }),
  );
  await run(builder, ["--experimental-sea-config", file("json")]);
  await run(process.execPath, [
    join(root, "node_modules/postject/dist/cli.js"),
    ...[join(folder, name), "NODE_SEA_BLOB", file("blob")],
    // Node knows by it whether something was put into its executable.
    ...["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"],
  ]);
  for (const extension of ["cjs", "json", "blob"]) rmSync(file(extension));
}

/**
 * Node as it is, and a script that becomes it. macOS ends a program whose signature does not match, and only macOS's
 * own tools sign: so Node's executable keeps the signature that it was released with.
 */
export async function scripted(target, folder) {
  const executable = await nodeBinary(target);
  copyFileSync(executable, join(folder, "plugin/node"));
  chmodSync(join(folder, "plugin/node"), 0o755);
  const script = join(folder, executableName(target));
  writeFileSync(
    script,
    `#!/bin/sh
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
folder=$(cd "$(dirname "$self")/plugin" && pwd -P)
exec "$folder/node" ${flags.join(" ")} "$folder/${main}" "$@"
`,
  );
  chmodSync(script, 0o755);
}
