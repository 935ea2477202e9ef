import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { identitiesCommand } from "@pulumi-appmesh/control-plane/cli/identities.js";
import { serveCommand } from "@pulumi-appmesh/control-plane/cli/serve.js";
import { type ControlPlane, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { envoyPath } from "../support/tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/proxy-identity.md"), "utf8");

/** The code block that follows a comment. */
const block = (comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

describe("docs/proxy-identity.md", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  const folder = temporaryFolder();

  before(async () => {
    // As the page has it, at free ports.
    const args = block("serve").trim().split(" ").slice(2);
    const xds = args[args.indexOf("--xds") + 1]?.replace(/:\d+$/, ":0");
    assert.equal(xds, "0.0.0.0:0");
    const rest = args.filter(
      (_, i) => ![args.indexOf("--xds"), args.indexOf("--data")].some((at) => i === at || i === at + 1),
    );
    controlPlane = await startControlPlane({ xds: xds as string, args: rest });
    for (const [path, body] of [
      ["", { meshName: "shop" }],
      ["/shop/virtualNodes", { virtualNodeName: "catalog", spec: {} }],
    ] as const) {
      assert.equal((await controlPlane.call("PUT", `/v20190125/meshes${path}`, body)).status, 200);
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const program = (name: string, script: string) => {
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    };
    program("jq", `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "jq.mjs")}" "$@"\n`);
    program("jq.mjs", JQ);
    program("catalog-service", "#!/bin/sh\necho serving the catalog\n");
  });
  after(() => controlPlane?.stop());

  /** Runs commands of the page, at the control plane of this test. */
  async function run(...scripts: string[]): Promise<string> {
    const port = controlPlane.xds.split(":").at(-1) as string;
    const script = scripts.join("").replaceAll("127.0.0.1:18000", `127.0.0.1:${port}`);
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      env: {
        ...process.env,
        APPMESH_ENDPOINT: controlPlane.api,
        APPMESH_ENVOY: await envoyPath(),
        PATH: [folder, join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
      },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    const [code] = await once(child, "close");
    assert.equal(code, 0, stderr.slice(-3_000));
    return stdout;
  }

  it("tells how proofs are issued, and that a sidecar gets in with them", async () => {
    await run(block("issue"));
    assert.deepEqual(
      ["ca.pem", "certificate.pem", "key.pem", "token"].filter(
        (file) => !existsSync(join(folder, "catalog", file)),
      ),
      [],
    );
    assert.match(await run(block("sidecar")), /^serving the catalog$/m);
    const token =
      'export APPMESH_XDS_TRUST="$(cat catalog/ca.pem)" APPMESH_XDS_TOKEN="$(cat catalog/token)"\n';
    const byToken = block("sidecar").replace(/ {2}--xds-trust.*\n/, "");
    assert.match(await run(token, byToken), /^serving the catalog$/m);
    await run(block("bootstrap"));
    const { staticResources } = JSON.parse(readFileSync(join(folder, "bootstrap.json"), "utf8"));
    assert.deepEqual(staticResources.secrets, [
      { name: "appmesh_xds_token", genericSecret: { secret: { environmentVariable: "APPMESH_XDS_TOKEN" } } },
    ]);
  });

  it("tells how they are taken back, and what signs them is replaced", async () => {
    await run("appmesh identities issue --mesh shop --node catalog > catalog.json\n", block("revoke"));
    await run(block("rotate-token-key"));
    const old = "old=$(appmesh identities authorities | jq -r .authorities.0.authorityId)\n";
    await run(old, block("rotate-authority"));
    assert.match(await run(block("sidecar")), /^serving the catalog$/m);
    await run(block("rotate-workloads"));
    const { authorities } = JSON.parse(await run("appmesh identities authorities\n"));
    assert.deepEqual(
      authorities.map(({ purpose, signs }: { purpose: string; signs: boolean }) => [purpose, signs]),
      [
        ["proxies", true],
        ["workloads", false],
        ["workloads", true],
      ],
    );
  });

  it("tells how TLS is switched on, and what is answered", async () => {
    const path = "/v1/meshes/shop/settings";
    const { status, body } = await controlPlane.call("PUT", path, JSON.parse(block("managed-tls")));
    assert.deepEqual(
      [status, body],
      [
        200,
        {
          defaultRetries: true,
          managedTls: { mode: "STRICT", settleSeconds: 30, listeners: "both", callers: "plaintext" },
        },
      ],
    );
  });

  it("tells how service accounts are named", async () => {
    const [, body = ""] = /service-accounts\/NAMESPACE:NAME` with `(\{.*?\})`/.exec(text) ?? [];
    const path = "/v1/meshes/shop/service-accounts";
    const put = await controlPlane.call("PUT", `${path}/shop:catalog`, JSON.parse(body));
    const account = {
      meshName: "shop",
      meshOwner: "000000000000",
      serviceAccount: "shop:catalog",
      virtualNodes: ["catalog"],
      virtualGateways: [],
    };
    assert.deepEqual([put.status, put.body], [200, account]);
    assert.deepEqual((await controlPlane.call("GET", path)).body, { serviceAccounts: [account] });
    assert.deepEqual((await controlPlane.call("GET", `${path}/shop:catalog`)).body, account);
    assert.equal((await controlPlane.call("DELETE", `${path}/shop:catalog`)).status, 200);
    assert.deepEqual((await controlPlane.call("GET", path)).body, { serviceAccounts: [] });
    const bad = await controlPlane.call("PUT", `${path}/catalog`, {});
    assert.deepEqual(
      [bad.status, bad.body.message],
      [
        400,
        'serviceAccount: "catalog" was given; a string of 3 to 317 characters in the form NAMESPACE:NAME, such as shop:catalog, is allowed.',
      ],
    );
  });

  it("names every command of identities, and every option of serve for proxies", () => {
    const commands = identitiesCommand().commands.map((command) => command.name());
    assert.deepEqual(
      commands.filter((command) => !text.includes(`appmesh identities ${command}`)),
      [],
    );
    const options = serveCommand()
      .options.map(({ long }) => long as string)
      .filter((long) => /^--(xds-t|proxy-ca|proxy-jwks$|trust-domain|workload)/.test(long));
    assert.equal(options.length, 9);
    assert.deepEqual(
      options.filter((option) => !text.includes(option)),
      [],
    );
  });
});

/** As much of jq as the page uses: machines of those who read it have it, and those of tests need not. */
const JQ = `
import { readFileSync } from "node:fs";
const [, filter, file = 0] = process.argv.slice(2);
console.log(filter.slice(1).split(".").reduce((value, name) => value[name], JSON.parse(readFileSync(file, "utf8"))));
`;
