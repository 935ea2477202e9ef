import { readFileSync } from "node:fs";

/** The plugin's version, which is also the SDKs' and the schema's. */
export const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** Where an engine without the plugin gets it. */
export const pluginDownloadURL = "github://api.github.com/pulumi-appmesh";
