// Prints what `npm run sdk` (tools/sdk.mjs) makes provider/schema.json of:
//
//   main.js bare        the package schema without examples
//   main.js pcl         the examples in Pulumi's configuration language, by name
//   main.js full FILE   the package schema with its examples; FILE has what Pulumi's generators wrote of them
import { readFileSync } from "node:fs";
import { packageSpec } from "./package.js";
import { pclPrograms, withExamples } from "./with-examples.js";

const [wanted, file] = process.argv.slice(2);
const printed =
  wanted === "full"
    ? withExamples(packageSpec(), JSON.parse(readFileSync(file as string, "utf8")))
    : wanted === "pcl"
      ? pclPrograms()
      : packageSpec();
process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);
