import { canaryGo } from "../support/tools.js";
import { canaryStory } from "./story.js";

canaryStory("Go, with the SDK's module in the place of a published one", async () => {
  const program = await canaryGo();
  return program === undefined ? "set-up found no Go" : { program, args: [] };
});
