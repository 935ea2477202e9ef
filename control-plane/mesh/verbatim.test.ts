import assert from "node:assert/strict";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { arbitrarySpec } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { type Address, parentOf } from "./address.js";
import {
  at,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  own,
  toNode,
} from "./harness.test.support.js";
import { noLimits } from "./limits.js";

/** Where an entity of each kind is made, in a mesh in which everything that it may refer to exists. */
const places: { readonly [K in Kind]: Address<K> } = {
  mesh: at("mesh", "own"),
  virtualNode: at("virtualNode", "shop", "n"),
  virtualRouter: at("virtualRouter", "shop", "r"),
  route: at("route", "shop", "existing", "x"),
  virtualService: at("virtualService", "shop", "s.shop.local"),
  virtualGateway: at("virtualGateway", "shop", "g"),
  gatewayRoute: at("gatewayRoute", "shop", "existing", "x"),
};

/** A spec that refers to nothing but what exists. The rest of it is as it was. */
function referring(spec: unknown): unknown {
  if (Array.isArray(spec)) return spec.map(referring);
  if (typeof spec !== "object" || spec === null) return spec;
  const named: Record<string, string> = {
    virtualNode: "existing",
    virtualNodeName: "existing",
    virtualRouterName: "existing",
    virtualServiceName: "existing",
  };
  return Object.fromEntries(
    Object.entries(spec).map(([member, value]) => [
      member,
      typeof value === "string" && Object.hasOwn(named, member) ? named[member] : referring(value),
    ]),
  );
}

describe("What is written", () => {
  let mesh: Harness;
  before(async () => {
    mesh = await meshHarness(noLimits);
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "existing"], {}],
      ["virtualRouter", ["shop", "existing"], {}],
      ["virtualService", ["shop", "existing"], {}],
      ["virtualGateway", ["shop", "existing"], { listeners: [httpListener()] }],
    );
  });
  after(() => mesh.close());

  for (const { kind, nameMember } of Object.values(entityTypes)) {
    it(`comes back as it was written: ${kind}`, async function () {
      this.timeout(60_000);
      const place = places[kind];
      const spec = arbitrarySpec(kind).map(referring) as fc.Arbitrary<object>;
      await fc.assert(
        fc.asyncProperty(spec, spec, async (first, second) => {
          // As JSON text, so that order, empty lists, zeros and absent members all count.
          const same = (given: { spec: object }, written: object) =>
            assert.equal(JSON.stringify(given.spec), JSON.stringify(written));
          const body = JSON.parse(JSON.stringify({ [nameMember]: place.names.at(-1), spec: first }));
          const created = await mesh.operations.create(own, kind, parentOf(place), body);
          same(created, first);
          assert.deepEqual(mesh.operations.describe(own, place), created);
          const updated = await mesh.operations.update(
            own,
            place,
            JSON.parse(JSON.stringify({ spec: second })),
          );
          same(updated, second);
          assert.deepEqual(mesh.operations.describe(own, place), updated);
          const { uid: _, ...metadata } = updated.metadata;
          const [listed] = mesh.operations
            .list(own, kind, parentOf(place), {})
            .items.filter((item) => item[nameMember] === place.names.at(-1));
          const names = Object.entries(updated).filter(([member]) => member.endsWith("Name"));
          assert.deepEqual(listed, { ...Object.fromEntries(names), ...metadata });
          const stored = (await mesh.store.load()).records;
          const deleted = await mesh.operations.delete(own, place);
          same(deleted, second);
          assert.deepEqual(deleted.status, { status: "DELETED" });
          assert.equal((await mesh.store.load()).records.size, stored.size - 1);
        }),
        { numRuns: 40 },
      );
    });
  }

  it("is numbers and text in the forms that JSON has for them", async () => {
    const match = (range: string, exact: string) =>
      `{"httpRoute":{"match":{"prefix":"/","headers":[{"name":"n","match":{"range":${range}}},{"name":"t","match":{"exact":${exact}}}]},` +
      `"action":{"weightedTargets":[{"virtualNode":"existing","weight":0}]}}}`;
    const cases: [written: string, back: string][] = [
      [match('{"start":1.0,"end":2e3}', '"a"'), match('{"start":1,"end":2000}', '"a"')],
      [
        match('{"start":-9007199254740991,"end":9007199254740991}', '"a"'),
        match('{"start":-9007199254740991,"end":9007199254740991}', '"a"'),
      ],
      [
        match('{"start":0,"end":1}', '"größe 漢字 🦀 \\u0000\\" \\\\ \\ud800"'),
        match('{"start":0,"end":1}', '"größe 漢字 🦀 \\u0000\\" \\\\ \\ud800"'),
      ],
    ];
    for (const [n, [written, back]] of cases.entries()) {
      const body = JSON.parse(`{"routeName":"n${n}","spec":${written}}`);
      await mesh.operations.create(own, "route", at("virtualRouter", "shop", "existing"), body);
      const { spec } = mesh.operations.describe(own, at("route", "shop", "existing", `n${n}`));
      assert.equal(JSON.stringify(spec), back);
    }
  });

  it("is refused where a number would lose digits on its way", async () => {
    const range = JSON.parse('{"start":0,"end":9007199254740993}');
    const route = httpRoute("existing").httpRoute;
    const spec = {
      httpRoute: { ...route, match: { prefix: "/", headers: [{ name: "n", match: { range } }] } },
    };
    await assert.rejects(
      mesh.operations.create(own, "route", at("virtualRouter", "shop", "existing"), {
        routeName: "big",
        spec,
      }),
      {
        code: "BadRequestException",
        message:
          "spec.httpRoute.match.headers[0].match.range.end: 9007199254740992 was given; an integer is allowed.",
      },
    );
  });

  it("keeps a name and a service's provider of every kind of character", async () => {
    for (const name of ["größe", "漢字", "🦀", "a b", "%2F", "x".repeat(255), "🦀".repeat(255)]) {
      await mesh.build(["virtualNode", ["shop", name], {}], ["virtualService", ["shop", name], toNode(name)]);
      const service = mesh.operations.describe(own, at("virtualService", "shop", name));
      assert.deepEqual([service.virtualServiceName, service.spec], [name, toNode(name)]);
    }
  });
});
