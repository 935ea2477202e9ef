import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { PushSchedule } from "./push-schedule.js";

describe("the schedule of pushes", () => {
  let rounds: number[][];
  let waiting: number[];
  let schedule: PushSchedule;
  /** Everything that waits when a round begins is its work. */
  const begin = (longestMillis: number): void => {
    rounds = [];
    waiting = [];
    schedule = new PushSchedule(() => {
      const round: number[] = [];
      rounds.push(round);
      return waiting.splice(0).map((each) => () => round.push(each));
    }, longestMillis);
  };
  const change = (...each: number[]): void => {
    waiting.push(...each);
    schedule.request();
  };
  const settled = async (count: number): Promise<void> => {
    while (rounds.flat().length < count) await turn();
  };
  afterEach(() => schedule.stop());

  it("does the first at once, and what follows together", async () => {
    begin(1);
    change(1);
    assert.deepEqual(rounds, [[]]);
    change(2);
    change(3);
    await settled(3);
    assert.deepEqual(rounds, [[1], [2, 3]]);
  });

  it("rests after the last", async () => {
    begin(1);
    change(1);
    await settled(1);
    for (let turns = 0; turns < 1000; turns++) await turn();
    assert.deepEqual(rounds, [[1]]);
    change(2);
    await settled(2);
    assert.deepEqual(rounds, [[1], [2]]);
  });

  it("lets others have a turn while there is much to do", async () => {
    begin(1);
    let done = 0;
    schedule = new PushSchedule(
      () =>
        Array.from({ length: 4 }, () => () => {
          const end = performance.now() + 6;
          while (performance.now() < end);
          done++;
        }),
      1,
    );
    schedule.request();
    const seen = new Set<number>();
    while (done < 4) {
      await turn();
      seen.add(done);
    }
    assert.ok(seen.size > 1, `turns between steps ${[...seen]}`);
  });

  it("does nothing once it is stopped", async () => {
    begin(1);
    change(1);
    schedule.stop();
    for (let turns = 0; turns < 1000; turns++) await turn();
    change(2);
    for (let turns = 0; turns < 1000; turns++) await turn();
    assert.deepEqual(rounds, [[]]);
  });
});
