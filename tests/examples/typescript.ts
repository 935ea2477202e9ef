// An example of TypeScript as a stack: the program is run by Pulumi's engine in this process, from its sources.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Run, TestStack } from "../provider/stack.js";
import type { Done, ExampleStack } from "./fargate-canary.js";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

/** The main file of an example. */
const mainOf = (example: string) => join(examples, example, "index.ts");

export async function typescriptStack(
  example: string,
  project: string,
  env: Record<string, string>,
): Promise<ExampleStack> {
  // The engine else writes the whole state after each step.
  const stack = await TestStack.create(
    { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true", ...env },
    project,
  );
  let runs = 0;
  // Evaluated anew each time, as another process would.
  const program = async () => ({ ...(await import(`${pathToFileURL(mainOf(example)).href}?run=${runs++}`)) });
  const done = ({ failure, messages, steps, outputs }: Run): Done => {
    assert.deepEqual([failure, messages], [undefined, []]);
    return { steps: steps.map(({ op, type, name }) => `${op} ${type} ${name}`), outputs };
  };
  return {
    config: (key, value) => stack.stack.setConfig(`${project}:${key}`, { value }),
    preview: async () => done(await stack.preview(program)),
    up: async () => done(await stack.up(program)),
    destroy: async () => done(await stack.destroy()),
    stop: async () => {},
  };
}
