// `npm run rules`: writes RULES.md.
import { writeFileSync } from "node:fs";
import { rulesPage } from "./rules-page.js";

writeFileSync(new URL("../RULES.md", import.meta.url), rulesPage());
