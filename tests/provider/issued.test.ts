// What a control plane issues, as resources of Pulumi's real engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AccessKey, ProxyIdentity } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import {
  common,
  endOf,
  first,
  type Given,
  Holders,
  issuedBy,
  program,
  renew,
  takenBack,
  told,
} from "./issued.js";
import { TestStack } from "./stack.js";

describe("what the API issues to Pulumi", function () {
  this.timeout(240_000);
  let controlPlane: ControlPlane;
  let holders: Holders;
  before(async () => {
    controlPlane = await startControlPlane(common);
    holders = new Holders(controlPlane);
  });
  after(() => controlPlane?.stop());
  const env = () => ({
    APPMESH_ENDPOINT: controlPlane.api,
    APPMESH_ACCESS_KEY_ID: first.accessKeyId,
    APPMESH_SECRET_ACCESS_KEY: first.secretAccessKey,
  });

  it("is in the state alone, and there encrypted; is the same until something changes, some of it in place", async () => {
    const stack = await TestStack.create(env());
    const planned = await stack.preview(program());
    assert.deepEqual(planned.messages, []);
    const all = ["create certificate", "create ci", "create shop", "create token", "create web"];
    assert.deepEqual(told(planned).sort(), all);

    const made = issuedBy(await stack.up());
    assert.match(made.certificate, /^-----BEGIN CERTIFICATE-----\n/);
    assert.match(made.ids.certificate ?? "", /^shop\/[0-9a-f]{32}$/);
    assert.equal(made.ids.ci, made.accessKeyId);
    const file = join(stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
    const state = readFileSync(file, "utf8");
    const secrets = [
      ...[made.certificate, made.privateKey].map((pem) => pem.split("\n").at(-4) ?? ""),
      made.token,
      made.secretAccessKey,
    ];
    assert.deepEqual(
      secrets.filter((secret) => secret.length < 20 || state.includes(secret)),
      [],
    );
    assert.ok(state.includes(made.accessKeyId));
    const again = await stack.preview(undefined, { refresh: true });
    assert.deepEqual([again.failure, again.steps.filter(({ op }) => op !== "refresh")], [undefined, []]);

    assert.equal(await holders.status(made, "shop"), 200);
    assert.equal(await holders.status(made, "bank"), 403);

    const identity = { renewBeforeSeconds: 60 };
    const renamed = await stack.up(program({ key: { description: "CI of the shop" }, identity }));
    assert.deepEqual(renamed.steps.map(({ op, name, diff }) => [op, name, diff]).sort(), [
      ["update", "certificate", { renewBeforeSeconds: "add" }],
      ["update", "ci", { description: "update" }],
      ["update", "token", { renewBeforeSeconds: "add" }],
    ]);
    const { renewals, ...same } = issuedBy(renamed);
    assert.deepEqual({ ...same, renewals: made.renewals }, made);
    const [before = "", after = ""] = [made.renewals.certificate, renewals.certificate];
    assert.equal(Date.parse(after) - Date.parse(before), (20 * 60 - 60) * 1000);
    const { body } = await controlPlane.call("GET", "/v1/access-keys");
    assert.deepEqual(
      body.accessKeys
        .filter(({ accessKeyId }: typeof made) => accessKeyId === made.accessKeyId)
        .map(({ description, status, scope }: Record<string, unknown>) => ({ description, status, scope })),
      [
        {
          description: "CI of the shop",
          status: "Active",
          scope: { readOnly: false, meshes: ["shop@000000000000"] },
        },
      ],
    );
    assert.equal((await stack.destroy()).failure, undefined);
    assert.equal(await holders.status(made, "shop"), 403);
  });

  it("is renewed near its end before the old one is taken back, made again where it is gone, and ends with the stack", async () => {
    const stack = await TestStack.create(env());
    const made = issuedBy(await stack.up(program()));
    const old = await holders.admitted(made);
    (await holders.admitted(made, made.token)).close();

    const renewal = await renew(stack);
    const renewed = issuedBy(renewal);
    for (const name of ["certificate", "token", "ci"]) {
      const steps = renewal.steps.filter((step) => step.name === name);
      const expected = ["create-replacement", "replace", "delete-replaced"];
      assert.deepEqual(
        steps.map(({ op }) => op),
        expected,
        name,
      );
      assert.equal(steps[0]?.diff?.expiresAt, "update-replace");
      assert.notEqual(renewed.ids[name], made.ids[name]);
    }
    const lastMade = renewal.steps.findLastIndex(({ op }) => op === "create-replacement");
    const firstGone = renewal.steps.findIndex(({ op }) => op === "delete-replaced");
    assert.ok(lastMade < firstGone, told(renewal).join("\n"));
    assert.deepEqual(await endOf(old), takenBack);
    assert.deepEqual(await endOf(holders.proxy(made)), takenBack);
    assert.deepEqual(await endOf(holders.proxy(made, made.token)), takenBack);
    assert.equal(await holders.status(made, "shop"), 403);
    const kept = await holders.admitted(renewed);
    assert.equal(await holders.status(renewed, "shop"), 200);

    // What somebody else takes back is made again, and nothing else is.
    const identityId = (renewed.ids.token ?? "").split("/")[1];
    const revoked = await controlPlane.call("DELETE", `/v1/meshes/shop/identities/${identityId}`);
    assert.equal(revoked.status, 200);
    assert.equal((await stack.refresh()).failure, undefined);
    const again = await stack.up(program());
    assert.deepEqual(
      told(again).filter((step) => !step.startsWith("update")),
      ["create token"],
    );
    const settled = issuedBy(again);
    assert.deepEqual([settled.ids.ci, settled.certificate], [renewed.ids.ci, renewed.certificate]);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(await endOf(kept), takenBack);
    assert.equal(await holders.status(renewed, "shop"), 403);
  });

  it("cannot be imported, since it was told once, and says what makes no sense", async () => {
    const stack = await TestStack.create(env());
    const { ids } = issuedBy(await stack.up(program()));
    const imported = await (await TestStack.create(env(), "other")).up(async () => {
      const from = { import: ids.certificate ?? "" };
      new ProxyIdentity("mine", { meshName: "shop", virtualNode: "web" }, from);
      AccessKey.get("mine", ids.ci ?? "");
    });
    const once =
      "cannot be imported or looked up: what is secret of it was told once, when it was issued, and the control plane does " +
      "not tell it again. Make another one, and revoke this one";
    for (const message of [`proxy identity "${ids.certificate}" ${once}`, `access key "${ids.ci}" ${once}`]) {
      assert.ok(imported.messages.join("\n").includes(message), imported.messages.join("\n"));
    }
    const refused = async (given: Given) => (await stack.preview(program(given))).messages.join("\n");
    const identity = { virtualGateway: "edge", expiresInSeconds: 60, renewBeforeSeconds: 60 };
    const ofIdentity = await refused({ identity });
    for (const message of [
      "virtualNode and virtualGateway were given; exactly one of virtualNode and virtualGateway is allowed.",
      "60 was given; less than the 60 seconds of its life is allowed, since it would be renewed by every update.",
    ]) {
      assert.ok(ofIdentity.includes(message), ofIdentity);
    }
    const ofKey = await refused({ key: { scope: { meshes: [] } } });
    assert.match(ofKey, /scope\.meshes.*a list of 0 items was given; a list of 1 to 100 items is allowed\./);
    assert.equal((await stack.destroy()).failure, undefined);
  });
});
