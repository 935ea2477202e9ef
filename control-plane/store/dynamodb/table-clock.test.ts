import assert from "node:assert/strict";
import { TableClock } from "./table-clock.js";

describe("the clock of a table", () => {
  const noon = Date.UTC(2026, 8, 30, 12);
  let machine: number;
  let clock: TableClock;
  beforeEach(() => {
    machine = noon;
    clock = new TableClock(() => machine);
  });
  /** An answer that took 20 ms, when the table's clock was that far ahead of the machine's. */
  function answer(ahead: number): void {
    const askedAt = machine;
    machine += 20;
    clock.heard(new Date(askedAt + 10 + ahead).toUTCString(), askedAt, machine);
  }

  it("is the machine's as long as nothing is known, and where both agree", () => {
    assert.equal(clock.now(), noon);
    for (const ahead of [0, 400, -400, 900]) {
      answer(ahead);
      assert.equal(clock.now(), machine);
    }
    clock.heard("some day", machine, machine);
    assert.equal(clock.now(), machine);
  });

  for (const ahead of [300_000, -300_000, 5_000, -86_400_000]) {
    it(`is found where it is ${ahead} ms ahead, the closer the more answers tell of it`, () => {
      answer(ahead);
      assert.ok(Math.abs(clock.now() - machine - ahead) <= 510, `${clock.now() - machine}`);
      // Answers at all times of a second: dates are cut to seconds.
      for (let n = 0; n < 100; n++) {
        answer(ahead);
        machine += 137;
      }
      assert.ok(Math.abs(clock.now() - machine - ahead) <= 20, `${clock.now() - machine}`);
    });
  }

  it("is followed when the machine's is put right, or becomes wrong", () => {
    answer(300_000);
    answer(0);
    assert.equal(clock.now(), machine);
    answer(-300_000);
    assert.ok(Math.abs(clock.now() - machine + 300_000) <= 510);
  });
});
