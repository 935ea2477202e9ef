import assert from "node:assert/strict";
import { RefusalLog } from "./refusal-log.js";

describe("The log of refused proxies", () => {
  let lines: [object, string][];
  let heldBack: number;
  let refusals: RefusalLog;
  const make = (most: number) =>
    new RefusalLog({
      log: { warn: (fields: object, message: string) => lines.push([fields, message]) } as never,
      // Intervals end by hand.
      intervalMillis: 2 ** 30,
      most,
      onHeldBack: () => heldBack++,
    });
  beforeEach(() => {
    [lines, heldBack] = [[], 0];
    refusals = make(2);
  });
  afterEach(() => refusals.close());
  const taken = () => lines.splice(0);

  it("has a line for each reason and machine, and then how often it was meant", () => {
    for (let port = 1000; port < 2000; port++) {
      refusals.tell({ peer: `10.0.0.1:${port}`, code: 16 }, "no proof");
    }
    refusals.tell({ peer: "10.0.0.1:1", code: 7, nodeId: "mesh/shop/virtualNode/a" }, "another's");
    assert.deepEqual(taken(), [
      [{ peer: "10.0.0.1:1000", code: 16 }, "no proof"],
      [{ nodeId: "mesh/shop/virtualNode/a", peer: "10.0.0.1:1", code: 7 }, "another's"],
    ]);
    assert.equal(heldBack, 999);
    refusals.close();
    assert.deepEqual(taken(), [[{ peer: "10.0.0.1", code: 16, heldBack: 999 }, "no proof (999 times more)"]]);
    // What goes on is only counted, and what has ended is told anew.
    refusals.tell({ peer: "10.0.0.1:2", code: 16 }, "no proof");
    refusals.tell({ peer: "10.0.0.1:2", code: 7 }, "another's");
    assert.deepEqual(taken(), [[{ peer: "10.0.0.1:2", code: 7 }, "another's"]]);
    refusals.close();
    assert.deepEqual(taken(), [[{ peer: "10.0.0.1", code: 16, heldBack: 1 }, "no proof (1 times more)"]]);
  });

  it("is bounded, however many machines and reasons there are", () => {
    for (let machine = 0; machine < 250; machine++) {
      refusals.tell({ peer: `[2001:db8::${machine.toString(16)}]:1`, code: 16 }, `reason ${machine % 50}`);
    }
    assert.deepEqual(taken(), [
      [{ peer: "[2001:db8::0]:1", code: 16 }, "reason 0"],
      [{ peer: "[2001:db8::1]:1", code: 16 }, "reason 1"],
    ]);
    assert.equal(heldBack, 248);
    refusals.close();
    assert.deepEqual(taken(), [
      [{ heldBack: 248 }, "proxies refused for other reasons, or elsewhere (248 times more)"],
    ]);
  });
});
