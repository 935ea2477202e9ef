import { resourceName } from "../names.js";
import { portNumber } from "../port-mapping.js";
import { type Infer, integer, list, optional, required, structure } from "../shape.js";

export const WeightedTarget = structure(
  "WeightedTarget",
  "A virtual node and its share of the traffic of a route.",
  {
    virtualNode: required(resourceName, "Name of the virtual node, 1 to 255 characters."),
    weight: required(
      integer({ min: 0, max: 100 }),
      "Share of the traffic, 0 to 100, relative to the weights of the other targets: 1 and 3 mean the same as 25 and " +
        "75. Together the weights of a route are at most 100. A target of weight 0 gets none.",
    ),
    port: optional(
      portNumber,
      "Port of the virtual node's listener. It must be given if the virtual node has more than one listener; unset, the " +
        "data plane takes its only one.",
    ),
  },
);
export type WeightedTarget = Infer<typeof WeightedTarget>;

export const WeightedTargets = list(WeightedTarget, { minItems: 1, maxItems: 10 });
export const weightedTargets = required(WeightedTargets, "Virtual nodes that get the traffic, 1 to 10.");

/** The port of a request that a route matches on. */
export const matchPort = optional(
  portNumber,
  "Port of the virtual router's listener. It must be given if the virtual router has more than one listener; unset, " +
    "the route matches on its only one.",
);
