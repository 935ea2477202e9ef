import assert from "node:assert/strict";
import { pino } from "pino";
import { StoreReadiness } from "./readiness.js";

describe("Readiness", () => {
  let checks: number;
  let problem: Error | undefined;
  let clock: number;
  let logged: { level: number; msg: string }[];
  let readiness: StoreReadiness;
  beforeEach(() => {
    checks = 0;
    problem = undefined;
    clock = 0;
    logged = [];
    const store = {
      checkWritable: async () => {
        checks += 1;
        if (problem) throw problem;
      },
    };
    const log = pino({ base: null }, { write: (line: string) => logged.push(JSON.parse(line)) });
    readiness = new StoreReadiness(store, log, () => clock);
  });

  it("asks the store, but not for each of many who ask", async () => {
    assert.deepEqual(await Promise.all([readiness.unready(), readiness.unready()]), [undefined, undefined]);
    clock = 4_999;
    await readiness.unready();
    assert.equal(checks, 1);
    clock = 5_000;
    await readiness.unready();
    assert.equal(checks, 2);
  });

  it("ends while the store cannot be written, which is logged once with its reason", async () => {
    problem = new Error("/data/appmesh.db cannot grow");
    const told = "the store cannot be written now; the log says why";
    assert.equal(await readiness.unready(), told);
    clock = 5_000;
    assert.equal(await readiness.unready(), told);
    problem = undefined;
    clock = 10_000;
    assert.equal(await readiness.unready(), undefined);
    assert.deepEqual(
      logged.map(({ level, msg }) => [level, msg]),
      [
        [50, "not ready: /data/appmesh.db cannot grow"],
        [30, "the store can be written again"],
      ],
    );
  });

  it("ends when the control plane stops, whatever the store says", async () => {
    readiness.stop();
    assert.equal(await readiness.unready(), "the control plane is stopping");
    assert.equal(checks, 0);
  });
});
