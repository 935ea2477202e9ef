// Runs one command of the checks, with the terminal as its output, to its end or to its time limit.
import { spawn } from "node:child_process";

/**
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, minutes: number }} options `minutes` is the limit
 * @returns {Promise<boolean>} whether it ended well; if not, the reason has been printed
 */
export function succeeds(command, args, { minutes, ...options }) {
  return new Promise((resolve) => {
    // In a process group of its own, so that a command that hangs is ended with all that it started.
    const child = spawn(command, args, {
      ...options,
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
    });
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
      clearTimeout(limit);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      if (problem) console.error(`✗ "${[command, ...args].slice(0, 3).join(" ")}" ${problem}`);
      resolve(problem === undefined);
    };
    child.on("error", (error) => settle(`cannot be run: ${error.message}`));
    child.on("exit", (code, signal) => {
      if (overdue) settle(`was ended: it ran longer than ${minutes} minutes`);
      else settle(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}
