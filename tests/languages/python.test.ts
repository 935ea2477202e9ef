import { fileURLToPath } from "node:url";
import { canaryPython } from "../support/tools.js";
import { canaryStory } from "./story.js";

const driver = fileURLToPath(new URL("../../languages/python/driver.py", import.meta.url));
const example = fileURLToPath(new URL("../../../examples/canary-python", import.meta.url));

canaryStory("Python, with the SDK's wheel installed", async () => {
  const found = await canaryPython();
  if (found === undefined) return "set-up found no Python with pip";
  const env = { PYTHONPATH: found.path, PYTHONDONTWRITEBYTECODE: "1" };
  return { program: found.python, args: [driver, example], env };
});
