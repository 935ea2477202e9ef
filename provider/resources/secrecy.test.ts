import assert from "node:assert/strict";
import { type ObjectValue, Secret, secret } from "../server/values.js";
import type { ResourceDiff } from "./diff.js";
import { formatPropertyPath } from "./property-path.js";
import { withNewSecrets } from "./secrecy.js";

describe("what is made secret", () => {
  const none: ResourceDiff = { changes: [], deleteBeforeReplace: false, stables: ["arn"] };
  const found = (
    state: ObjectValue,
    news: ObjectValue,
    { diff = none, ignoreChanges = [] as readonly string[] } = {},
  ) => withNewSecrets(diff, { state, news, ignoreChanges }).changes.map(({ property }) => property);
  const state = { meshName: "shop", spec: { hosts: [{ name: "a" }, { name: "b" }], path: "/" } };

  it("is a change of its own place, that replaces nothing", () => {
    const news = { ...state, spec: { hosts: [{ name: "a" }, { name: secret("b") }], path: "/" } };
    assert.deepEqual(withNewSecrets(none, { state, news, ignoreChanges: [] }), {
      ...none,
      changes: [
        {
          path: ["spec", "hosts", 1, "name"],
          property: "spec.hosts[1].name",
          kind: "update",
          replaces: false,
        },
      ],
    });
    assert.deepEqual(found(state, { ...state, meshName: secret("shop"), spec: secret(state.spec) }), [
      "meshName",
      "spec",
    ]);
  });

  it("is none where the state has it so, at that place or around it, or not at all", () => {
    const news = { ...state, spec: { hosts: secret(state.spec.hosts), path: secret("/") }, tags: secret({}) };
    assert.deepEqual(found({ ...state, spec: new Secret(state.spec) }, news), []);
    assert.deepEqual(found(news, news), []);
    assert.deepEqual(found({ meshName: "shop" }, news), []);
    // What was secret and is no more stays encrypted until something else changes.
    assert.deepEqual(found(news, state), []);
  });

  it("is not told twice, nor where it is ignored", () => {
    const news = {
      ...state,
      spec: { hosts: [secret({ name: "x" }), { name: secret("b") }], path: secret("/") },
    };
    const path = ["spec", "hosts", 0, "name"];
    const diff: ResourceDiff = {
      ...none,
      changes: [{ path, property: formatPropertyPath(path), kind: "update", replaces: false }],
    };
    assert.deepEqual(found(state, news, { diff, ignoreChanges: ["spec.hosts[*].name"] }), [
      "spec.hosts[0].name",
      "spec.path",
    ]);
    assert.deepEqual(found(state, news, { ignoreChanges: ["spec"] }), []);
  });
});
