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

/** One reader of one mesh, as a view reads: all anew each time. A name after `derived:` is read by derivation. */
class Reader {
  reads: ReadonlySet<Read<Reader>> = new Set();

  constructor(
    readonly index: ReadIndex<Reader>,
    readonly mesh: string,
  ) {}

  read(names: readonly string[]): void {
    const reads = new Set<Read<Reader>>();
    const entities = this.index.track(this.mesh, nothing("shop"), reads);
    for (const name of names) {
      if (name.startsWith("derived:")) entities.derive?.(readOne, name.slice("derived:".length));
      else readOne(entities, name);
    }
    this.index.settle(this, this.mesh, this.reads, reads);
    this.reads = reads;
  }
}

function readOne(entities: MeshEntities, read: string): void {
  const [kind, ...name] = read.split("/");
  if (kind === "mesh") entities.mesh();
  else entities[kind as (typeof kinds)[number]](name.join("/"));
}

describe("the index of reads", () => {
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

  it("derives once for all readers, until something of the mesh changes", () => {
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
    index.change("shop", "virtualRouter/unrelated");
    assert.notEqual(derive("shop", "catalog"), first);
    derive("other", "catalog");
    assert.equal(computed, 4);
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
    const name = fc.tuple(fc.constantFrom("", "derived:"), direct).map((parts) => parts.join(""));
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
        for (const { who, names, change } of steps) {
          const reader = readers[who] as Reader;
          reader.read(names);
          last.set(
            reader,
            names.map((read) => read.replace("derived:", "")),
          );
          if (change !== undefined) index.change("shop", change);
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
