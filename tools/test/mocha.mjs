// Runs mocha over compiled test files, with V8's coverage on, and adds up its counts.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { node, root } from "../setup/clone.mjs";
import { succeeds } from "./command.mjs";
import { addUp, placeToWrite } from "./covered.mjs";
import { markName } from "./survivors.mjs";

/** A test that loses itself must not take the machine's memory, and other processes, with it. */
const memory = "--max-old-space-size=4096";

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

/**
 * @param {string[]} failures gets the title and reason of every test that fails
 * @param {{ gathered?: boolean, spent?: (seconds: number) => void }} how as `succeeds` has them
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function mocha(files, options, mark, failures, how = {}) {
  const subject = files.length > 1 ? `${files.length} files` : files[0];
  const folder = mkdtempSync(join(tmpdir(), "appmesh-test-"));
  const outcomeFile = join(folder, "outcome.json");
  const covered = placeToWrite();
  try {
    const reporter = join(root, "tools/test/reporter.mjs");
    const ended = await succeeds(
      node,
      [memory, join(root, "node_modules/mocha/bin/mocha.js"), "--reporter", reporter, ...options, ...files],
      {
        cwd: root,
        env: {
          ...process.env,
          NODE_V8_COVERAGE: covered,
          // Pulumi's engine and API servers of Kubernetes live for seconds: collecting garbage costs them more than it saves.
          GOGC: process.env.GOGC ?? "400",
          APPMESH_TEST_OUTCOME: outcomeFile,
          [markName]: mark,
        },
        minutes: 15,
        ...how,
      },
    );
    if (!existsSync(outcomeFile)) {
      failures.push(`${subject}: mocha did not come to its end`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
    const { counts, failures: tests } = JSON.parse(readFileSync(outcomeFile, "utf8"));
    failures.push(...tests.map(({ title, reason }) => `${title}\n${reason}`));
    // Mocha counts what failed; when it ended badly for another reason, that is a failure too.
    if (!ended && counts.failed === 0) {
      failures.push(`${subject}: mocha ended badly, though no test failed`);
      counts.failed = 1;
    }
    if (counts.passed + counts.failed + counts.skipped === 0 && !options.includes("--grep")) {
      console.error("✗ mocha ran no test");
      counts.failed = 1;
    }
    return counts;
  } finally {
    addUp(covered);
    rmSync(folder, { recursive: true });
  }
}
