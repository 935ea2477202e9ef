import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

// The engine starts a plugin anew for each command, and most of the start is the compiling of modules.
enableCompileCache(
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-appmesh", "compiled"),
);
const { serve } = await import("./server/serve.js");

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
// The engine ends its plugins by SIGINT when nothing is under way any more, waits 5 seconds, and then kills them. It
// gives each a process group of its own, so that Ctrl-C in a terminal reaches the engine alone, which sends Cancel.
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

// An engine that was killed ends nothing: its plugins belong to another process from then on.
const engine = process.ppid;
setInterval(() => process.ppid !== engine && stop(), 2_000).unref();

// Last, for from here on the engine may do anything.
process.stdout.write(`${port}\n`);
// By now, since an engine may end its plugins without a word.
setTimeout(flushCompileCache, 1_000).unref();

function stop(): void {
  close();
  process.exit(0);
}
