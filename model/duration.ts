import { enumeration, type Infer, integer, required, structure } from "./shape.js";

export const DurationUnit = enumeration("DurationUnit", "The unit in which a duration is counted.", {
  s: "Seconds.",
  ms: "Milliseconds.",
});
export type DurationUnit = Infer<typeof DurationUnit>;

/** Envoy holds a duration in nanoseconds and 64 bits, which is the upper limit in seconds. */
export const Duration = structure("Duration", "A length of time: a number and its unit.", {
  value: required(
    integer({ min: 0, max: 9223372036 }),
    "How many units, 0 to 9223372036. Where a timeout is meant, 0 switches it off.",
  ),
  unit: required(DurationUnit, "What is counted: seconds (s) or milliseconds (ms)."),
});
export type Duration = Infer<typeof Duration>;
