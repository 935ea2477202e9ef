import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { MeshChange, MeshSource } from "../source/mesh-source.js";
import { entitiesOf } from "../translate/document.js";
import { withCertificates } from "./with-certificates.js";

const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";

describe("a source of meshes with certificates", () => {
  it("is the source that it is given, and names what is read of AWS beside what is read of the mesh", async () => {
    const listeners = new Set<(change: MeshChange) => void>();
    const forgotten: string[] = [];
    const instances = { shop: { catalog: { list: [] } } };
    const inner: MeshSource = {
      entities: (meshName) => entitiesOf({ meshName, virtualNodes: { a: {} }, instances }),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      forget: (meshName, _, read) => forgotten.push(`${meshName} ${read}`),
    };
    const source = withCertificates(inner, {
      source: {
        certificate: () => Promise.reject(new Error("no")),
        authority: async () => ({ certificates: "root" }),
      },
    });
    try {
      const changes: MeshChange[] = [];
      const unsubscribe = source.subscribe((change) => changes.push(change));
      const entities = source.entities("shop", "123456789012");
      assert.deepEqual(
        [entities.meshName, entities.mesh(), entities.virtualNode("a"), entities.virtualNode("b")],
        ["shop", {}, {}, undefined],
      );
      assert.deepEqual(entities.instances?.("shop", "catalog"), { list: [] });
      assert.deepEqual([source.wanted, changes], [[], []]);

      assert.deepEqual(entities.certificateAuthority?.(arn), {
        unavailable: `${arn} is being asked for`,
        pending: true,
      });
      await turn();
      assert.deepEqual(entities.certificateAuthority?.(arn), { certificates: "root" });
      const change = { meshName: "shop", meshOwner: "123456789012", reads: [`certificateAuthority/${arn}`] };
      assert.deepEqual(changes, [change]);
      for (const listener of listeners) listener({ ...change, reads: ["mesh"] });
      assert.deepEqual(changes[1], { ...change, reads: ["mesh"] });

      source.forget?.("shop", "210987654321", `certificateAuthority/${arn}`);
      assert.equal(source.wanted.length, 1);
      source.forget?.("shop", "123456789012", `certificateAuthority/${arn}`);
      assert.deepEqual(source.wanted, []);
      assert.equal(forgotten.length, 2);
      unsubscribe();
      assert.equal(listeners.size, 0);
    } finally {
      source.close();
    }
  });
});
