// docs/discovery.md, docs/tracing.md and docs/interception.md: what they tell is run.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudMapServer } from "../support/cloud-map.js";
import { temporaryFolder } from "../support/control-plane.js";
import { envoyPath } from "../support/tools.js";
import { walkThrough } from "../support/walkthrough.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = (name: string) => readFileSync(join(root, "docs", name), "utf8");

/** The code block that follows a comment. */
const block = (text: string, comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`sh\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

/** Runs commands in a folder, with the clone's programs on PATH. */
const run = (script: string, folder: string) =>
  execFileSync("bash", ["-euc", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
  });

/** The rows of the table with this first column. */
function table(text: string, first: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  return lines.slice(start + 2, lines.indexOf("", start)).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("docs/discovery.md", function () {
  this.timeout(180_000);

  it("tells commands that work", async () => {
    const cloudMap = await CloudMapServer.start();
    try {
      // As if moto's server were AWS.
      const env = Object.entries(cloudMap.env).map(([name, value]) => `export ${name}=${value}\n`);
      const { code, stdout, stderr } = await walkThrough(env.join("") + block(page("discovery.md"), "run"));
      assert.equal(code, 0, stderr.slice(-3_000));
      assert.match(stdout, /<h1>Directory listing for \/<\/h1>/);
    } finally {
      await cloudMap.close();
    }
  });
});

describe("docs/tracing.md", function () {
  this.timeout(180_000);
  const text = page("tracing.md");

  it("tells commands whose bootstraps Envoy takes", async () => {
    const folder = temporaryFolder();
    for (const comment of ["xray", "environment", "otel"]) run(block(text, comment), folder);
    for (const file of ["xray", "environment", "grpc", "http"]) {
      const path = join(folder, `${file}.json`);
      const { status, stderr } = spawnSync(
        await envoyPath(),
        ["--mode", "validate", "--log-level", "error", "-c", path],
        { encoding: "utf8" },
      );
      assert.equal(status, 0, `${file}: ${stderr}`);
    }
    const { http } = JSON.parse(readFileSync(join(folder, "environment.json"), "utf8")).tracing;
    assert.equal(http.typedConfig.segmentName, "shop/catalog");
    assert.equal(http.typedConfig.daemonEndpoint.portValue, 3000);
    assert.match(http.typedConfig.samplingRuleManifest.inlineString, /"rate":0.25/);
  });

  it("tells every option of tracing", async () => {
    const { bootstrapCommand } = await import("@pulumi-appmesh/control-plane/cli/bootstrap.js");
    const options = bootstrapCommand()
      .options.map(({ long }) => long as string)
      .filter((long) => long.startsWith("--tracing"));
    assert.deepEqual(
      table(text, "option").map(([option = ""]) => option.split(" ")[0]),
      options,
    );
  });
});

describe("docs/interception.md", () => {
  const text = page("interception.md");

  it("tells commands that print others", () => {
    const folder = temporaryFolder();
    run(block(text, "redirect"), folder);
    assert.match(
      readFileSync(join(folder, "redirect.sh"), "utf8"),
      /^iptables -w -t nat -A APPMESH_INGRESS -p tcp -m multiport --dports 8080,9090 -j REDIRECT --to-ports 15000$/m,
    );
  });

  it("tells every option of redirect, its variable and its default", async () => {
    const { redirectCommand } = await import("@pulumi-appmesh/control-plane/cli/redirect.js");
    const known = redirectCommand()
      .options.filter(({ long }) => !["--apply", "--remove", "--no-ipv6"].includes(long as string))
      .map(({ long, envVar, defaultValue, defaultValueDescription }) => [
        long,
        ...(long === "--ipv6"
          ? ["APPMESH_ENABLE_IPV6", "off"]
          : [
              envVar,
              defaultValueDescription ?? String(defaultValue ?? (long === "--ignore-uid" ? 1337 : "none")),
            ]),
      ]);
    assert.deepEqual(
      table(text, "option").map((cells) => cells.slice(0, 3)),
      known,
    );
  });
});
