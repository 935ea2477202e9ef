// Mocha's own report, and its counts in a file, so that `npm test` can add them up over several runs.
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const counts = { passed: passes, failed: failures, skipped: pending };
      writeFileSync(process.env.APPMESH_TEST_COUNTS, JSON.stringify(counts));
    });
  }
}
