import { shop } from "./program.js";

// What `pulumi up` runs in the root folder, for those who have Pulumi's Node language host.
await shop();
