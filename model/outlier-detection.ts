import { Duration } from "./duration.js";
import { type Infer, integer, required, structure } from "./shape.js";

export const OutlierDetection = structure(
  "OutlierDetection",
  "When callers stop sending to an endpoint that keeps failing, and for how long. It needs a service discovery that " +
    "tells the endpoints apart: AWS Cloud Map, or DNS whose response type is ENDPOINTS.",
  {
    maxServerErrors: required(
      integer({ min: 1, max: 4294967295 }),
      "Server errors (status 5xx) in a row after which an endpoint is ejected, 1 to 4294967295.",
    ),
    interval: required(
      Duration,
      "Time between two sweeps that eject endpoints and take them back, more than 0.",
    ),
    baseEjectionDuration: required(
      Duration,
      "Time for which an endpoint is ejected, more than 0. It is multiplied by the number of times that the endpoint " +
        "was ejected before.",
    ),
    maxEjectionPercent: required(
      integer({ min: 0, max: 100 }),
      "Largest share of endpoints that may be ejected at the same time, in percent, 0 to 100. One endpoint may " +
        "be ejected whatever the share.",
    ),
  },
);
export type OutlierDetection = Infer<typeof OutlierDetection>;
