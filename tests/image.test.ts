// The image of the control plane, as far as it can be tried without a builder: what it is made of is there, and its
// health check tells a control plane that is well from one that is not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { replicaContainer } from "@pulumi-appmesh/provider/components/aws/control-plane-container.js";
import { startControlPlane } from "./support/control-plane.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lines = readFileSync(join(root, "Dockerfile"), "utf8").replaceAll("\\\n", "").split("\n");
const instructions = (name: string): string[] =>
  lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());

const [check = ""] = instructions("HEALTHCHECK");
const command = JSON.parse(check.slice(check.indexOf("["))) as string[];

describe("The image of the control plane", function () {
  this.timeout(180_000);

  it("is made of this project's packages by the Node that the project is tested with, and is not root's", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    assert.deepEqual(instructions("FROM"), [
      `node:${dependencies.node}-trixie-slim AS build`,
      "debian:13-slim AS redirect",
      `node:${dependencies.node}-alpine`,
    ]);
    const packs = [
      ...instructions("RUN")
        .join(" ")
        .matchAll(/-w (\S+)/g),
    ].map(([, each = ""]) => each);
    assert.deepEqual(packs, ["model", "control-plane"]);
    for (const each of packs) assert.ok(existsSync(join(root, each, "package.json")), each);
    assert.deepEqual(instructions("USER"), ["node"]);
    const { bin } = JSON.parse(readFileSync(join(root, "control-plane/package.json"), "utf8"));
    assert.deepEqual(instructions("ENTRYPOINT"), [
      JSON.stringify([`/app/node_modules/.bin/${Object.keys(bin)[0]}`]),
    ]);
  });

  it("is asked whether it is well as its task on ECS is", () => {
    const { healthCheck } = replicaContainer({
      image: "appmesh:0.1.0",
      region: "eu-west-1",
      account: "123456789012",
      table: "mesh",
      host: "appmesh.shop.internal",
      accessKeySecretArn: "arn",
      logGroup: "logs",
      trustDomain: undefined,
      trustedNetworkPort: undefined,
      limits: undefined,
      environment: undefined,
    });
    assert.deepEqual(healthCheck?.command, ["CMD", ...command]);
  });

  it("is well while the control plane answers, and not once it is gone", async () => {
    const controlPlane = await startControlPlane({ args: ["--metrics", "127.0.0.1:0"] });
    const [, port = ""] = /"metrics":"http:\/\/127\.0\.0\.1:(\d+)/.exec(controlPlane.log()) ?? [];
    const [node = "", ...args] = command.map((word) => word.replace(":9090/", `:${port}/`));
    assert.equal(node, "node");
    assert.equal(spawnSync(process.execPath, args).status, 0);
    await controlPlane.stop();
    assert.equal(spawnSync(process.execPath, args).status, 1);
  });
});
