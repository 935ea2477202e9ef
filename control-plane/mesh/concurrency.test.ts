import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import type { Store } from "../store/store.js";
import { MeshError } from "./errors.js";
import {
  ACCOUNT,
  at,
  type Harness,
  httpRoute,
  meshHarness,
  meshOn,
  OTHER,
  other,
  own,
} from "./harness.test.support.js";
import { noLimits } from "./limits.js";

type Process = Omit<Harness, "close">;
const shop = at("mesh", "shop");

/** The same store a network away, so that what other processes write falls between a decision and its commit. */
const away = (store: Store): Store => ({
  load: () => store.load(),
  subscribe: (listener) => store.subscribe(listener),
  checkWritable: () => store.checkWritable(),
  close: () => store.close(),
  commit: async (...change) => {
    await setImmediate();
    return store.commit(...change);
  },
});

describe("Two processes on one store", () => {
  let mesh: Harness;
  let one: Process;
  let two: Process;
  beforeEach(async () => {
    mesh = await meshHarness();
    [one, two] = [await meshOn(away(mesh.store)), await meshOn(away(mesh.store))];
  });
  afterEach(() => mesh.close());

  /** What two calls at the same time come to: done, or the error's code; in the order in which they were given. */
  const outcomes = async (...calls: (() => Promise<unknown>)[]) =>
    (await Promise.allSettled(calls.map((call) => call()))).map((outcome) =>
      outcome.status === "fulfilled"
        ? "done"
        : outcome.reason instanceof MeshError
          ? outcome.reason.code
          : String(outcome.reason),
    );
  /** Every entity's parent and everything that it must refer to exists, in the store and in each process's view. */
  async function isWhole() {
    const again = await meshOn(mesh.store);
    for (const { state } of [one, two, again]) {
      const keys = [...(await mesh.store.load()).records.keys()].sort();
      for (const key of keys) {
        const [owner, ...path] = key.split("/");
        for (let length = path.length - 2; length > 0; length -= 2) {
          const parent = [owner, ...path.slice(0, length)].join("/");
          assert.ok(keys.includes(parent), `${key} has no parent`);
        }
      }
      assert.equal(state.revision, (await mesh.store.load()).revision);
    }
  }

  it("leave no child without its mesh, whichever is first: the mesh's deletion or the child's creation", async () => {
    const create = (by: Process) => () =>
      by.operations.create(own, "virtualNode", shop, { virtualNodeName: "a", spec: {} });
    const remove = (by: Process) => () => by.operations.delete(own, shop);
    await mesh.build(["mesh", ["shop"]]);
    assert.deepEqual(await outcomes(remove(one), create(two)), ["done", "NotFoundException"]);
    await isWhole();
    await mesh.build(["mesh", ["shop"]]);
    assert.deepEqual(await outcomes(create(two), remove(one)), ["done", "ResourceInUseException"]);
    await isWhole();
  });

  it("leave no route without its router, and none with a target that is gone", async () => {
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
    );
    const create = (by: Process) => () =>
      by.operations.create(own, "route", at("virtualRouter", "shop", "r"), {
        routeName: "x",
        spec: httpRoute("a"),
      });
    assert.deepEqual(
      await outcomes(() => one.operations.delete(own, at("virtualRouter", "shop", "r")), create(two)),
      ["done", "NotFoundException"],
    );
    await mesh.build(["virtualRouter", ["shop", "r"], {}]);
    assert.deepEqual(
      await outcomes(create(one), () => two.operations.delete(own, at("virtualNode", "shop", "a"))),
      ["done", "ResourceInUseException"],
    );
    await isWhole();
  });

  it("keep within a limit together", async () => {
    const limits = { ...noLimits, virtualNodesPerMesh: 5 };
    [one, two] = [await meshOn(away(mesh.store), limits), await meshOn(away(mesh.store), limits)];
    await mesh.build(["mesh", ["shop"]]);
    const calls = Array.from(
      { length: 12 },
      (_, n) => () =>
        (n % 2 === 0 ? one : two).operations.create(own, "virtualNode", shop, {
          virtualNodeName: `n${n}`,
          spec: {},
        }),
    );
    const counted = await outcomes(...calls);
    assert.equal(counted.filter((outcome) => outcome === "done").length, 5);
    assert.equal(counted.filter((outcome) => outcome === "LimitExceededException").length, 7);
    assert.equal(mesh.operations.list(own, "virtualNode", shop, {}).items.length, 5);
  });

  it("let nothing into a mesh once it is no longer shared", async () => {
    await mesh.build(["mesh", ["shop"]]);
    await mesh.sharing.share(own, "shop", OTHER);
    const create = () =>
      two.operations.create(other, "virtualNode", shop, { virtualNodeName: "a", spec: {} });
    assert.deepEqual(await outcomes(() => one.sharing.unshare(own, "shop", OTHER), create), [
      "done",
      "NotFoundException",
    ]);
    assert.equal(mesh.state.get(at("virtualNode", "shop", "a")), undefined);
  });

  it("create a name once", async () => {
    await mesh.build(["mesh", ["shop"]]);
    const create = (by: Process, clientToken: string) => () =>
      by.operations.create(own, "virtualNode", shop, { virtualNodeName: "a", spec: {}, clientToken });
    assert.deepEqual(await outcomes(create(one, "1"), create(two, "2")), ["done", "ConflictException"]);
    // A client whose call went to both, since it heard nothing of the first, is answered by both.
    assert.deepEqual(await outcomes(create(one, "1"), create(two, "1")), ["done", "done"]);
    assert.equal(mesh.operations.describe(own, at("virtualNode", "shop", "a")).metadata.version, 1);
  });

  it("lose no update of those who make theirs conditional on what they have read", async function () {
    this.timeout(60_000);
    await mesh.build(["mesh", ["shop"]], ["virtualNode", ["shop", "counter"], { backends: [] }]);
    const counter = at("virtualNode", "shop", "counter");
    // Each writer adds a backend of its own to those that it has read: a lost update would be a lost backend.
    const add = async ({ operations }: Process, name: string) => {
      for (let tries = 1; ; tries++) {
        const { spec, metadata } = operations.describe(own, counter);
        await setImmediate();
        const { backends } = spec as { backends: object[] };
        const added = [...backends, { virtualService: { virtualServiceName: name } }];
        const update = operations.update(
          own,
          counter,
          { spec: { backends: added } },
          { versions: [metadata.version] },
        );
        const failed = await update.then(
          () => undefined,
          (error: MeshError) => error.code,
        );
        if (failed === undefined) return tries;
        assert.equal(failed, "PreconditionFailedException");
      }
    };
    let refused = 0;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 2, maxLength: 6 }), async (writers) => {
        await mesh.operations.update(own, counter, { spec: { backends: [] } });
        round++;
        const names = writers.map((_, n) => `s-${round}-${n}`);
        const tries = await Promise.all(
          writers.map((first, n) => add(first ? one : two, names[n] as string)),
        );
        for (const count of tries) refused += count - 1;
        const { spec } = mesh.operations.describe(own, counter);
        const { backends } = spec as { backends: { virtualService: { virtualServiceName: string } }[] };
        assert.deepEqual(
          backends.map(({ virtualService }) => virtualService.virtualServiceName).sort(),
          names.sort(),
        );
      }),
      { numRuns: 15 },
    );
    assert.ok(refused > 0, "no writer was ever second");
    assert.equal(mesh.operations.describe(own, counter).metadata.meshOwner, ACCOUNT);
  });

  it("show everything that is there all along exactly once in a sequence of pages, whatever is written in between", async function () {
    this.timeout(60_000);
    await mesh.build(["mesh", ["shop"]]);
    const kept = Array.from({ length: 12 }, (_, n) => `kept-${String.fromCharCode(97 + n)}`);
    for (const name of kept) await mesh.build(["virtualNode", ["shop", name], {}]);
    const write = fc.record({
      name: fc.constantFrom("kept-", "kept-a1", "kept-f0", "zzz", "0", ...kept.map((name) => `${name}-x`)),
      removes: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.array(write, { maxLength: 3 })),
        async (limit, between) => {
          const seen: string[] = [];
          let nextToken: string | undefined;
          let page = 0;
          do {
            const listed = one.operations.list(own, "virtualNode", shop, { limit, nextToken });
            seen.push(...listed.items.map(({ virtualNodeName }) => virtualNodeName as string));
            nextToken = listed.nextToken;
            for (const { name, removes } of between[page++] ?? []) {
              const node = at("virtualNode", "shop", name);
              const exists = mesh.state.get(node) !== undefined;
              if (removes && exists) await two.operations.delete(own, node);
              if (!removes && !exists) await mesh.build(["virtualNode", ["shop", name], {}]);
            }
          } while (nextToken !== undefined);
          assert.deepEqual(
            seen.filter((name) => kept.includes(name)),
            kept,
          );
          assert.equal(new Set(seen).size, seen.length);
        },
      ),
      { numRuns: 30 },
    );
  });
});
