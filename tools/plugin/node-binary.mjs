// Node's own executable for any platform, from the npm registry.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar";
import { makeOnce } from "../setup/cache.mjs";
import { step } from "../setup/step.mjs";
import { nodeVersion, targets } from "./targets.mjs";

const wayOut =
  "the npm registry is needed, once for each platform; where its package was published anew, correct tools/plugin/targets.mjs";

/** Node's executable for this platform. */
export const nodeBinary = async (target) =>
  join(await nodePackage(target), target.os === "windows" ? "bin/node.exe" : "bin/node");

/** Node's licence and those of what is in it. The packages for Windows leave it out. */
export const nodeLicense = async () => join(await nodePackage(targets[0]), "LICENSE");

const nodePackage = (target) =>
  makeOnce(`${target.package}-${nodeVersion}`, (unfinished) =>
    step(`getting Node ${nodeVersion} for ${target.os} on ${target.arch}`, wayOut, async (run) => {
      await run("npm", ["pack", `${target.package}@${nodeVersion}`, "--loglevel", "notice"], {
        cwd: unfinished,
      });
      const [pack = "nothing"] = readdirSync(unfinished);
      const file = join(unfinished, pack);
      const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
      if (found !== target.integrity)
        throw new Error(`${pack} has the checksum ${found}, not ${target.integrity}`);
      await extract({
        file,
        cwd: unfinished,
        strip: 1,
        filter: (path) => /^package\/(bin\/node(\.exe)?|LICENSE)$/.test(path),
      });
      rmSync(file);
    }),
  );
