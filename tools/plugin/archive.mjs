// pulumi-resource-appmesh-vVERSION-OS-ARCH.tar.gz: the name under which Pulumi looks for a plugin of a release.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { root } from "../setup/clone.mjs";
import { step } from "../setup/step.mjs";
import { bundle } from "./bundle.mjs";
import { makeExecutable } from "./executable.mjs";
import { nodeLicense } from "./node-binary.mjs";
import { targetName } from "./targets.mjs";

/** Every file has this time, so that the same sources make the same archive. */
const epoch = new Date("2026-01-01T00:00:00Z");

/** @returns the archives of these platforms, in the folder `out`, and a file of their checksums */
export async function archive(targets, out) {
  const scratch = mkdtempSync(join(tmpdir(), "appmesh-plugin-"));
  try {
    mkdirSync(out, { recursive: true });
    const bundled = join(scratch, "bundle");
    await step("bundling the plugin", "build the clone first: npm run build", () => bundle(bundled));
    const { version } = JSON.parse(readFileSync(join(bundled, "package.json"), "utf8"));
    const made = [];
    for (const target of targets) {
      const name = `pulumi-resource-appmesh-v${version}-${targetName(target)}.tar.gz`;
      const folder = join(scratch, targetName(target));
      await fill(folder, bundled, target);
      await step(`packing ${name}`, "see the log", () => pack(folder, join(out, name)));
      rmSync(folder, { recursive: true });
      const bytes = readFileSync(join(out, name));
      made.push({ name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
    }
    writeFileSync(
      join(out, `pulumi-resource-appmesh-v${version}-sha256.txt`),
      made.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""),
    );
    return made;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function fill(folder, bundled, target) {
  cpSync(bundled, join(folder, "plugin"), { recursive: true });
  await makeExecutable(target, folder);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(await nodeLicense(), join(folder, "plugin/LICENSE.node"));
}

const pack = (folder, file) =>
  create({ cwd: folder, file, gzip: { level: 6 }, portable: true, mtime: epoch }, readdirSync(folder).sort());
