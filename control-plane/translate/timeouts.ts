import type { DurationJson } from "@bufbuild/protobuf/wkt";
import type { Duration, Listener, ListenerTimeout } from "@pulumi-appmesh/model";

/** App Mesh's defaults: 15 s for a whole request, 300 s in which nothing is sent. */
const perRequestDefault = "15s";
const idleDefault = "300s";

/** Envoy counts durations in nanoseconds of 64 bits and refuses what does not fit; ten years stand for all of it. */
const longest = 315_360_000_000;

export function milliseconds(duration: Duration): number {
  return Math.min(duration.unit === "s" ? duration.value * 1000 : duration.value, longest);
}

export function seconds(ms: number): DurationJson {
  const rest = ms % 1000;
  return rest === 0 ? `${ms / 1000}s` : `${Math.floor(ms / 1000)}.${String(rest).padStart(3, "0")}s`;
}

export const duration = (value: Duration): DurationJson => seconds(milliseconds(value));

/** For what Envoy takes only above 0. */
export const positive = (value: Duration): DurationJson => seconds(Math.max(1, milliseconds(value)));

/** The time limits of a request, for Envoy's route: 0 switches one off there, as in App Mesh. */
export function requestTimeouts(timeout: { perRequest?: Duration; idle?: Duration } | undefined) {
  return {
    timeout: timeout?.perRequest ? duration(timeout.perRequest) : perRequestDefault,
    idleTimeout: idleTimeout(timeout),
  };
}

/** How long a TCP connection may carry nothing. */
export const idleTimeout = (timeout: { idle?: Duration } | undefined): DurationJson =>
  timeout?.idle ? duration(timeout.idle) : idleDefault;

/** The time limits of a listener: those of its own protocol. */
export function listenerTimeout(listener: Listener): { perRequest?: Duration; idle?: Duration } | undefined {
  const timeout: ListenerTimeout | undefined = listener.timeout;
  return timeout?.[listener.portMapping.protocol];
}
