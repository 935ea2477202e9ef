import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";
import { python } from "../support/tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/access.md"), "utf8");

/** The code block that follows a comment. */
const block = (comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`sh\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

describe("docs/access.md", function () {
  this.timeout(180_000);

  it("tells commands that work, one after the other", async () => {
    const folder = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const aws = join(folder, "aws");
    writeFileSync(aws, `#!/bin/sh\nexec "${await python()}" -m awscli "$@"\n`);
    chmodSync(aws, 0o755);
    const jq = join(folder, "jq");
    writeFileSync(jq, `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "jq.mjs")}" "$@"\n`);
    writeFileSync(join(folder, "jq.mjs"), JQ);
    chmodSync(jq, 0o755);
    const [api, xds] = [await freePort(), await freePort()];
    const { APPMESH_ACCESS_KEY_ID: _id, APPMESH_SECRET_ACCESS_KEY: _secret, ...env } = process.env;
    const script = [
      block("first"),
      block("serve")
        .replace("appmesh serve", `appmesh serve --api 127.0.0.1:${api} --xds 127.0.0.1:${xds}`)
        .trimEnd(),
      // As a person does who waits for the line that says so.
      ' > ready.txt &\nserver=$!\ntrap "kill $server" EXIT\nuntil grep -q ^ready ready.txt; do kill -0 $server; sleep 0.1; done\n',
      block("keys"),
      block("clients"),
      block("audit"),
    ]
      .join("")
      .replaceAll("127.0.0.1:7070", `127.0.0.1:${api}`);
    const child: ChildProcess = spawn("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      env: {
        ...env,
        PATH: [folder, join(root, "node_modules/.bin"), env.PATH].join(delimiter),
        AWS_PAGER: "",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (data) => (stdout += data));
    child.stderr?.on("data", (data) => (stderr += data));
    const [code] = await once(child, "close");
    assert.equal(code, 0, stderr.slice(-3_000));
    const secrets = ["operator.json", "ci.json", "next.json"].map(
      (file) => JSON.parse(readFileSync(join(folder, file), "utf8")).accessKey.secretAccessKey as string,
    );
    for (const file of ["audit.jsonl", "ready.txt"]) {
      const said = readFileSync(join(folder, file), "utf8");
      for (const secret of secrets) assert.ok(!said.includes(secret), file);
    }
    assert.match(stdout, /"description": "CI of the shop",.*"status": "Revoked"/s);
    assert.match(stdout, /"meshName": "shop"/);
    assert.deepEqual(
      stdout
        .split("\n")
        .filter((line) => line.startsWith("["))
        .map((line) => JSON.parse(line)[1]),
      [
        "CreateAccessKey",
        "CreateAccessKey",
        "CreateAccessKey",
        "RotateAccessKey",
        "RevokeAccessKey",
        "CreateMesh",
      ],
    );
  });

  it("tells every option of keys create", async () => {
    const { keysCommand } = await import("@pulumi-appmesh/control-plane/cli/keys.js");
    const create = keysCommand().commands.find((command) => command.name() === "create");
    const where = ["--endpoint", "--region", "--ca", "--data", "--table", "--dynamodb-endpoint"];
    const options = (create?.options ?? [])
      .map(({ long }) => long as string)
      .filter((long) => !where.includes(long));
    const told = [...text.matchAll(/^\| `(--[a-z-]+)[^|]*\| [^|]*\| [^|]*\|$/gm)].map(([, option]) => option);
    assert.deepEqual(told.sort(), options.sort());
  });
});

/** As much of jq as the page uses: machines of those who read it have it, and those of tests need not. */
const JQ = `
import { readFileSync } from "node:fs";
const [option, filter, file] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
if (option === "-r") console.log(filter.slice(1).split(".").reduce((value, name) => value[name], JSON.parse(text)));
else {
  const [, event] = /^select\\(\\.event == "(\\w+)"\\)/.exec(filter);
  const names = filter.split("[")[1].match(/\\w+/g);
  for (const line of text.trim().split("\\n").map((line) => JSON.parse(line)))
    if (line.event === event) console.log(JSON.stringify(names.map((name) => line[name])));
}
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
