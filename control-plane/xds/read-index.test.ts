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

/** One reader of one mesh, as a view reads: all anew each time. */
class Reader {
  reads: ReadonlySet<Read<Reader>> = new Set();

  constructor(
    readonly index: ReadIndex<Reader>,
    readonly meshName: string,
  ) {}

  read(names: readonly string[]): void {
    const reads = new Set<Read<Reader>>();
    const entities = this.index.track(nothing(this.meshName), reads);
    for (const name of names) {
      const [kind, ...rest] = name.split("/");
      if (kind === "mesh") entities.mesh();
      else entities[kind as (typeof kinds)[number]](rest.join("/"));
    }
    this.index.settle(this, this.meshName, this.reads, reads);
    this.reads = reads;
  }
}

describe("the index of reads", () => {
  it("knows the readers of each read by the name that a change gives it", () => {
    const index = new ReadIndex<Reader>();
    const reader = new Reader(index, "shop");
    const all = ["mesh", ...kinds.map((kind) => `${kind}/catalog`)];
    reader.read(all);
    assert.deepEqual(
      all.map((name) => [name, [...index.readers("shop", name)].includes(reader)]),
      all.map((name) => [name, true]),
    );
    assert.deepEqual([...index.readers("shop", "virtualNode/ratings")], []);
    assert.deepEqual([...index.readers("other", "mesh")], []);
  });

  it("passes on what the mesh answers", () => {
    const spec = { listeners: [] };
    const entities = new ReadIndex().track({ ...nothing("shop"), virtualRouter: () => spec }, new Set());
    assert.equal(entities.virtualRouter("catalog"), spec);
    assert.equal(entities.meshName, "shop");
  });

  it("has exactly the readers of the last reading, whatever was read before by whom", () => {
    const name = fc.oneof(
      fc.constant("mesh"),
      fc.tuple(fc.constantFrom(...kinds), fc.constantFrom("a", "b", "a/b")).map((parts) => parts.join("/")),
    );
    const step = fc.record({ who: fc.nat(3), names: fc.array(name, { maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const index = new ReadIndex<Reader>();
        const readers = ["shop", "shop", "bank", "shop"].map((mesh) => new Reader(index, mesh));
        const last = new Map<Reader, readonly string[]>();
        for (const { who, names } of steps) {
          const reader = readers[who] as Reader;
          reader.read(names);
          last.set(reader, names);
        }
        for (const meshName of ["shop", "bank"]) {
          for (const read of [
            "mesh",
            ...kinds.flatMap((kind) => ["a", "b", "a/b"].map((n) => `${kind}/${n}`)),
          ]) {
            const expected = readers.filter(
              (reader) => reader.meshName === meshName && last.get(reader)?.includes(read),
            );
            assert.deepEqual(
              new Set(index.readers(meshName, read)),
              new Set(expected),
              `${meshName} ${read}`,
            );
          }
        }
      }),
    );
  });
});
