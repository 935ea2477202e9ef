import assert from "node:assert/strict";
import fc from "fast-check";
import type { ManagedTlsMode, ManagedTlsSetting } from "../translate/entities.js";
import { changedTo, managedTlsStep, nextStepAt, stepAt } from "./managed-tls.js";

const START = 1_800_000_000;

/** The steps that are taken, and when, in seconds since START. */
function taken(setting: ManagedTlsSetting): (readonly [number, number])[] {
  const found: [number, number][] = [[0, stepAt(setting, START)]];
  for (let next = nextStepAt(setting, START); next !== undefined; next = nextStepAt(setting, next)) {
    found.push([next - START, stepAt(setting, next)]);
  }
  return found;
}

describe("Managed TLS", () => {
  const settled = (mode: ManagedTlsMode, step: number): ManagedTlsSetting => ({
    mode,
    settleSeconds: 30,
    from: step,
    at: START - 1000,
  });
  const to = (before: ManagedTlsSetting | undefined, mode: ManagedTlsMode) =>
    taken(changedTo(before, mode, 30, START));

  it("goes from plain text to TLS and back by steps that understand each other", () => {
    assert.deepEqual(to(undefined, "STRICT"), [
      [0, 1],
      [30, 2],
      [60, 3],
    ]);
    assert.deepEqual(to(undefined, "PERMISSIVE"), [
      [0, 1],
      [30, 2],
    ]);
    assert.deepEqual(to(settled("PERMISSIVE", 2), "STRICT"), [[0, 3]]);
    assert.deepEqual(to(settled("STRICT", 3), "OFF"), [
      [0, 2],
      [30, 1],
      [60, 0],
    ]);
    assert.deepEqual(to(settled("STRICT", 3), "STRICT"), [[0, 3]]);
    assert.deepEqual(managedTlsStep(changedTo(undefined, "STRICT", 30, START), START + 31), {
      listeners: "both",
      callers: "tls",
      until: START + 60,
    });
  });

  it("gives each step its time, also where it is changed on the way", () => {
    const begun = changedTo(undefined, "STRICT", 30, START - 40);
    // At step 2 since ten seconds ago.
    assert.deepEqual(taken(changedTo(begun, "OFF", 30, START)), [
      [0, 2],
      [20, 1],
      [50, 0],
    ]);
    assert.deepEqual(
      taken(changedTo(begun, "PERMISSIVE", 30, START)),
      [
        [0, 2],
        [20, 2],
      ].slice(0, 1),
    );
  });

  it("never takes two steps at once, nor one before its time, whatever is asked for and when", () => {
    const asked = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 200 }),
        mode: fc.constantFrom<ManagedTlsMode>("OFF", "PERMISSIVE", "STRICT"),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(asked, (changes) => {
        let setting: ManagedTlsSetting | undefined;
        let seconds = START;
        let last = { step: 0, since: Number.NEGATIVE_INFINITY };
        const look = () => {
          const step = setting ? stepAt(setting, seconds) : 0;
          if (step === last.step) return;
          assert.equal(Math.abs(step - last.step), 1);
          assert.ok(seconds - last.since >= 30, `${seconds - last.since} s`);
          last = { step, since: seconds };
        };
        for (const { after, mode } of [...changes, { after: 500, mode: undefined }]) {
          for (const end = seconds + after; seconds < end; seconds++) look();
          if (mode) setting = changedTo(setting, mode, 30, seconds);
          look();
        }
        assert.equal(last.step, { OFF: 0, PERMISSIVE: 2, STRICT: 3 }[setting?.mode ?? "OFF"]);
      }),
    );
  });
});
