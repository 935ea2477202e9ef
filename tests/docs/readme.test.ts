import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";
import { envoyPath, python } from "../support/tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The text of the code blocks that follow a comment. */
function blocks(comment: RegExp): { name: string; code: string }[] {
  const marked = new RegExp(`<!-- ${comment.source} -->\\n\`\`\`\\w+\\n([^]*?)\`\`\``, "g");
  return [...readme.matchAll(marked)].map((match) => ({ name: match[1] ?? "", code: match.at(-1) ?? "" }));
}

describe("README.md", function () {
  this.timeout(120_000);

  it("quotes programs as they are", () => {
    const quoted = blocks(/excerpt of (\S+)/);
    assert.deepEqual(
      quoted.map(({ name }) => name),
      ["examples/shop/program.ts"],
    );
    for (const { name, code } of quoted) {
      assert.ok(
        readFileSync(join(root, name), "utf8").includes(code),
        `README.md quotes ${name} otherwise than it is`,
      );
    }
  });

  it("tells commands that work", async () => {
    const [walkthrough, ...others] = blocks(/(run)/);
    assert.deepEqual(others, []);
    const folder = temporaryFolder();
    // As on a clone after `npm ci`, with the AWS CLI on PATH, and on ports that nobody else has.
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const aws = join(folder, "aws");
    writeFileSync(aws, `#!/bin/sh\nexec "${await python()}" -m awscli "$@"\n`);
    chmodSync(aws, 0o755);
    const [api, xds] = [await freePort(), await freePort()];
    const script = (walkthrough?.code ?? "")
      .replaceAll("127.0.0.1:7070", `127.0.0.1:${api}`)
      .replace("appmesh serve", `appmesh serve --api 127.0.0.1:${api} --xds 127.0.0.1:${xds}`)
      .replaceAll("appmesh sidecar", `appmesh sidecar --xds 127.0.0.1:${xds}`);

    const { code, stdout, stderr } = await bash(script, folder, {
      PATH: [folder, process.env.PATH].join(delimiter),
      APPMESH_ENVOY: await envoyPath(),
      AWS_PAGER: "",
    });
    assert.equal(code, 0, stderr.slice(-3_000));
    assert.match(stdout, /"meshName": "hello"/);
    assert.match(stdout, /<h1>Directory listing for \/<\/h1>/);
  });
});

/** Runs a script, and ends what it left in the background. */
async function bash(script: string, cwd: string, env: NodeJS.ProcessEnv) {
  const child = spawn("bash", ["-e"], { cwd, env: { ...process.env, ...env } });
  child.stdin.end(`trap 'kill $(jobs -p); wait' EXIT\n${script}`);
  const [stdout, stderr] = [child.stdout.toArray(), child.stderr.toArray()];
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { code, stdout: (await stdout).join(""), stderr: (await stderr).join("") };
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return promise;
}
