import { fileURLToPath } from "node:url";
import { Driver } from "../languages/driver.js";
import { canaryPython } from "../support/tools.js";
import { eksStory } from "./eks-mesh.js";
import type { Done } from "./fargate-canary.js";

const driver = fileURLToPath(new URL("../../languages/python/driver.py", import.meta.url));
const example = fileURLToPath(new URL("../../../examples/eks-mesh-python", import.meta.url));

eksStory("Python", async () => {
  const found = await canaryPython();
  if (found === undefined) return "set-up found no Python with pip";
  const env = {
    PYTHONPATH: found.path,
    PYTHONDONTWRITEBYTECODE: "1",
    PULUMI_EXPERIMENTAL: "true",
    PULUMI_SKIP_CHECKPOINTS: "true",
  };
  const program = await Driver.start({ program: found.python, args: [driver, example], env }, "");
  const done = async (command: string): Promise<Done> => {
    const { steps = [], outputs = {} } = await program.do(command);
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
