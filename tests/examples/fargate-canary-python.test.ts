import { fileURLToPath } from "node:url";
import { Driver } from "../languages/driver.js";
import { canaryPython } from "../support/tools.js";
import { type Done, fargateStory } from "./fargate-canary.js";

const driver = fileURLToPath(new URL("../../languages/python/driver.py", import.meta.url));
const name = "fargate-canary-python";
const example = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

fargateStory("Python", name, async (endpoint) => {
  const found = await canaryPython();
  if (found === undefined) return "set-up found no Python with pip";
  const env = {
    PYTHONPATH: found.path,
    PYTHONDONTWRITEBYTECODE: "1",
    PULUMI_EXPERIMENTAL: "true",
    PULUMI_SKIP_CHECKPOINTS: "true",
  };
  const program = await Driver.start({ program: found.python, args: [driver, example], env }, endpoint);
  const done = async (command: string): Promise<Done> => {
    const { steps = [], outputs = {} } = await program.do(command, "steps");
    return { steps, outputs };
  };
  return {
    config: async (key, value) => {
      await program.do("config", key, value);
    },
    preview: () => done("preview"),
    up: () => done("up"),
    destroy: () => done("destroy"),
    stop: () => program.stop(),
  };
});
