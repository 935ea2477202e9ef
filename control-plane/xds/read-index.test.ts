import assert from "node:assert/strict";
import fc from "fast-check";
import type { MeshEntities } from "../translate/entities.js";
import { type Read, ReadIndex } from "./read-index.js";

/** A mesh in which nothing exists: what is read of it counts, not what comes of it. */
const nothing = (meshName: string): MeshEntities => ({
  meshName,
  mesh: () => undefined,
  virtualNode: () => undefined,
  virtualRouter: () => undefined,
  virtualService: () => undefined,
  virtualGateway: () => undefined,
  routes: () => [],
  gatewayRoutes: () => [],
});

const kinds = [
  "virtualNode",
  "virtualRouter",
  "virtualService",
  "virtualGateway",
  "routes",
  "gatewayRoutes",
] as const;

/** What is read: its revision, where it has one. */
type Revisions = ReadonlyMap<string, number>;

const meshAt = (revisions: Revisions): MeshEntities => ({
  ...nothing("shop"),
  mesh: () => revisions.get("mesh") as never,
  ...Object.fromEntries(kinds.map((kind) => [kind, (name: string) => revisions.get(`${kind}/${name}`)])),
});

/** One reader of one mesh, as a view reads: all anew each time. A name after `derived:` is read by derivation. */
class Reader {
  reads: ReadonlySet<Read<Reader>> = new Set();

  constructor(
    readonly index: ReadIndex<Reader>,
    readonly mesh: string,
  ) {}

  /** What it finds, in the order of the names. */
  read(names: readonly string[], revisions: Revisions = new Map()): unknown[] {
    const reads = new Set<Read<Reader>>();
    const entities = this.index.track(this.mesh, meshAt(revisions), reads);
    const found = names.map((name) =>
      name.startsWith(derived)
        ? entities.derive?.(readOne, name.slice(derived.length))
        : readOne(entities, name),
    );
    this.index.settle(this, this.mesh, this.reads, reads);
    this.reads = reads;
    return found;
  }
}

const derived = "derived:";

function readOne(entities: MeshEntities, read: string): unknown {
  const [kind, ...name] = read.split("/");
  return kind === "mesh" ? entities.mesh() : entities[kind as (typeof kinds)[number]](name.join("/"));
}

