// One slow step of set-up: says that it runs and for how long, keeps what its commands print in a log, and when
// it fails shows the end of that log and the way out.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "./cache.mjs";

/** A failure that has been explained to the user already. */
export class StepFailed extends Error {}

/** Runs a whole command: a failure that its step has explained ends it without a stack trace. */
export async function explained(command) {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.exitCode = 1;
  }
}

/**
 * @param {string} title what is done, as in "building the Pulumi CLI"
 * @param {string} wayOut what the user can do when it fails
 * @param {(run: ReturnType<typeof runner>) => Promise<T>} work gets `run(command, args, options)`
 * @template T
 */
export async function step(title, wayOut, work) {
  const logs = join(cacheFolder, "logs");
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${title.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.log`);
  const file = openSync(log, "w");
  const started = Date.now();
  const stop = showProgress(title, started);
  try {
    const result = await work(runner(file));
    stop(`✓ ${title} (${seconds(started)})`);
    return result;
  } catch (error) {
    stop(`✗ ${title} failed after ${seconds(started)}: ${error.message}`);
    if (error instanceof Interrupted) process.exit(128 + constants.signals[error.signal]);
    const tail = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-30) : [];
    if (tail.join("") !== "") console.error(tail.map((line) => `    ${line}`).join("\n"));
    console.error(`  the whole log: ${log}\n  way out: ${wayOut}`);
    throw new StepFailed(`${title} failed`, { cause: error });
  } finally {
    closeSync(file);
  }
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

function showProgress(title, started) {
  const terminal = process.stderr.isTTY;
  const draw = () =>
    process.stderr.write(`\r\x1b[K… ${title} (${Math.round((Date.now() - started) / 1000)} s)`);
  if (terminal) draw();
  else console.error(`… ${title}`);
  // Where lines cannot be drawn over (CI), one now and then shows that it is still alive.
  const timer = terminal
    ? setInterval(draw, 1_000)
    : setInterval(() => console.error(`… ${title}, ${seconds(started)} so far`), 30_000);
  return (last) => {
    clearInterval(timer);
    process.stderr.write(terminal ? `\r\x1b[K${last}\n` : `${last}\n`);
  };
}

class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** `run(command, args, { cwd, env })` runs a command to its end, into the log; returns what it wrote to stdout. */
const runner =
  (file) =>
  (command, args, options = {}) =>
    new Promise((resolve, reject) => {
      writeSync(file, `$ ${[command, ...args].join(" ")}\n`);
      const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", file] });
      let interruption;
      const interrupt = (signal) => {
        interruption = new Interrupted(signal);
        child.kill(signal);
      };
      process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text) => {
        output += text;
        writeSync(file, text);
      });
      const settle = (outcome, value) => {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        outcome(value);
      };
      child.on("error", (cause) =>
        settle(
          reject,
          cause.code === "ENOENT" ? new Error(`there is no program "${command}" on PATH`, { cause }) : cause,
        ),
      );
      child.on("close", (code, signal) => {
        if (code === 0) settle(resolve, output);
        else
          settle(
            reject,
            interruption ??
              new Error(`"${command} ${args[0] ?? ""}" ended with ${signal ?? `exit code ${code}`}`),
          );
      });
    });
