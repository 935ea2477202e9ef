import { portNumber } from "../port-mapping.js";
import { optional } from "../shape.js";

export const gatewayMatchPort = optional(
  portNumber,
  "Port of the virtual gateway's listener, 1 to 65535. It must be given if the virtual gateway has more than one " +
    "listener; if unset, any port matches.",
);
