// How long each test file took, kept in the user's cache: those that take longest begin first, so that none of them is
// left to run alone at the end. It decides nothing else.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../setup/cache.mjs";

const record = join(cacheFolder, "test-times.json");

/** Those that took longest come first, after those that nothing is known of. */
export function longestFirst(files, known = read()) {
  const seconds = (file) => known[file]?.wall ?? Number.POSITIVE_INFINITY;
  return [...files].sort((a, b) => (seconds(a) === seconds(b) ? 0 : seconds(b) - seconds(a)));
}

/** @param {Map<string, { wall: number, cpu: number }>} times by file, in seconds */
export function remember(times) {
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, `${JSON.stringify({ ...read(), ...Object.fromEntries(times) }, null, 1)}\n`);
}

/** What they took together, and the slowest of them. */
export function describeTimes(times, slowest = 15) {
  const all = [...times].sort(([, a], [, b]) => b.wall - a.wall);
  const sum = (kind) => all.reduce((total, [, each]) => total + each[kind], 0).toFixed(0);
  return [
    `${all.length} files: ${sum("wall")} s side by side, ${sum("cpu")} s of CPU time; the slowest:`,
    ...all
      .slice(0, slowest)
      .map(
        ([file, { wall, cpu }]) =>
          `${wall.toFixed(1).padStart(7)} s ${cpu.toFixed(1).padStart(7)} s of CPU  ${file}`,
      ),
  ].join("\n");
}

function read() {
  try {
    return JSON.parse(readFileSync(record, "utf8"));
  } catch {
    // The first run on this machine, or one that was cut short as it wrote.
    return {};
  }
}
