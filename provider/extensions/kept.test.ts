// What a program settles beside App Mesh's entities, as a refresh and a replacement keep it.
import assert from "node:assert/strict";
import type { Context } from "../resources/operations.js";
import { type ObjectValue, secret } from "../server/values.js";
import { meshSettings } from "./mesh-settings.js";
import { proxyServiceAccount } from "./proxy-service-account.js";

const context = (appMesh: object) => ({ appMesh, call: {} }) as unknown as Context;

for (const { extension, id, live, inputs, changed, drifted } of [
  {
    extension: meshSettings,
    id: "shop",
    live: (mode: string) => ({ settings: async () => ({ managedTls: { mode, settleSeconds: 30 } }) }),
    inputs: { meshName: secret("shop"), managedTls: { mode: secret("STRICT") } },
    changed: "PERMISSIVE",
    drifted: { meshName: secret("shop"), managedTls: { mode: secret("PERMISSIVE") } },
  },
  {
    extension: proxyServiceAccount,
    id: "shop/shop:catalog",
    live: (node: string) => ({ serviceAccount: async () => ({ virtualNodes: [node], virtualGateways: [] }) }),
    inputs: {
      meshName: "shop",
      namespace: "shop",
      serviceAccountName: secret("catalog"),
      virtualNodes: [secret("STRICT")],
    },
    changed: "stranger",
    drifted: {
      meshName: "shop",
      namespace: "shop",
      serviceAccountName: secret("catalog"),
      virtualNodes: secret(["stranger"]),
    },
  },
]) {
  describe(`a ${extension.title}`, () => {
    const diff = (olds: ObjectValue, news: ObjectValue) =>
      extension.diff({ urnName: "a", state: olds, olds, news, ignoreChanges: [] });

    it("stays secret through a refresh, also where somebody else has changed it", async () => {
      const known = { inputs, state: inputs };
      assert.deepEqual(await extension.read(id, known, context(live("STRICT"))), known);
      assert.deepEqual(await extension.read(id, known, context(live(changed))), {
        inputs: drifted,
        state: drifted,
      });
    });

    it("goes before it comes again where a program has it replaced, but not where it becomes another one", () => {
      assert.equal(diff(inputs, drifted).deleteBeforeReplace, true);
      assert.equal(diff(inputs, { ...inputs, meshName: "other" }).deleteBeforeReplace, false);
    });
  });
}
