import assert from "node:assert/strict";
import type { Address, Entity } from "../client/appmesh.js";
import { type ObjectValue, Secret, UNKNOWN } from "../server/values.js";
import { inputsOf, plannedState, plannedUpdate, specChanges, stateOf, tagChanges } from "./state.js";
import { type ResourceType, resourceTypes } from "./types.js";

const node = resourceTypes.get("appmesh:index:VirtualNode") as ResourceType;
const address: Address = { kind: "virtualNode", names: ["shop", "catalog-v1"] };
const spec = { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] };
const inputs: ObjectValue = { meshName: "shop", virtualNodeName: "catalog-v1", spec };
const entity: Entity = {
  spec,
  status: { status: "ACTIVE" },
  metadata: {
    arn: "arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/catalog-v1",
    uid: "6f7a1f0e-0000-4000-8000-000000000000",
    version: 1,
    meshOwner: "000000000000",
    resourceOwner: "000000000000",
    createdAt: 1_700_000_000.5,
    lastUpdatedAt: 1_700_000_001,
  },
};
const outputs = {
  arn: entity.metadata.arn,
  uid: entity.metadata.uid,
  version: 1,
  meshOwner: "000000000000",
  resourceOwner: "000000000000",
  status: "ACTIVE",
  createdAt: "2023-11-14T22:13:20.500Z",
  lastUpdatedAt: "2023-11-14T22:13:21.000Z",
};

describe("the state of a resource", () => {
  it("is its inputs with what the control plane added", () => {
    assert.deepEqual(stateOf(node, inputs, entity, {}), { ...inputs, ...outputs });
  });

  it("keeps the program's way of saying the same, and its secrets", () => {
    const said = { ...inputs, spec: { listeners: new Secret(spec.listeners), backends: [] }, tags: {} };
    assert.deepEqual(stateOf(node, said, entity, {}), { ...said, ...outputs });
  });

  it("shows what another hand has changed, and keeps a secret place secret", () => {
    const olds = {
      ...inputs,
      spec: { listeners: [{ portMapping: { port: 9090, protocol: "http" } }], logging: new Secret("x") },
      tags: { team: new Secret("shop"), gone: "x" },
    };
    assert.deepEqual(
      inputsOf(node, address, olds, { ...entity, spec: { ...spec, logging: "y" } }, { team: "stock" }),
      {
        ...inputs,
        spec: { ...spec, logging: new Secret("y") },
        tags: { team: new Secret("stock") },
      },
    );
  });

  it("is known whole from the control plane alone, as import needs it", () => {
    assert.deepEqual(inputsOf(node, address, {}, entity, { team: "shop" }), {
      ...inputs,
      tags: { team: "shop" },
    });
  });

  it("has an empty spec where the resource needs one, so that what is imported passes the check", () => {
    const empty = { ...entity, spec: {} };
    assert.deepEqual(inputsOf(node, address, {}, empty, {}), { ...inputs, spec: {} });
    const mesh = resourceTypes.get("appmesh:index:Mesh") as ResourceType;
    assert.deepEqual(inputsOf(mesh, { kind: "mesh", names: ["shop"] }, {}, empty, {}), { meshName: "shop" });
  });

  it("is planned with only that unknown which the control plane makes up", () => {
    const unknown = Object.fromEntries(Object.keys(outputs).map((name) => [name, UNKNOWN]));
    assert.deepEqual(plannedState(node, inputs), { ...unknown, ...inputs });
    assert.deepEqual(plannedState(node, { ...inputs, meshOwner: "111122223333" }).meshOwner, "111122223333");
  });

  it("gets a new version by an update of the spec alone", () => {
    const olds = { ...inputs, ...outputs };
    const tagged = { ...inputs, tags: { team: "shop" } };
    assert.deepEqual(plannedUpdate(node, olds, tagged), { ...outputs, ...tagged });
    const changed = { ...inputs, spec: { listeners: [] } };
    assert.deepEqual(plannedUpdate(node, olds, changed), {
      ...outputs,
      ...changed,
      version: UNKNOWN,
      lastUpdatedAt: UNKNOWN,
    });
  });

  it("knows a change of the spec", () => {
    assert.equal(specChanges({}, { spec: {} }), false);
    assert.equal(specChanges({ spec }, { spec: { ...spec, backends: null } }), false);
    assert.equal(specChanges({ spec }, {}), true);
    assert.equal(specChanges({ spec }, { spec: UNKNOWN }), true);
  });

  it("changes only the tags that differ", () => {
    assert.deepEqual(
      tagChanges({ same: "1", other: "1", gone: "1" }, { same: "1", other: "2", toString: "x" }),
      {
        set: { other: "2", toString: "x" },
        remove: ["gone"],
      },
    );
    assert.deepEqual(tagChanges({ toString: "x" }, {}), { set: {}, remove: ["toString"] });
  });
});
