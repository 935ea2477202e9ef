import { deepEqual, equal, throws } from "node:assert/strict";
import { guarded, NotKnownYet, unknown } from "./known.js";

const notKnown = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error instanceof NotKnownYet ? error.path : error;
  }
};

describe("what may not be known yet", () => {
  const value = guarded(
    { name: "web", list: [{ port: 1 }, { port: unknown }, unknown], within: { later: unknown }, none: null },
    ["spec"],
  ) as unknown as {
    name: string;
    list: { port: number }[];
    within: { later: string };
    none: null;
  };

  it("throws with its place where it is read, and nowhere else", () => {
    deepEqual([value.name, value.list[0]?.port, value.list.length, value.none], ["web", 1, 3, null]);
    deepEqual(
      notKnown(() => value.list[1]?.port),
      ["spec", "list", 1, "port"],
    );
    deepEqual(
      notKnown(() => value.list[2]),
      ["spec", "list", 2],
    );
    deepEqual(
      notKnown(() => value.within.later),
      ["spec", "within", "later"],
    );
    deepEqual(
      notKnown(() => guarded(unknown, ["spec"])),
      ["spec"],
    );
    equal(guarded(5, []), 5);
    equal(guarded(undefined, []), undefined);
  });

  it("is guarded by methods of lists too, and keeps its own members apart from inherited ones", () => {
    deepEqual(
      notKnown(() => value.list.map(({ port }) => port)),
      ["spec", "list", 1, "port"],
    );
    deepEqual(
      value.list.slice(0, 1).map(({ port }) => port),
      [1],
    );
    deepEqual(Object.keys(value), ["name", "list", "within", "none"]);
    equal("toString" in value && typeof value.toString, "function");
    equal((value as unknown as { constructor: unknown }).constructor, Object);
    const own = guarded({ length: { of: unknown } }, []) as unknown as { length: { of: string } };
    deepEqual(
      notKnown(() => own.length.of),
      ["length", "of"],
    );
  });

  it("says what is not known", () => {
    throws(() => value.list[1]?.port, { name: "NotKnownYet", message: "spec.list.1.port is not known yet" });
  });
});
