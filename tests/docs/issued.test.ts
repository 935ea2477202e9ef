// docs/access.md and docs/proxy-identity.md: their programs run with Pulumi's real engine, a real control
// plane and a stand-in for AWS.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TestStack } from "../provider/stack.js";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const pages = ["access", "proxy-identity"] as const;
const key = {
  accessKeyId: "AKIAOFTHEOPERATOR000",
  secretAccessKey: "of-tests-and-nobody-else-0123456789abcde",
};

describe("what docs tell of issuing from Pulumi", function () {
  this.timeout(180_000);
  let folder: string;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/issued-"));
    for (const page of pages) {
      const text = readFileSync(join(root, `docs/${page}.md`), "utf8");
      const [, program] = /<!-- program -->\n```ts\n([\s\S]*?)```/.exec(text) ?? [];
      writeFileSync(file(page), program ?? assert.fail(page));
    }
    putStandIn("aws");
    controlPlane = await startControlPlane({ accessKey: key });
    stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_ACCESS_KEY_ID: key.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await controlPlane?.stop();
  });
  afterEach(() => stack.destroy());
  const file = (page: string) => join(folder, `${page}.mts`);

  const up = async (page: (typeof pages)[number]) => {
    const run = await stack.up(async () => ({ ...(await import(`${pathToFileURL(file(page))}`)) }));
    assert.deepEqual([run.failure !== undefined, run.messages], [false, []]);
    return run.outputs;
  };
  const days = (from: number, to: unknown) =>
    Math.round((Date.parse(String(to)) - from) / (24 * 60 * 60 * 1000));

  it("gives a controller and CI keys that work", async () => {
    const now = Date.now();
    const { accessKey, secretArn, renewAt } = await up("access");
    assert.equal((await controlPlane.as(accessKey as typeof key)("GET", "/v1/access-keys")).status, 200);
    assert.match(String(secretArn), /^arn:aws:secretsmanager:eu-west-1:123456789012:secret:ci-secret-/);
    assert.equal(days(now, renewAt), 60);
  });

  it("gives the tasks of a virtual node an identity, for 90 days, of which the last 30 are for its renewal", async () => {
    const now = Date.now();
    const { taskDefinitionArn, expiresAt, renewAt } = await up("proxy-identity");
    assert.equal(taskDefinitionArn, "arn:aws:ecs:eu-west-1:123456789012:task-definition/catalog:1");
    assert.deepEqual([days(now, expiresAt), days(now, renewAt)], [90, 60]);
  });
});
