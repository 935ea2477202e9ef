// Runs one command of the checks to its end or to its time limit, with the terminal as its output.
import { spawn } from "node:child_process";
import { secondsOfEnded } from "./cpu.mjs";

let running = 0;
let counted = 0;

/**
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, minutes: number, gathered?: boolean, spent?: (seconds: number) => void }} options
 *   `minutes` is the limit; `gathered` prints all output at the end, so that commands side by side do not talk at the
 *   same time; `spent` is told the CPU time of the command and of all that it waited for
 * @returns {Promise<boolean>} whether it ended well; if not, the reason has been printed
 */
export function succeeds(command, args, { minutes, gathered = false, spent = () => {}, ...options }) {
  return new Promise((resolve) => {
    // What ended before is not this command's.
    if (running++ === 0) counted = secondsOfEnded();
    // In a process group of its own, so that a command that hangs is ended with all that it started.
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", ...(gathered ? ["pipe", "pipe"] : ["inherit", "inherit"])],
      detached: true,
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has just ended by itself.
      }
    };
    let overdue = false;
    const limit = setTimeout(() => {
      overdue = true;
      end("SIGTERM");
      setTimeout(end, 10_000, "SIGKILL").unref();
    }, minutes * 60_000);
    const interrupt = (signal) => {
      end(signal);
      process.exitCode = 130;
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    const settle = (problem) => {
      running--;
      for (const chunk of output.splice(0)) process.stdout.write(chunk);
      clearTimeout(limit);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      if (problem) console.error(`✗ "${[command, ...args].slice(0, 3).join(" ")}" ${problem}`);
      resolve(problem === undefined);
    };
    child.on("error", (error) => settle(`cannot be run: ${error.message}`));
    child.on("exit", async (code, signal) => {
      // Commands side by side end one after the other: what has come to the sum since is this one's.
      const before = counted;
      counted = secondsOfEnded();
      spent(counted - before);
      if (gathered) await rest(child);
      if (overdue) settle(`was ended: it ran longer than ${minutes} minutes`);
      else settle(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

/** Waits for what a command that has ended has still to say; not for processes that outlive it with its output open. */
function rest(child) {
  return new Promise((resolve) => {
    const enough = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, 5_000);
    child.once("close", () => {
      clearTimeout(enough);
      resolve();
    });
  });
}
