interface Running {
  readonly logLevel: string;
  readonly concurrency: number;
  readonly drainSeconds: number;
}

/** What Envoy is told on its command line, its bootstrap with it. */
export const envoyArguments = (
  bootstrap: string,
  { logLevel, concurrency, drainSeconds }: Running,
): string[] =>
  [
    ["--config-yaml", bootstrap],
    ["--log-level", logLevel],
    ["--concurrency", String(concurrency)],
    "--disable-hot-restart",
    // Once it drains, it asks every client at once to go elsewhere, and takes what still comes for so long.
    ["--drain-strategy", "immediate"],
    ["--drain-time-s", String(Math.max(drainSeconds, 1))],
  ].flat();
