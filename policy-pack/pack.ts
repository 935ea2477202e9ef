import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./pulumi/serve.js";
import { configure, type PackSettings } from "./settings.js";

/**
 * The rules as a Pulumi policy pack, of the version that the package.json of its folder has. Making it starts to serve it: it
 * is all that a pack's program does.
 *
 * Throws SettingsError where the settings name something that there is not.
 */
export class AppMeshPolicyPack {
  constructor(
    readonly name = "appmesh",
    settings: PackSettings = {},
  ) {
    if (!/^[\w.-]{1,100}$/.test(name))
      throw new Error(
        `the policy pack is called ${JSON.stringify(name)}; up to 100 letters, digits, hyphens, underscores and dots are allowed`,
      );
    const configuration = configure(settings);
    // The engine waits for the port as the first line of what the pack prints.
    void serve({ name, version: ownVersion() }, configuration).then(({ port }) => console.log(String(port)));
  }
}

function ownVersion(): string {
  const file = join(process.cwd(), "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version?: unknown };
  if (typeof version !== "string" || version === "")
    throw new Error(`${file} has no version; a policy pack needs one, such as 1.0.0`);
  return version;
}
