// The build, as a step of set-up; what it does is in tools/build.mjs.
import { join } from "node:path";
import { node, root } from "./clone.mjs";
import { step } from "./step.mjs";

export const ensureBuilt = () =>
  step("building", 'mend what the lines above name, then run "npm run build"', (run) =>
    run(node, [join(root, "tools/build.mjs")], { cwd: root }),
  );
