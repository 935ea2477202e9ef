// The tests that cross rooms. They start whole meshes, each file in a process of its own, so that what one leaves behind
// or loses itself in is no other's. Some compute, most wait: two files at a time, and more while cores idle. They share
// the cores with some hundred processes: a file that fails is tried once more, alone, and what failed first is told.
import { mocha, testFiles } from "./mocha.mjs";
import { pool } from "./pool.mjs";
import { describeTimes, longestFirst, remember } from "./times.mjs";

const besides = { least: 2, most: 4 };

/**
 * @param {string[]} options for mocha
 * @param {string} mark of all processes
 * @returns what came of it: counts, titles and reasons of what failed and of what held when tried again, and a text
 *   that tells of the time it took
 */
export async function crossRoom(options, mark, stopped) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const [failures, unsteady, again] = [[], [], []];
  const times = new Map();
  const run = async (file, told) => {
    let cpu = 0;
    const spent = (seconds) => {
      cpu = seconds;
    };
    const started = performance.now();
    const counts = await mocha([file], options, mark, told, { gathered: true, spent });
    times.set(file, { wall: (performance.now() - started) / 1_000, cpu });
    return counts;
  };
  const count = (counts) => {
    for (const key of Object.keys(total)) total[key] += counts[key];
  };
  const first = async (file) => {
    const told = [];
    const counts = await run(file, told);
    if (counts.failed === 0) return count(counts);
    unsteady.push(...told);
    again.push(file);
  };
  await pool(longestFirst(testFiles(["tests/dist"], ".test.js")), first, { ...besides, stopped });
  const described = describeTimes(times);
  // Part of each file's tests says nothing about the whole file's time.
  if (!options.includes("--grep") && !stopped()) remember(times);
  for (const file of again) if (!stopped()) count(await run(file, failures));
  return { counts: total, failures, unsteady, described };
}
