import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The package's own package.json, from wherever its code runs: compiled in a clone, or bundled in an archive. */
export const packageFile = findPackageJSON(".", import.meta.url) ?? "package.json";

/** The plugin's version, which is also the SDKs' and the schema's. */
export const version = (JSON.parse(readFileSync(packageFile, "utf8")) as { version: string }).version;

/**
 * Where an engine without the plugin gets it: a release of this owner's repository `pulumi-appmesh`, Pulumi's default
 * for a plugin `appmesh`, which is tagged `vVERSION` and has the archives that `npm run plugin-archives` makes.
 */
export const pluginDownloadURL = "github://api.github.com/pulumi-appmesh";