describe("the index of reads", () => {
  it("knows who reads the instances of a service, by its name and its namespace's", () => {
    const index = new ReadIndex<Reader>();
    const reads = new Set<Read<Reader>>();
    const reader = new Reader(index, "shop");
    assert.equal(index.track("shop", nothing("shop"), reads).instances, undefined);
    const instances = { list: [] };
    const asked: unknown[] = [];
    const known = (...question: unknown[]) => {
      asked.push(question);
      return instances;
    };
    const entities = index.track("shop", { ...nothing("shop"), instances: known }, reads);
    assert.equal(entities.instances?.("shop.internal", "catalog"), instances);
    const attributes = [{ key: "version", value: "2" }];
    assert.equal(entities.instances?.("shop.internal", "catalog", attributes), instances);
    assert.deepEqual(asked, [
      ["shop.internal", "catalog"],
      ["shop.internal", "catalog", attributes],
    ]);
    index.settle(reader, "shop", new Set(), reads);
    assert.deepEqual([...index.change("shop", "instances/catalog.shop.internal")], [reader]);
    assert.deepEqual([...index.change("shop", "instances/ratings.shop.internal")], []);
  });

  it("knows who reads certificates, by their ARNs", () => {
    const index = new ReadIndex<Reader>();
    const reads = new Set<Read<Reader>>();
    const reader = new Reader(index, "shop");
    const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";
    const unavailable = { unavailable: "AWS is away" };
    const without = index.track("shop", nothing("shop"), reads);
    assert.deepEqual([without.certificate, without.certificateAuthority], [undefined, undefined]);
    const entities = index.track(
      "shop",
      {
        ...nothing("shop"),
        certificate: () => unavailable,
        certificateAuthority: () => ({ certificates: "root" }),
      },
      reads,
    );
    assert.equal(entities.certificate?.(arn), unavailable);
    assert.deepEqual(entities.certificateAuthority?.("arn:b"), { certificates: "root" });
    index.settle(reader, "shop", new Set(), reads);
    assert.deepEqual([...index.change("shop", `certificate/${arn}`)], [reader]);
    assert.deepEqual([...index.change("shop", "certificateAuthority/arn:b")], [reader]);
    assert.deepEqual([...index.change("shop", "certificate/arn:b")], []);
  });

  it("tells what nobody reads any more, by the name that a change gives it", () => {
    const index = new ReadIndex<Reader>();
    const read = (names: readonly string[]) => {
      const reads = new Set<Read<Reader>>();
      const entities = index.track("shop", nothing("shop"), reads);
      for (const name of names) readOne(entities, name);
      return reads;
    };
    const [one, other] = [new Reader(index, "shop"), new Reader(index, "shop")];
    const first = read(["mesh", "virtualNode/catalog", "routes/catalog"]);
    const second = read(["mesh", "virtualNode/catalog"]);
    assert.deepEqual(index.settle(one, "shop", new Set(), first), []);
    assert.deepEqual(index.settle(other, "shop", new Set(), second), []);
    assert.deepEqual(index.settle(one, "shop", first, new Set()), ["routes/catalog"]);
    assert.deepEqual(index.settle(other, "shop", second, new Set()), ["mesh", "virtualNode/catalog"]);
  });

  it("knows the readers of each read by the name that a change gives it", () => {
    const index = new ReadIndex<Reader>();
    const reader = new Reader(index, "shop");
    const all = ["mesh", ...kinds.map((kind) => `${kind}/catalog`)];
    reader.read(all);
    assert.deepEqual(
      all.map((name) => [name, [...index.change("shop", name)].includes(reader)]),
      all.map((name) => [name, true]),
    );
    assert.deepEqual([...index.change("shop", "virtualNode/ratings")], []);
    assert.deepEqual([...index.change("other", "mesh")], []);
  });

  it("passes on what the mesh answers", () => {
    const spec = { listeners: [] };
    const entities = new ReadIndex().track(
      "shop",
      { ...nothing("shop"), virtualRouter: () => spec },
      new Set(),
    );
    assert.equal(entities.virtualRouter("catalog"), spec);
    assert.equal(entities.meshName, "shop");
  });

  it("derives once for all readers, until something that it was derived from changes", () => {
    const index = new ReadIndex<object>();
    let computed = 0;
    const compute = (entities: MeshEntities, name: string) => {
      computed++;
      return { name, spec: entities.virtualNode(name) };
    };
    const derive = (mesh: string, name: string) =>
      index.track(mesh, nothing("shop"), new Set()).derive?.(compute, name);
    const first = derive("shop", "catalog");
    assert.deepEqual(first, { name: "catalog", spec: undefined });
    assert.equal(derive("shop", "catalog"), first);
    assert.equal(computed, 1);
    derive("shop", "ratings");
    derive("other", "catalog");
    assert.equal(computed, 3);
    index.change("shop", "virtualNode/unrelated");
    index.change("shop", "virtualRouter/catalog");
    assert.equal(derive("shop", "catalog"), first);
    index.change("shop", "virtualNode/catalog");
    assert.notEqual(derive("shop", "catalog"), first);
    derive("shop", "ratings");
    derive("other", "catalog");
    assert.equal(computed, 4);
  });

  it("derives anew what was made by a derivation within", () => {
    const index = new ReadIndex<object>();
    let revision = 1;
    const entities = {
      ...nothing("shop"),
      virtualNode: () => ({ logging: { accessLog: {} }, listeners: [], revision }),
    };
    const inner = (tracked: MeshEntities, name: string) => tracked.virtualNode(name);
    const outer = (tracked: MeshEntities, name: string) => ({ inner: tracked.derive?.(inner, name) });
    const derive = () => index.track("shop", entities, new Set()).derive?.(outer, "catalog");
    const first = derive();
    revision = 2;
    assert.equal(derive(), first);
    index.change("shop", "virtualNode/catalog");
    assert.deepEqual(derive(), { inner: { logging: { accessLog: {} }, listeners: [], revision: 2 } });
  });

  it("remembers no derivation that failed, but what it had read", () => {
    const index = new ReadIndex<string>();
    const reads = new Set<Read<string>>();
    const entities = index.track("shop", nothing("shop"), reads);
    let attempts = 0;
    const compute = (tracked: MeshEntities): never => {
      tracked.virtualNode("catalog");
      throw new Error(`attempt ${++attempts}`);
    };
    assert.throws(() => entities.derive?.(compute, ""), { message: "attempt 1" });
    assert.throws(() => entities.derive?.(compute, ""), { message: "attempt 2" });
    index.settle("reader", "shop", new Set(), reads);
    assert.deepEqual([...index.change("shop", "virtualNode/catalog")], ["reader"]);
  });

  it("has exactly the readers of the last reading, whatever was read before by whom", () => {
    const direct = fc.oneof(
      fc.constant("mesh"),
      fc.tuple(fc.constantFrom(...kinds), fc.constantFrom("a", "b", "a/b")).map((parts) => parts.join("/")),
    );
    const name = fc.tuple(fc.constantFrom("", derived), direct).map((parts) => parts.join(""));
    const step = fc.record({
      who: fc.nat(3),
      names: fc.array(name, { maxLength: 6 }),
      change: fc.option(direct, { nil: undefined, freq: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const index = new ReadIndex<Reader>();
        const readers = ["shop", "shop", "bank", "shop"].map((mesh) => new Reader(index, mesh));
        const last = new Map<Reader, readonly string[]>();
        const revisions = { shop: new Map<string, number>(), bank: new Map<string, number>() };
        for (const { who, names, change } of steps) {
          const reader = readers[who] as Reader;
          const plain = names.map((read) => read.replace(derived, ""));
          const now = revisions[reader.mesh as "shop" | "bank"];
          assert.deepEqual(
            reader.read(names, now),
            plain.map((read) => now.get(read)),
          );
          last.set(reader, plain);
          if (change !== undefined) {
            revisions.shop.set(change, (revisions.shop.get(change) ?? 0) + 1);
            index.change("shop", change);
          }
        }
        for (const mesh of ["shop", "bank"]) {
          for (const read of [
            "mesh",
            ...kinds.flatMap((kind) => ["a", "b", "a/b"].map((n) => `${kind}/${n}`)),
          ]) {
            const expected = readers.filter(
              (reader) => reader.mesh === mesh && last.get(reader)?.includes(read),
            );
            assert.deepEqual(new Set(index.change(mesh, read)), new Set(expected), `${mesh} ${read}`);
          }
        }
      }),
    );
  });
});
