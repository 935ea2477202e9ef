// `npm run plugin-archives`: the plugin as archives that `pulumi plugin install` unpacks, one for each platform.
//
//   npm run plugin-archives                              all platforms, into dist/
//   npm run plugin-archives -- --targets linux-amd64     some platforms; own is this machine's
//   npm run plugin-archives -- --out FOLDER              elsewhere

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { archive } from "./plugin/archive.mjs";
import { chooseTargets } from "./plugin/targets.mjs";
import { root } from "./setup/clone.mjs";
import { explained } from "./setup/step.mjs";

const { values: options } = parseArgs({
  options: { targets: { type: "string" }, out: { type: "string", default: resolve(root, "dist") } },
});

await explained(async () => {
  for (const file of await archive(chooseTargets(options.targets), resolve(options.out))) {
    console.log(`${file.sha256}  ${file.name}  ${(file.bytes / 1e6).toFixed(1)} MB`);
  }
});
