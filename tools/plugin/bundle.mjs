// The plugin as plain files that need no node_modules: what it imports, bundled, in as many chunks as are loaded apart.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../setup/clone.mjs";
import { nodeVersion } from "./targets.mjs";

/** The file of the bundle that serves; a CommonJS one beside it, for what can only require. */
export const main = "main.mjs";
export const launch = "launch.cjs";
export const launching = `import("./${main}");\n`;

/** What CommonJS packages expect, and a module has not. */
const commonJs = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/**
 * Writes the bundle of the compiled provider into this folder, with the schema and the version beside it, which the
 * plugin reads. What is imported lazily stays in chunks of its own: the start does not pay for what only some
 * components need.
 */
export async function bundle(folder) {
  const { metafile } = await build({
    entryPoints: { main: join(root, "provider/dist/main.js") },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${nodeVersion}`,
    alias: { typescript: join(root, "tools/plugin/no-typescript.cjs") },
    banner: { js: commonJs },
    // Pulumi tells resources and errors apart by the names of their classes.
    keepNames: true,
    legalComments: "none",
    metafile: true,
    absWorkingDir: root,
    logLevel: "warning",
  });
  const { name, version, license } = JSON.parse(readFileSync(join(root, "provider/package.json"), "utf8"));
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name, version, license, private: true, type: "module" }, null, 2)}\n`,
  );
  writeFileSync(join(folder, launch), launching);
  copyFileSync(join(root, "provider/schema.json"), join(folder, "schema.json"));
  writeFileSync(join(folder, "LICENSES"), licenses(Object.keys(metafile.inputs)));
}

/** The licence of every package that these files belong to: they all ask to be passed on with what they cover. */
function licenses(files) {
  const packages = new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]));
  packages.delete(undefined);
  return [...packages]
    .sort()
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
      const own = readdirSync(join(root, path)).find((file) => /^licen[cs]e(\.\w+)?$/i.test(file));
      const text = own ? readFileSync(join(root, path, own), "utf8").trim() : "";
      return `${name} ${version}: ${license}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
