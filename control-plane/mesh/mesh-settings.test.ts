import assert from "node:assert/strict";
import { ACCOUNT, at, fails, type Harness, meshHarness, meshOn, other, own } from "./harness.test.support.js";

const shop = at("mesh", "shop");
const bad = "BadRequestException";

describe("Settings of meshes", () => {
  let mesh: Harness;
  beforeEach(async () => {
    mesh = await meshHarness();
    await mesh.build(["mesh", ["shop"]]);
  });
  afterEach(() => mesh.close());

  it("are as App Mesh had it, until the owner settles something, and survive a restart", async () => {
    assert.deepEqual(mesh.settings.describe(own, "shop"), { defaultRetries: true });
    assert.deepEqual(await mesh.settings.update(own, "shop", { defaultRetries: false }), {
      defaultRetries: false,
    });
    const again = await meshOn(mesh.store);
    for (const { settings, state } of [mesh, again]) {
      assert.deepEqual(settings.describe(own, "shop"), { defaultRetries: false });
      assert.deepEqual(state.entities("shop").settings?.(), { defaultRetries: false });
    }
    assert.deepEqual(await mesh.settings.update(own, "shop", {}), { defaultRetries: true });
    assert.deepEqual(
      mesh.changes.slice(1).map(({ caller: _, address, ...change }) => ({ ...change, names: address.names })),
      [
        {
          operation: "UpdateMeshSettings",
          names: ["shop"],
          before: { settings: { defaultRetries: true } },
          after: { settings: { defaultRetries: false } },
        },
        {
          operation: "UpdateMeshSettings",
          names: ["shop"],
          before: { settings: { defaultRetries: false } },
          after: { settings: { defaultRetries: true } },
        },
      ],
    );
  });

  it("are told to those who read them, where they change", async () => {
    const told: unknown[] = [];
    mesh.state.subscribe((change) => told.push(change));
    await mesh.settings.update(own, "shop", { defaultRetries: true });
    await mesh.settings.update(own, "shop", { defaultRetries: false });
    await mesh.settings.update(own, "shop", { defaultRetries: false });
    assert.deepEqual(told, [{ meshName: "shop", meshOwner: ACCOUNT, reads: ["settings"] }]);
  });

  it("go with the mesh", async () => {
    await mesh.settings.update(own, "shop", { defaultRetries: false });
    await mesh.operations.delete(own, shop);
    await mesh.build(["mesh", ["shop"]]);
    assert.deepEqual(mesh.settings.describe(own, "shop"), { defaultRetries: true });
    const { records } = await mesh.store.load();
    assert.deepEqual(
      [...records.keys()].filter((key) => key.endsWith("/settings")),
      [],
    );
  });

  it("are for the owner alone", async () => {
    await mesh.sharing.share(own, "shop", other.account);
    const hidden = `Mesh with name shop is not present for account ${other.account}`;
    await fails(() => mesh.settings.describe(other, "shop"), "NotFoundException", hidden);
    await fails(() => mesh.settings.update(other, "shop", {}), "NotFoundException", hidden);
  });

  for (const [body, message] of [
    [[], "a list of 0 items was given; an object with defaultRetries and managedTls is allowed."],
    [null, "null was given; an object with defaultRetries and managedTls is allowed."],
    [
      { retries: false },
      'retries: "retries" is not a member of MeshSettings; defaultRetries and managedTls are allowed.',
    ],
    [{ managedTls: {} }, 'managedTls.mode: nothing was given; "OFF", "PERMISSIVE" or "STRICT" is required.'],
    [
      { managedTls: { mode: "strict" } },
      'managedTls.mode: "strict" was given; "OFF", "PERMISSIVE" or "STRICT" is allowed.',
    ],
    [
      { managedTls: { mode: "STRICT", settleSeconds: 0 } },
      "managedTls.settleSeconds: 0 was given; an integer from 1 to 3600 is allowed.",
    ],
    [{ defaultRetries: "no" }, 'defaultRetries: "no" was given; true or false is allowed.'],
  ] as const) {
    it(`refuse ${JSON.stringify(body)}`, async () => {
      await fails(async () => mesh.settings.update(own, "shop", body), bad, message);
      assert.deepEqual(mesh.settings.describe(own, "shop"), { defaultRetries: true });
    });
  }
});
