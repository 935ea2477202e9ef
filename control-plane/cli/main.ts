import { createRequire } from "node:module";
import { Command } from "commander";

/** Loaded only when asked for: what a sidecar starts with must not wait for a server that it does not run. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./serve.js")).serveCommand(),
  table: async () => (await import("./table.js")).tableCommand(),
  export: async () => (await import("./backup.js")).exportCommand(),
  "import-data": async () => (await import("./backup.js")).importCommand(),
  keys: async () => (await import("./keys.js")).keysCommand(),
  identities: async () => (await import("./identities.js")).identitiesCommand(),
  ping: async () => (await import("./ping.js")).pingCommand(),
  diagnose: async () => (await import("./diagnose.js")).diagnoseCommand(),
  check: async () => (await import("./check.js")).checkCommand(),
  bootstrap: async () => (await import("./bootstrap.js")).bootstrapCommand(),
  redirect: async () => (await import("./redirect.js")).redirectCommand(),
  sidecar: async () => (await import("./sidecar.js")).sidecarCommand(),
};

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
const program = new Command("appmesh")
  .description("AWS App Mesh as software that its users own: the control plane and the sidecars.")
  .version(version);
const asked = process.argv[2] ?? "";
for (const [name, load] of Object.entries(commands)) {
  if (!Object.hasOwn(commands, asked) || name === asked) program.addCommand(await load());
}
await program.parseAsync();
