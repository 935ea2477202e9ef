import { resourceReference } from "../names.js";
import { portNumber } from "../port-mapping.js";
import { type Infer, integer, list, optional, required, structure } from "../shape.js";

export const WeightedTarget = structure(
  "WeightedTarget",
  "A virtual node and its share of the traffic of a route.",
  {
    virtualNode: required(resourceReference, "Name of the virtual node, 1 to 255 characters."),
    weight: required(
      integer({ min: 0, max: 100 }),
      "Share of the traffic relative to the other targets, 0 to 100: weights 1 and 3 mean the same as 25 and 75. 0 " +
        "means no traffic. Keep the sum of a route's weights at 100 or less.",
    ),
    port: optional(
      portNumber,
      "Port of the virtual node's listener, 1 to 65535. It must be given if the virtual node has more than one " +
        "listener; if unset, the data plane takes the only one.",
    ),
  },
);
export type WeightedTarget = Infer<typeof WeightedTarget>;

export const WeightedTargets = list(WeightedTarget, { minItems: 1, maxItems: 10 });
export const weightedTargets = required(WeightedTargets, "Virtual nodes that get the traffic, 1 to 10.");

/** The port of a request that a route matches on. */
export const matchPort = optional(
  portNumber,
  "Port of the virtual router's listener, 1 to 65535. It must be given if the virtual router has more than one " +
    "listener; if unset, any port matches.",
);
