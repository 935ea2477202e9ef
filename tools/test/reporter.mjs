// Mocha's own report, and in a file its counts and what failed, so that `npm test` can gather them over several runs.
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    const { EVENT_TEST_FAIL, EVENT_RUN_END } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_FAIL, (test, error) =>
      failures.push({ title: test.fullTitle(), reason: reason(error) }),
    );
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = this.stats;
      const outcome = { counts: { passed: passes, failed, skipped: pending }, failures };
      writeFileSync(process.env.APPMESH_TEST_OUTCOME, JSON.stringify(outcome));
    });
  }
}

/** Enough of an error to start from; the whole stands where the test ran. */
function reason(error) {
  const lines = String(error?.stack ?? error).split("\n");
  return [...lines.slice(0, 30), ...(lines.length > 30 ? ["…"] : [])].join("\n").slice(0, 4_000);
}
