// `npm start`: sets up what is missing, then runs the demonstration with the arguments given.

import { runProgram } from "./setup/program.mjs";
import { explained } from "./setup/step.mjs";
import { setUp } from "./setup.mjs";

await explained(async () => runProgram("examples/shop/dist/main.js", process.argv.slice(2), await setUp()));
