// What the machine says of a process.
import { readdirSync, readFileSync } from "node:fs";

/** Resident memory, in MiB. */
export function residentMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

/** How many files and sockets it has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** How many files a process may open. */
export function fileLimit(pid: number | "self", kind: "soft" | "hard" = "soft"): number {
  const line = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"));
  return Number(line?.[kind === "soft" ? 1 : 2]);
}
