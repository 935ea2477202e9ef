// `npm start`: the whole of pulumi-appmesh at work on one machine. With --check: the same unattended.
import { parseArgs } from "node:util";
import { Demo } from "./demo.js";
import { Display } from "./display.js";
import { Environment } from "./environment.js";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const display = new Display();
let demo: Demo | undefined;

/** Resolves with the exit code when the user has seen enough. */
const interrupted = new Promise<number>((resolve) => {
  // Not `once`: the Pulumi SDK ends the process on a signal that nobody else listens to any more.
  process.on("SIGINT", () => resolve(130));
  process.on("SIGTERM", () => resolve(143));
  // The terminal is gone.
  process.on("SIGHUP", () => resolve(129));
});

/** What nobody expects must not end the run before it has cleaned up, either. */
const unexpected = new Promise<never>((_, reject) => void process.on("uncaughtException", reject));

async function story(environment: Environment, demo: Demo): Promise<number> {
  await demo.run();
  if (values.check) {
    await demo.check();
    return 0;
  }
  demo.explain();
  throw await environment.failed;
}

try {
  const environment = await Environment.make();
  demo = new Demo(environment, display);
  process.exitCode = await Promise.race([story(environment, demo), interrupted, unexpected]);
} catch (error) {
  display.settle();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await demo?.stop();
}
if (process.exitCode === 1) console.error('Everything that was started is stopped. "npm start" starts anew.');
