import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../compat/run.js";
import { caOf } from "../control-plane/callers.js";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { goClient, javaClient, python } from "../support/tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const text = read("docs/clients.md");

/** The code block that follows a comment. */
const block = (comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

/** A client of the page, which makes a mesh and prints its ARN. */
interface Client {
  readonly name: string;
  readonly mesh: string;
  readonly command: readonly string[];
  readonly stdout: string | RegExp;
}

describe("docs/clients.md", function () {
  this.timeout(180_000);
  let folder: string;
  let controlPlane: ControlPlane | undefined;

  before(async () => {
    folder = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "aws"), `#!/bin/sh\nexec "${await python()}" -m awscli "$@"\n`);
    chmodSync(join(folder, "aws"), 0o755);
  });
  afterEach(async () => {
    await controlPlane?.stop();
    controlPlane = undefined;
  });

  async function start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    controlPlane = await startControlPlane(options);
    return controlPlane;
  }

  /** What the page says, with the control plane where it is. */
  const here = (words: string): string => words.replaceAll("http://127.0.0.1:7070", controlPlane?.api ?? "");

  /** Runs a script of the page, and then a command, in a new folder that has the control plane's ca.pem. */
  async function shell(script: string, command: readonly string[] = [], env: Record<string, string> = {}) {
    const cwd = mkdtempSync(join(folder, "shell-"));
    const ca = controlPlane && caOf(controlPlane);
    if (ca) copyFileSync(ca, join(cwd, "ca.pem"));
    const then = command.length > 0 ? `exec "$@"` : "";
    return run("bash", ["-ec", `cd '${cwd}'\n${here(script)}\n${then}`, "bash", ...command], {
      PATH: [folder, process.env.PATH].join(delimiter),
      APPMESH_ENDPOINT: here("http://127.0.0.1:7070"),
      // Nothing of the machine's own.
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    });
  }

  async function clients(way: "environment" | "program"): Promise<Client[]> {
    const written = (extension: string, comment: string): string => {
      const file = join(folder, `${way}${extension}`);
      writeFileSync(file, here(block(`${comment} ${way}`)));
      return file;
    };
    const arn = (mesh: string) => `arn:aws:appmesh:us-east-1:000000000000:mesh/${mesh}\n`;
    const all: (Omit<Client, "command"> & { command: readonly string[] | undefined })[] = [
      {
        name: "boto3",
        mesh: "python-shop",
        command: [await python(), written(".py", "boto3")],
        stdout: arn("python-shop"),
      },
      {
        name: "JavaScript",
        mesh: "js-shop",
        command: [process.execPath, written(".mjs", "javascript")],
        stdout: arn("js-shop"),
      },
    ];
    const [go, java] = [await goClient(), await javaClient()];
    all.push(
      {
        name: "Go",
        mesh: "go-shop",
        command: go === undefined ? undefined : [go, "-test.v", `-test.run=^Example_${way}$`],
        // It compares itself what it prints.
        stdout: new RegExp(`^=== RUN {3}Example_${way}\n--- PASS: Example_${way} .*\nPASS\n$`),
      },
      {
        name: "Java",
        mesh: "java-shop",
        command:
          java === undefined
            ? undefined
            : ["java", "-XX:TieredStopAtLevel=1", "-cp", java, "appmesh.Main", way],
        stdout: `${arn("java-shop")}passed: ${way}\n`,
      },
    );
    return all.flatMap(({ command, ...client }) => {
      if (command) return [{ ...client, command }];
      console.log(`    skipped for ${client.name}: set-up found nothing to build its client with`);
      return [];
    });
  }

  async function makeMesh({ name, command, stdout: expected }: Client, script: string): Promise<void> {
    const { code, stdout, stderr } = await shell(script, command);
    assert.equal(code, 0, `${name}: ${stdout}${stderr}`);
    if (typeof expected === "string") assert.equal(stdout, expected, name);
    else assert.match(stdout, expected, name);
  }

  it("points the SDKs and the AWS CLI by their environment, over HTTPS and with a key", async () => {
    const [, accessKeyId = "", secretAccessKey = ""] =
      /AWS_ACCESS_KEY_ID=(\S+) AWS_SECRET_ACCESS_KEY=(\S+)/.exec(block("environment")) ?? [];
    await start({ accessKey: { accessKeyId, secretAccessKey }, args: ["--tls-self-signed"] });
    const script = block("environment") + block("https");
    const all = await clients("environment");
    for (const client of all) {
      await makeMesh(client, client.name === "Java" ? script + block("https for Java") : script);
    }
    const list = "aws appmesh list-meshes --query meshes[].meshName --output text";
    const { stdout } = await shell(`${script}${list}`);
    assert.deepEqual(stdout.trim().split("\t"), all.map(({ mesh }) => mesh).sort());
  });

  it("points the SDKs in the program", async () => {
    const { call } = await start();
    // Without its first line, which is the endpoint.
    const script = block("environment").replace(/^.*\n/, "");
    const all = await clients("program");
    for (const client of all) await makeMesh(client, script);
    const { body } = await call("GET", "/v20190125/meshes");
    assert.deepEqual(
      body.meshes.map(({ meshName }: { meshName: string }) => meshName),
      all.map(({ mesh }) => mesh).sort(),
    );
  });

  it("points the AWS CLI by an option, by the environment, and by a profile", async () => {
    await start();
    const { code, stdout, stderr } = await shell(block("environment") + block("cli"));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"meshName": "cli-shop"[\s\S]*\ncli-shop\n$/);

    const config = join(folder, "config");
    writeFileSync(config, here(block("profile")));
    const list = "aws appmesh list-meshes --profile mesh --query meshes[].meshName --output text";
    assert.deepEqual(await shell(list, [], { AWS_CONFIG_FILE: config }), {
      code: 0,
      stdout: "cli-shop\n",
      stderr: "",
    });
  });

  it("has Terraform in its syntax, with the endpoint where the provider looks for it", async function () {
    const go = await goClient();
    if (go === undefined) {
      console.log("    skipped: the parser is in the client of Go, which set-up could not build");
      return this.skip();
    }
    const file = join(folder, "main.tf");
    writeFileSync(file, block("terraform"));
    const { code, stdout } = await run(go, ["-test.run=^TestTerraformSyntax$"], { TERRAFORM_FILE: file });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "PASS\n" });
  });

  it("quotes programs as they are", () => {
    const quoted = [...text.matchAll(/<!-- excerpt of (\S+) -->\n```\w+\n([\s\S]*?)```/g)];
    const [go, java] = [
      "tests/compat/go/example_test.go",
      "tests/compat/java/src/main/java/appmesh/Examples.java",
    ];
    assert.deepEqual(
      quoted.map(([, file]) => file),
      [go, go, java, java, "examples/aws-native/index.ts"],
    );
    for (const [, file = "", code = ""] of quoted) {
      assert.ok(read(file).includes(code), `docs/clients.md quotes ${file} otherwise than it is`);
    }
  });

  it("tells the versions that are tested", () => {
    const told = [...text.matchAll(/^\| (\S.*?) \| (?:.*, )?([\d.]+) \|/gm)].map(([, client, version]) => [
      client,
      version,
    ]);
    const requirement = (name: string) =>
      new RegExp(`^${name}==(.*)$`, "m").exec(read("tools/python-requirements.txt"));
    const go = /service\/appmesh v(\S+)/.exec(read("tests/compat/go/go.mod"));
    const go1 = /aws\/aws-sdk-go v(\S+)/.exec(read("tests/compat/go/go.mod"));
    const java = /<artifactId>appmesh<\/artifactId>\s*<version>(.*)<\/version>/.exec(
      read("tests/compat/java/pom.xml"),
    );
    assert.deepEqual(told, [
      ["AWS CLI", requirement("awscli")?.[1]],
      ["boto3", requirement("boto3")?.[1]],
      [
        "AWS SDK for JavaScript v3",
        JSON.parse(read("tests/package.json")).devDependencies["@aws-sdk/client-app-mesh"],
      ],
      ["AWS SDK for Go v2", go?.[1]],
      ["AWS SDK for Go v1", go1?.[1]],
      ["AWS SDK for Java v2", java?.[1]],
      [
        "Pulumi's AWS provider",
        JSON.parse(read("examples/aws-native/package.json")).dependencies["@pulumi/aws"],
      ],
    ]);
  });
});
