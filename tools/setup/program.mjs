// Runs a program of this clone in the place of the command that called it: same terminal, signals, exit code.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { node, root } from "./clone.mjs";

/**
 * @param {string} main the compiled file, from the root of the clone
 * @param {{ pulumi: string }} tools what set-up found
 */
export async function runProgram(main, args, tools) {
  const path = [tools.pulumi, join(root, "node_modules/.bin"), dirname(node), process.env.PATH].join(
    delimiter,
  );
  const program = spawn(node, [join(root, main), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the program too: it must not get it twice.
      if (signal !== "SIGINT" || !process.stdin.isTTY) program.kill(signal);
    });
  }
  const [code, signal] = await new Promise((resolve, reject) => {
    program.on("error", reject);
    program.on("exit", (...outcome) => resolve(outcome));
  });
  process.exitCode = code ?? 128 + constants.signals[signal];
}
