// Prints the pages of docs/reference, as a JSON object of texts by names, for `npm run sdk` (tools/sdk.mjs).
import { readFileSync } from "node:fs";
import { pages } from "./pages.js";

const schema = JSON.parse(readFileSync(process.argv[2] as string, "utf8"));
process.stdout.write(JSON.stringify(Object.fromEntries(pages(schema))));
