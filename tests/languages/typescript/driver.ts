// Runs the program of examples/canary-typescript inline, as standard input asks: see ../driver.ts. It is compiled and
// run beside that program, where the SDK is what npm packs of it.
import { createInterface } from "node:readline";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { canary } from "./canary.js";

async function answer(stack: Stack, [command, key = "", value = ""]: readonly string[]): Promise<object> {
  switch (command) {
    case "config":
      await stack.setConfig(key, { value });
      return {};
    case "preview":
      return { changes: (await stack.preview()).changeSummary };
    case "up": {
      const { summary, outputs } = await stack.up();
      const values = Object.entries(outputs).map(([name, output]) => [name, output.value]);
      return { changes: summary.resourceChanges, outputs: Object.fromEntries(values) };
    }
    case "refresh":
      return { changes: (await stack.refresh()).summary.resourceChanges };
    case "destroy":
      return { changes: (await stack.destroy()).summary.resourceChanges };
    default:
      throw new Error(`no command ${command}`);
  }
}

async function main(): Promise<void> {
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "test", projectName: "canary", program: canary },
    { workDir: process.argv[2] ?? "." },
  );
  for await (const line of createInterface({ input: process.stdin })) {
    const result = await answer(stack, line.split(" ")).catch((error) => ({ error: String(error) }));
    console.log(`answer ${JSON.stringify(result)}`);
  }
}

main();
