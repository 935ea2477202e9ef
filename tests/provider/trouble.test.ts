// What a user reads, on Pulumi's real engine, when something is wrong: the control plane, the program or the key.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { shopSteps, shopWith } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const run = promisify(execFile);

const mesh = async () => {
  new appmesh.Mesh("shop", { meshName: "shop" });
};

describe("a control plane that is away", function () {
  this.timeout(180_000);
  let running: ControlPlane | undefined;
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  it("is not needed for a preview, and is named when it is; the same up succeeds once it is back", async () => {
    // An address that was free a moment ago.
    const first = await startControlPlane();
    const { api, data } = first;
    await first.stop();
    const stack = await TestStack.create({ APPMESH_ENDPOINT: api });

    const refusal = (doing: string) =>
      `cannot ${doing}: the App Mesh control plane at ${api} does not answer (ECONNREFUSED; 5 attempts). Check that it ` +
      `runs (appmesh serve), and that the provider's "endpoint" (or APPMESH_ENDPOINT) is where it listens. ` +
      "Then run the same command again: it continues where this one stopped.";

    const planned = await stack.preview(shopWith(10));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(sorted(planned.steps), shopSteps("create"));

    const failed = await stack.up(shopWith(10));
    assert.deepEqual(failed.messages, [refusal('create mesh "shop"')]);
    assert.deepEqual(await stack.resources(), []);

    running = await startControlPlane({ api: new URL(api).host, data });
    const made = await stack.up(shopWith(10));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(sorted(made.steps), shopSteps("create"));

    // The same for an update and a deletion.
    await running.stop();
    assert.deepEqual((await stack.up(shopWith(20))).messages, [
      refusal('update route "canary" of virtual router "catalog" of mesh "shop"'),
    ]);
    running = await startControlPlane({ api: new URL(api).host, data });
    assert.deepEqual(
      (await stack.up(shopWith(20))).steps.map(({ op, name }) => [op, name]),
      [["update", "catalog"]],
    );
    assert.deepEqual((await stack.destroy()).messages, []);
    assert.deepEqual((await running.call("GET", "/v20190125/meshes")).body, { meshes: [] });
  });
});

describe("a program that breaks the contract", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());

  const program = async () => {
    new appmesh.VirtualNode("catalog-v1", {
      meshName: "shop",
      virtualNodeName: "catalog-v1",
      spec: {
        listeners: [
          {
            portMapping: { port: 70_000, protocol: "http" },
            connectionPool: { http: { maxConnections: 0 } },
          },
        ],
        serviceDiscovery: { dns: { hostname: "catalog.internal", responseTyp: "LOADBALANCER" } as never },
      },
    });
  };

  it("is told every mistake by its path, with what was given and what is allowed, in the preview", async () => {
    const { failure, messages } = await stack.preview(program);
    assert.notEqual(failure, undefined);
    const of = "appmesh:index:VirtualNode resource 'catalog-v1': property spec";
    assert.deepEqual([...messages].sort(), [
      `${of}.listeners[0].connectionPool.http.maxConnections value {<nil>} has a problem: 0 was given; an integer from 1 to 2147483647 is allowed.`,
      `${of}.listeners[0].portMapping.port value {<nil>} has a problem: 70000 was given; an integer from 1 to 65535 is allowed.`,
      `${of}.serviceDiscovery.dns.responseTyp value {<nil>} has a problem: "responseTyp" is not a member of DnsServiceDiscovery; hostname, responseType and ipPreference are allowed. Did you mean responseType?`,
    ]);
  });

  it("writes nothing", async () => {
    assert.notEqual((await stack.up(program)).failure, undefined);
    assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
    assert.deepEqual(await stack.resources(), []);
  });
});

describe("the access key", function () {
  this.timeout(180_000);
  const accessKey = { accessKeyId: "AKIASHOP", secretAccessKey: "correct-horse-battery-staple" };
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane({ accessKey });
  });
  after(() => controlPlane?.stop());
  afterEach(() => controlPlane?.call("DELETE", "/v20190125/meshes/shop"));

  /** Everything that the stack's backend has on disk, and what the stack is exported as. */
  const stored = async ({ stack, env }: TestStack): Promise<string> => {
    const { workspace } = stack;
    // The Automation API's own export asks for the secrets; this is the one that a user makes.
    const exported = await run("pulumi", ["stack", "export", "--stack", "test"], {
      cwd: workspace.workDir,
      env: { HOME: process.env.HOME, ...env },
    });
    const folder = join(workspace.workDir, ".pulumi");
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const texts = files
      .filter((each) => each.isFile())
      .map((each) => readFile(join(each.parentPath, each.name), "utf8"));
    return [exported.stdout, ...(await Promise.all(texts))].join("\n");
  };

  const own = (secretAccessKey: string) => async () => {
    const provider = new appmesh.Provider("mine", {
      endpoint: controlPlane.api,
      accessKeyId: accessKey.accessKeyId,
      secretAccessKey,
    });
    new appmesh.Mesh("shop", { meshName: "shop", tags: { team: "shop" } }, { provider });
  };

  it("is never in plain text in the state: given in the program", async () => {
    const stack = await TestStack.create({});
    const made = await stack.up(own(accessKey.secretAccessKey));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    const text = await stored(stack);
    assert.ok(text.includes(accessKey.accessKeyId));
    assert.ok(!text.includes(accessKey.secretAccessKey));
    assert.deepEqual((await stack.destroy()).messages, []);
  });

  it("is never in plain text in the state: given as configuration", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    await stack.stack.setAllConfig({
      "appmesh:accessKeyId": { value: accessKey.accessKeyId },
      "appmesh:secretAccessKey": { value: accessKey.secretAccessKey, secret: true },
    });
    const made = await stack.up(mesh);
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    const text = await stored(stack);
    assert.ok(text.includes(accessKey.accessKeyId));
    assert.ok(!text.includes(accessKey.secretAccessKey));
    assert.deepEqual((await stack.destroy()).messages, []);
  });

  it("is never in the state at all: given by the environment", async () => {
    const stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_ACCESS_KEY_ID: accessKey.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
    });
    const made = await stack.up(mesh);
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    const text = await stored(stack);
    assert.ok(!text.includes(accessKey.secretAccessKey));
    assert.deepEqual((await stack.destroy()).messages, []);
  });

  it("is asked for where it is wrong or missing, and the secret is not shown", async () => {
    const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    assert.deepEqual((await stack.up(mesh)).messages, [
      `cannot create mesh "shop": the control plane at ${controlPlane.api} wants signed requests ` +
        '(MissingAuthenticationTokenException: Missing Authentication Token). Set the provider\'s "accessKeyId" and ' +
        '"secretAccessKey" (or APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY) to a key that it has issued.',
    ]);
    const wrong = await stack.up(own("wrong-secret-access-key"));
    assert.deepEqual(wrong.messages, [
      `cannot create mesh "shop": the control plane at ${controlPlane.api} refused the access key AKIASHOP ` +
        "(InvalidSignatureException: The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.). " +
        'Check the provider\'s "accessKeyId" and "secretAccessKey" (or APPMESH_ACCESS_KEY_ID and ' +
        'APPMESH_SECRET_ACCESS_KEY), its "region", and this machine\'s clock.',
    ]);
    // The SDK's own debug messages, which only `--debug` shows, have what an inline program gives it.
    const shown = wrong.events.filter(({ diagnosticEvent }) => `${diagnosticEvent?.severity}` !== "debug");
    assert.ok(!JSON.stringify(shown).includes("wrong-secret-access-key"));
  });
});
