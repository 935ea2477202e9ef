import type { Sample } from "./traffic.js";

export interface Summary {
  readonly requests: number;
  readonly failures: number;
  /** Requests by the version that answered. */
  readonly versions: Readonly<Record<string, number>>;
  /** Time to the answer in ms, at the median and at 99 of 100. */
  readonly p50: number;
  readonly p99: number;
}

export function summarize(samples: readonly Sample[]): Summary {
  const versions: Record<string, number> = {};
  let failures = 0;
  for (const { version } of samples) {
    if (version === undefined) failures++;
    else versions[version] = (versions[version] ?? 0) + 1;
  }
  const times = samples.map(({ took }) => took).sort((a, b) => a - b);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { requests: samples.length, failures, versions, p50: at(0.5), p99: at(0.99) };
}

/**
 * Whether `hits` of `requests` may come of a share of `percent`: within five standard deviations of the binomial
 * distribution, which chance alone leaves once in two million times. Shares of 0 and 100 allow no other request.
 */
export function isPlausible(hits: number, requests: number, percent: number): boolean {
  const share = percent / 100;
  return Math.abs(hits - requests * share) <= 5 * Math.sqrt(requests * share * (1 - share));
}
