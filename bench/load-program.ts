// Sends requests from where this program runs: a run for each line of options, answered by a line.
import { createInterface } from "node:readline";
import { load } from "./load.js";

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await load(JSON.parse(line)).catch((error: Error) => ({ error: error.message }));
  console.log(JSON.stringify(answer));
}
