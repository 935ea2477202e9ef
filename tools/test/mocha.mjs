// Runs mocha over compiled test files, with V8's coverage on, and adds up its counts.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { node, root } from "../setup/clone.mjs";
import { succeeds } from "./command.mjs";
import { markName } from "./survivors.mjs";

/** A test that loses itself must not take the machine's memory, and other processes, with it. */
const memory = "--max-old-space-size=4096";

/** Where V8 writes the coverage of every Node process of the tests. */
export const rawCoverage = join(root, "coverage/raw");

/** The test files below these folders, from the root of the clone. */
export function testFiles(folders, suffix) {
  return folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true })
          .filter((file) => file.endsWith(suffix) && !file.includes("node_modules"))
          .map((file) => join(folder, file))
          .sort()
      : [],
  );
}

/** @returns {Promise<{ passed: number, failed: number, skipped: number }>} */
export async function mocha(files, options, mark, gathered = false) {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-test-"));
  const countsFile = join(folder, "counts.json");
  try {
    const reporter = join(root, "tools/test/reporter.mjs");
    const ended = await succeeds(
      node,
      [memory, join(root, "node_modules/mocha/bin/mocha.js"), "--reporter", reporter, ...options, ...files],
      {
        cwd: root,
        env: {
          ...process.env,
          NODE_V8_COVERAGE: rawCoverage,
          APPMESH_TEST_COUNTS: countsFile,
          [markName]: mark,
        },
        minutes: 15,
        gathered,
      },
    );
    if (!existsSync(countsFile)) return { passed: 0, failed: 1, skipped: 0 };
    const counts = JSON.parse(readFileSync(countsFile, "utf8"));
    // Mocha counts what failed; when it ended badly for another reason, that is a failure too.
    if (!ended && counts.failed === 0) counts.failed = 1;
    if (counts.passed + counts.failed + counts.skipped === 0 && !options.includes("--grep")) {
      console.error("✗ mocha ran no test");
      counts.failed = 1;
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
