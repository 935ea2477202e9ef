// Finds processes that a part of `npm test` left behind. Every process of a part has the part's mark in its
// environment, which its children inherit, whoever their parent is by now.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const markName = "APPMESH_TEST_PART";

/**
 * The processes that have the mark, after those that are just ending have had time to.
 * @returns {Promise<{ pid: number, command: string }[]>}
 */
export async function survivors(mark, patience = 3_000) {
  const until = Date.now() + patience;
  for (;;) {
    const found = marked(`${markName}=${mark}`);
    if (found.length === 0 || Date.now() > until) return found;
    await sleep(100);
  }
}

function marked(entry) {
  // Only Linux shows the environments of processes as files.
  if (process.platform !== "linux") return [];
  const found = [];
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(entry)) continue;
      found.push({
        pid: Number(pid),
        command: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim(),
      });
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
  return found;
}
