import { type Infer, optional, required, structure } from "../shape.js";
import { TcpTimeout } from "../timeout.js";
import { matchPort, weightedTargets } from "./weighted-target.js";

export const TcpRouteMatch = structure("TcpRouteMatch", "Which connections a route takes.", {
  port: matchPort,
});
export type TcpRouteMatch = Infer<typeof TcpRouteMatch>;

export const TcpRouteAction = structure("TcpRouteAction", "Where a TCP route sends its connections.", {
  weightedTargets,
});
export type TcpRouteAction = Infer<typeof TcpRouteAction>;

export const TcpRoute = structure("TcpRoute", "A route for TCP.", {
  action: required(TcpRouteAction, "Where the route sends connections."),
  match: optional(TcpRouteMatch, "Which connections the route takes. If unset, it takes all."),
  timeout: optional(TcpTimeout, "Time limits. If unset, the data plane applies 300 seconds to idleness."),
});
export type TcpRoute = Infer<typeof TcpRoute>;
