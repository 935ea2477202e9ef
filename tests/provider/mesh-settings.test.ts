// What is settled of a mesh beside App Mesh's entities, by Pulumi's real engine.
import assert from "node:assert/strict";
import { Mesh, MeshSettings, type MeshSettingsArgs } from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { TestStack } from "./stack.js";

const program = (settings?: Omit<MeshSettingsArgs, "meshName">) => async () => {
  const { meshName } = new Mesh("shop", { meshName: "shop" });
  if (settings) new MeshSettings("shop", { meshName, ...settings });
};

describe("MeshSettings", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(() => controlPlane.stop());
  const settings = async () => (await controlPlane.call("GET", "/v1/meshes/shop/settings")).body;
  const env = () => ({ ...controlPlane.env, APPMESH_ENDPOINT: controlPlane.api });

  it("settle what a program says, stay without change, and leave everything at its default", async () => {
    const stack = await TestStack.create(env());
    // The longest step: nothing else happens while this test looks.
    const strict = { managedTls: { mode: "STRICT" as const, settleSeconds: 3600 } };
    const made = await stack.up(program(strict));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(await settings(), {
      defaultRetries: true,
      managedTls: { ...strict.managedTls, listeners: "both", callers: "plaintext" },
    });
    const again = await stack.up(program(strict));
    assert.deepEqual([again.failure, again.steps], [undefined, []]);

    const updated = await stack.up(program({ managedTls: { mode: "OFF" }, defaultRetries: false }));
    assert.equal(updated.failure, undefined);
    assert.equal((await settings()).defaultRetries, false);

    // What somebody else has changed is seen, and set right.
    await controlPlane.call("PUT", "/v1/meshes/shop/settings", {});
    assert.deepEqual((await stack.refresh()).failure, undefined);
    const righted = await stack.up(program({ defaultRetries: false }));
    assert.equal(righted.failure, undefined);
    assert.equal((await settings()).defaultRetries, false);

    const without = await stack.up(program());
    assert.equal(without.failure, undefined);
    const { managedTls, ...others } = await settings();
    // The way back has begun, and takes its time.
    assert.deepEqual([managedTls.mode, others], ["OFF", { defaultRetries: true }]);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("are replaced where a program asks for it", async () => {
    const stack = await TestStack.create(env());
    const replaced = (defaultRetries: boolean) => async () => {
      const { meshName } = new Mesh("shop", { meshName: "shop" });
      new MeshSettings("shop", { meshName, defaultRetries }, { replaceOnChanges: ["defaultRetries"] });
    };
    assert.equal((await stack.up(replaced(false))).failure, undefined);
    const up = await stack.up(replaced(true));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(
      up.steps.map(({ op }) => op),
      ["delete-replaced", "replace", "create-replacement"],
    );
    assert.equal((await settings()).defaultRetries, true);
    assert.equal((await stack.destroy()).failure, undefined);
  });

  it("are refused where they make no sense, and where the mesh has some already", async () => {
    const stack = await TestStack.create(env());
    const wrong = await stack.up(program({ managedTls: { mode: "MAYBE" as "STRICT" } }));
    assert.deepEqual(
      wrong.messages.filter((message) => message.includes("MAYBE")).length > 0 && wrong.failure !== undefined,
      true,
      wrong.messages.join("\n"),
    );
    await stack.up(program());
    await controlPlane.call("PUT", "/v1/meshes/shop/settings", { defaultRetries: false });
    const taken = await stack.up(program({ managedTls: { mode: "STRICT" } }));
    assert.match(
      taken.messages.join("\n"),
      /mesh "shop" has settings already. Import them \(pulumi import appmesh:index:MeshSettings NAME shop\), so that they are not changed by two programs\. Where they are to be replaced \(--replace, replacementTrigger\), give them the option deleteBeforeReplace\./,
    );
    await stack.destroy();
  });
});
