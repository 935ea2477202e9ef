// How probes decide, as Docker and the kubelet have it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "./container.js";
import type { Probe } from "./container-group.js";

export type Health = "UNKNOWN" | "HEALTHY" | "UNHEALTHY";

/**
 * Probes a container until it ends or `stop` is aborted, and tells of each decision that differs from the last one.
 * `pace` shortens the times between probes, `slack` lengthens what a probe itself may take.
 */
export async function watch(
  container: Container,
  probe: Probe,
  { pace, slack }: { readonly pace: number; readonly slack: number },
  stop: AbortSignal,
  tell: (health: Health) => void,
): Promise<void> {
  const pause = (ms: number) =>
    Promise.race([
      sleep(ms * pace, undefined, { signal: stop, ref: false }).catch(() => {}),
      container.ended,
    ]);
  let health: Health = "UNKNOWN";
  let failed = 0;
  const decide = (now: Health) => {
    if (now === health || stop.aborted || container.outcome) return;
    health = now;
    tell(now);
  };
  await pause(probe.initialDelay);
  while (!stop.aborted && !container.outcome) {
    const starting = Date.now() - container.startedAt < probe.startPeriod * pace && health === "UNKNOWN";
    if (await container.does(probe.action, probe.timeout * slack)) {
      failed = 0;
      decide("HEALTHY");
    } else if (!starting && ++failed >= probe.failures) {
      decide("UNHEALTHY");
    }
    await pause(probe.interval);
  }
}
