import assert from "node:assert/strict";
import fc from "fast-check";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "../server/values.js";
import { diffResource, diffValues } from "./diff.js";
import { type ResourceType, resourceTypes } from "./types.js";

const node = resourceTypes.get("appmesh:index:VirtualNode") as ResourceType;
const listener = (port: number) => ({ portMapping: { port, protocol: "http" } });
const olds: ObjectValue = {
  meshName: "shop",
  virtualNodeName: "catalog-v1",
  spec: { listeners: [listener(8080)], backends: [{ virtualService: { virtualServiceName: "stock" } }] },
  tags: { team: "shop" },
};
const diff = (
  news: ObjectValue,
  more: { olds?: ObjectValue; ignoreChanges?: string[]; urnName?: string } = {},
) => diffResource(node, { urnName: "catalog", olds, ignoreChanges: [], ...more, news });
const told = (news: ObjectValue, more: Parameters<typeof diff>[1] = {}) =>
  diff(news, more).changes.map(
    ({ kind, property, replaces }) => `${replaces ? "replace: " : ""}${kind} ${property}`,
  );
const stables = [
  "meshName",
  "virtualNodeName",
  "meshOwner",
  "arn",
  "uid",
  "createdAt",
  "resourceOwner",
  "status",
];

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Value>(null, true, false, "", "text", 0, 1.5),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    tie("value").map((inner) => new Secret(inner)),
  ),
})).value;

describe("the diff of a resource", () => {
  it("is empty for the same inputs", () => {
    assert.deepEqual(diff(olds), { changes: [], deleteBeforeReplace: true, stables });
  });

  it("is empty for any inputs and themselves", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (inputs) => {
        assert.deepEqual(diff(inputs, { olds: inputs }).changes, []);
      }),
    );
  });

  it("names each place that changed, and whether it came, went or is another", () => {
    const news = {
      ...olds,
      spec: {
        listeners: [listener(9090), listener(9091)],
        logging: { accessLog: { file: { path: "/dev/stdout" } } },
      },
      tags: { team: "stock", "app.kubernetes.io/name": "catalog" },
    };
    assert.deepEqual(diff(news), {
      changes: [
        {
          path: ["spec", "listeners", 0, "portMapping", "port"],
          kind: "update",
          property: "spec.listeners[0].portMapping.port",
          replaces: false,
        },
        { path: ["spec", "listeners", 1], kind: "add", property: "spec.listeners[1]", replaces: false },
        { path: ["spec", "backends"], kind: "delete", property: "spec.backends", replaces: false },
        { path: ["spec", "logging"], kind: "add", property: "spec.logging", replaces: false },
        { path: ["tags", "team"], kind: "update", property: "tags.team", replaces: false },
        {
          path: ["tags", "app.kubernetes.io/name"],
          kind: "add",
          property: 'tags["app.kubernetes.io/name"]',
          replaces: false,
        },
      ],
      deleteBeforeReplace: true,
      stables,
    });
  });

  it("replaces for another identity only, and then the new entity comes first", () => {
    const other = { ...olds, virtualNodeName: "catalog-v2", meshOwner: "111122223333", spec: {} };
    assert.deepEqual(told(other), [
      "replace: update virtualNodeName",
      "delete spec.listeners",
      "delete spec.backends",
      "replace: add meshOwner",
    ]);
    assert.equal(diff(other).deleteBeforeReplace, false);
    assert.deepEqual(told({ ...olds, meshName: UNKNOWN }), ["replace: update meshName"]);
  });

  it("wants the old entity gone first where a forced replacement would take its name again", () => {
    const named = (virtualNodeName: Value) => {
      const inputs = { ...olds, virtualNodeName };
      return diff(inputs, { olds: inputs }).deleteBeforeReplace;
    };
    assert.deepEqual([named("catalog-v1"), named("catalog-0123abc")], [true, false]);
  });

  it("makes nothing of null, of empty lists, of the order of keys or of plain values, and of secrecy", () => {
    const same: [Value, Value][] = [
      [{ a: null }, {}],
      [{ a: [] }, {}],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      [
        ["HTTP", "gateway-error"],
        ["gateway-error", "HTTP"],
      ],
      [{ a: new Secret("x") }, { a: "x" }],
      ["x", new Secret("x")],
      [[{ a: null }], [{}]],
    ];
    for (const [a, b] of same) assert.deepEqual([...diffValues([], a, b), ...diffValues([], b, a)], []);
  });

  it("sees what is like the same, but is not", () => {
    const differences = (a: Value, b: Value) => [...diffValues([], a, b)];
    assert.deepEqual(differences({ a: {} }, {}), [{ path: ["a"], kind: "delete" }]);
    assert.deepEqual(differences({}, { a: false }), [{ path: ["a"], kind: "add" }]);
    assert.deepEqual(differences("1", 1), [{ path: [], kind: "update" }]);
    assert.deepEqual(differences(["a", "a", "b"], ["a", "b", "b"]), [{ path: [1], kind: "update" }]);
    assert.deepEqual(differences([["a"], []], [["a"]]), [{ path: [1], kind: "delete" }]);
    assert.deepEqual(differences({ a: 1 }, { a: UNKNOWN }), [{ path: ["a"], kind: "update" }]);
    assert.deepEqual(differences({ a: [1] }, { a: { 0: 1 } }), [{ path: ["a"], kind: "update" }]);
  });

  it("leaves alone what the program wants left alone", () => {
    const news = {
      ...olds,
      spec: { ...(olds.spec as object), listeners: [listener(1)] },
      tags: { team: "stock" },
    };
    assert.deepEqual(told(news, { ignoreChanges: ["tags"] }), ["update spec.listeners[0].portMapping.port"]);
    assert.deepEqual(told(news, { ignoreChanges: ["spec.listeners[*].portMapping", 'tags["team"]'] }), []);
    assert.deepEqual(told(news, { ignoreChanges: ["spec.listeners[1]"] }), [
      "update spec.listeners[0].portMapping.port",
      "update tags.team",
    ]);
  });
});
