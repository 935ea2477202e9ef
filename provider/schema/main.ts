import { packageSpec } from "./package.js";

/** Prints the package schema: `npm run schema -w provider` writes it to provider/schema.json. */
process.stdout.write(`${JSON.stringify(packageSpec(), null, 2)}\n`);
