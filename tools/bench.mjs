// `npm run bench`: sets up what is missing, then runs the benchmark with the arguments given.

import { runProgram } from "./setup/program.mjs";
import { explained } from "./setup/step.mjs";
import { setUp, setUpForBenchmark } from "./setup.mjs";

await explained(async () => {
  const tools = await setUp();
  await setUpForBenchmark();
  await runProgram("bench/dist/main.js", process.argv.slice(2), tools);
});
