// The commands that documents tell, run as a reader would run them.
import { spawn } from "node:child_process";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./control-plane.js";
import { freePort } from "./loopback.js";
import { envoyPath, python } from "./tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Runs commands as on a clone after `npm ci`, with the AWS CLI on PATH, and on ports that nobody else has; ends what they
 * left in the background.
 */
export async function walkThrough(
  commands: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const folder = temporaryFolder();
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const aws = join(folder, "aws");
  writeFileSync(aws, `#!/bin/sh\nexec "${await python()}" -m awscli "$@"\n`);
  chmodSync(aws, 0o755);
  const [api, xds] = [await freePort(), await freePort()];
  const script = commands
    .replaceAll("127.0.0.1:7070", `127.0.0.1:${api}`)
    .replace("appmesh serve", `appmesh serve --api 127.0.0.1:${api} --xds 127.0.0.1:${xds}`)
    .replaceAll("appmesh sidecar", `appmesh sidecar --xds 127.0.0.1:${xds}`);
  const env = {
    ...process.env,
    PATH: [folder, process.env.PATH].join(delimiter),
    APPMESH_ENVOY: await envoyPath(),
    AWS_PAGER: "",
  };
  const child = spawn("bash", ["-e"], { cwd: folder, env });
  child.stdin.end(`trap 'kill $(jobs -p); wait' EXIT\n${script}`);
  const [stdout, stderr] = [child.stdout.toArray(), child.stderr.toArray()];
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { code, stdout: (await stdout).join(""), stderr: (await stderr).join("") };
}
