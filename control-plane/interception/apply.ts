import { spawnSync } from "node:child_process";
import { type Redirection, redirectSteps, removalSteps, type Step } from "./rules.js";

/** Runs a step, and answers what went wrong; undefined where nothing did. */
export type Run = (step: Step) => string | undefined;

/** A redirection that cannot be put in place: the message is all that its user needs. */
export class RedirectionError extends Error {
  override readonly name = "RedirectionError";
}

/** Puts the redirection in place of the one that there is, if any. Where a step fails, none is left. */
export function applyRedirection(redirection: Redirection, run: Run = runStep): void {
  removeRedirection(redirection, run);
  for (const step of redirectSteps(redirection)) {
    const trouble = run(step);
    if (trouble === undefined) continue;
    removeRedirection(redirection, run);
    throw new RedirectionError(
      `${[step.program, ...step.args].join(" ")}: ${trouble}. Nothing is redirected. It needs the right to change the ` +
        "network of this namespace: root, or the capability NET_ADMIN",
    );
  }
}

/** Takes away what there is of a redirection. */
export function removeRedirection(redirection: Pick<Redirection, "ipv6">, run: Run = runStep): void {
  for (const step of removalSteps(redirection)) run(step);
}

/** The same as shell commands, which may be run again and again. */
export function redirectionScript(redirection: Redirection): string {
  const line = ({ program, args }: Step) => [program, ...args].join(" ");
  return [
    "set -e",
    ...removalSteps(redirection).map((step) => `${line(step)} 2>/dev/null || true`),
    ...redirectSteps(redirection).map(line),
    "",
  ].join("\n");
}

export function removalScript(redirection: Pick<Redirection, "ipv6">): string {
  return removalSteps(redirection)
    .map(({ program, args }) => `${[program, ...args].join(" ")} 2>/dev/null || true\n`)
    .join("");
}

function runStep({ program, args }: Step): string | undefined {
  const { status, stderr, error } = spawnSync(program, [...args], { encoding: "utf8" });
  if (error !== undefined) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "there is no such program: install the package iptables"
      : error.message;
  }
  return status === 0 ? undefined : stderr.trim().split("\n")[0] || `it ended with ${status}`;
}
