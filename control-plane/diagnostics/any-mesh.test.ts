import assert from "node:assert/strict";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { arbitrarySpec } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { type Address, parentOf } from "../mesh/address.js";
import { type Entity, encodeEntity } from "../mesh/entity.js";
import { ACCOUNT, at, type Harness, meshHarness, own } from "../mesh/harness.test.support.js";
import { translate } from "../translate/translate.js";
import { Diagnosis } from "./diagnosis.js";
import { codes, type Diagnostic } from "./diagnostic.js";
import { entityName } from "./whole-mesh.js";

const shop = at("mesh", "shop");
const names = ["a", "b", "missing"];

/** References go to few names, so that they meet. */
const referring = (name: (own: string) => string, spec: unknown): unknown => {
  if (Array.isArray(spec)) return spec.map((item) => referring(name, item));
  if (typeof spec !== "object" || spec === null) return spec;
  const members = ["virtualNode", "virtualNodeName", "virtualRouterName", "virtualServiceName"];
  return Object.fromEntries(
    Object.entries(spec).map(([member, value]) => [
      member,
      typeof value === "string" && members.includes(member) ? name(value) : referring(name, value),
    ]),
  );
};

const places: readonly Address[] = (["a", "b"] as const).flatMap((name) => [
  at("virtualNode", "shop", name),
  at("virtualRouter", "shop", name),
  at("virtualService", "shop", name),
  at("virtualGateway", "shop", name),
  ...(["a", "b"] as const).flatMap((route) => [
    at("route", "shop", name, route),
    at("gatewayRoute", "shop", name, route),
  ]),
]);

/** Some of the places, each with a spec of its kind. As a store may have it: what is referred to may be missing. */
const anyMesh = fc
  .tuple(
    ...places.map(({ kind }) => fc.option(arbitrarySpec(kind as Kind), { freq: 3 })),
    fc.nat(names.length - 1),
  )
  .map((drawn) => {
    const offset = drawn.at(-1) as number;
    const name = (own: string) => names[(own.length + offset) % names.length] as string;
    return places.flatMap((address, n) => {
      const spec = drawn[n];
      return spec === null ? [] : [{ address, spec: referring(name, spec) as object }];
    });
  })
  .map((entities) =>
    entities.filter(({ address }) => {
      const parent = parentOf(address) as Address;
      return parent.kind === "mesh" || entities.some((one) => entityName(one.address) === entityName(parent));
    }),
  );

describe("Diagnostics of any mesh", () => {
  let mesh: Harness;
  before(async () => {
    mesh = await meshHarness();
  });
  after(() => mesh.close());

  it("are of entities that there are, at fields that there are, each once, and the same each time", async function () {
    this.timeout(120_000);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyMesh, async (entities) => {
        const records = [{ address: shop, spec: {} }, ...entities].map(({ address, spec }) =>
          encodeEntity({
            address,
            spec,
            tags: [],
            calls: { create: [], update: [] },
            metadata: {
              arn: `arn ${entityName(address)}`,
              createdAt: 1,
              lastUpdatedAt: 1,
              meshOwner: ACCOUNT,
              resourceOwner: ACCOUNT,
              uid: "uid",
              version: 1,
            },
          } as Entity),
        );
        const gone = [...(await mesh.store.load()).records.keys()].map((key) => ({ key, value: undefined }));
        await mesh.store.commit(mesh.state.revision, [...gone, ...records]);

        const look = async () => {
          const diagnosis = new Diagnosis({ state: mesh.state, source: mesh.state, translate });
          const found: Diagnostic[] = [];
          let nextToken: string | undefined;
          do {
            const page = await diagnosis.list(own, shop, { limit: 7, nextToken });
            found.push(...page.items);
            nextToken = page.nextToken;
          } while (nextToken !== undefined);
          diagnosis.close();
          return found;
        };
        const found = await look();
        assert.equal(JSON.stringify(await look()), JSON.stringify(found));
        const known = new Map(entities.map(({ address, spec }) => [entityName(address), { spec }]));
        known.set("mesh/shop", { spec: {} });
        for (const { code, severity, entity, arn, path, message, remedy } of found) {
          seen.add(code);
          const there = known.get(entity);
          assert.ok(there, `${code} is of ${entity}`);
          assert.equal(arn, `arn ${entity}`);
          assert.equal(severity, codes[code].severity);
          assert.ok(message !== "" && remedy !== "", code);
          assert.ok(isThere(there, path), `${code} is at ${path} of ${JSON.stringify(there)}`);
        }
        const keys = found.map((one) => JSON.stringify(one));
        assert.equal(new Set(keys).size, keys.length);
      }),
      { numRuns: 60 },
    );
    // Of what there can be, the most: the meshes drawn are not all alike.
    assert.ok(seen.size > 12, [...seen].sort().join());
    assert.deepEqual(
      Object.keys(entityTypes).filter((kind) => places.every((place) => place.kind !== kind)),
      ["mesh"],
    );
  });
});

/** Whether a path leads to a field, or to one that could be given in what there is. */
function isThere(entity: object, path: string): boolean {
  const steps = path === "" ? [] : path.split(/[.[\]]+/).filter(Boolean);
  let value: unknown = entity;
  for (const [n, step] of steps.entries()) {
    if (typeof value !== "object" || value === null) return false;
    if (!Object.hasOwn(value, step)) return n === steps.length - 1;
    value = (value as Record<string, unknown>)[step];
  }
  return true;
}
