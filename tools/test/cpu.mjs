// How much of the machine's cores the checks use.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Linux counts in these, whatever its own clock is. */
const ticksPerSecond = 100;

/**
 * Seconds of CPU time of all processes that this one has started and that have ended, with what they started and waited
 * for; 0 where the machine is not Linux, which alone says it.
 */
export function secondsOfEnded() {
  if (process.platform !== "linux") return 0;
  const text = readFileSync("/proc/self/stat", "utf8");
  // The second field, the program's name, may hold blanks.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

/** Tells, at each call, how many cores have had nothing to do since the call before. */
export function idleCores() {
  let before = times();
  return () => {
    const now = times();
    const passed = now.all - before.all;
    const idle = passed === 0 ? 0 : ((now.idle - before.idle) / passed) * now.cores;
    before = now;
    return idle;
  };
}

function times() {
  const all = cpus().map(({ times }) => times);
  const sum = (kinds) => kinds.reduce((total, each) => total + each, 0);
  return {
    cores: all.length,
    idle: sum(all.map(({ idle }) => idle)),
    all: sum(all.flatMap((each) => Object.values(each))),
  };
}
