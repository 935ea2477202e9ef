// The process that the engine starts as somebody else's provider: main.js DEFINITION RECORD [ENGINE].
import { serve } from "./plugin.js";

const [definition = "", record = "", ...args] = process.argv.slice(2);
const { standIn, components } = await import(definition);
// The SDK is loaded by who needs it alone: every command of the engine starts a stand-in anew.
if (components !== undefined) await (await import("@pulumi/pulumi/provider/index.js")).main(components, args);
else process.stdout.write(`${await serve(standIn, record)}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));

// An engine that was killed ends nothing.
const engine = process.ppid;
setInterval(() => process.ppid !== engine && process.exit(0), 1_000).unref();
