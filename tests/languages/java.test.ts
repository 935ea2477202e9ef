import { canaryJava } from "../support/tools.js";
import { canaryStory } from "./story.js";

canaryStory("Java, with the SDK installed by Maven", async () => {
  const classPath = await canaryJava();
  if (classPath === undefined) return "set-up found no JDK, or no Maven";
  return { program: "java", args: ["-XX:TieredStopAtLevel=1", "-cp", classPath, "canary.Driver"] };
});
