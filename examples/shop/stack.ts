import { configured, shop } from "./program.js";

const { addresses, v2 } = configured();
// What `pulumi up` runs in the root folder, for those who have Pulumi's Node language host.
export const { arn, route } = shop(addresses, v2);
