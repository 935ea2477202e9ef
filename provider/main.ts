import { parseArgs } from "node:util";
import { serve } from "./server/serve.js";

/**
 * The plugin's entry: the engine starts it with its own address, reads the port from the first line of the
 * output and connects. Started by hand without an address it serves as well, for a debugger to attach.
 */
const { positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: { tracing: { type: "string" }, v: { type: "string" } },
});
const { port, close } = await serve(positionals[0]);
process.stdout.write(`${port}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The terminal sends Ctrl-C to the plugin too, but the engine decides when it ends: first by Cancel, then by
  // closing the connection, so that nothing is left half done.
  process.on(signal, () => {
    if (signal === "SIGTERM") {
      close();
      process.exit(0);
    }
  });
}
