import type { ApiResults } from "./api.js";
import { figure, quantile, ratio, table } from "./table.js";

const self = "pulumi-appmesh";
const peer = "moto";

export function printApi({ pinned, operations, pages }: ApiResults): void {
  const of = <T extends { server: string }>(all: readonly T[], server: string) =>
    all.filter((one) => one.server === server);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const entities = operations[0]?.entities ?? 0;
  console.log(
    `\nThe API with ${entities} virtual nodes, ${pinned ? "on one core, its clients on the others" : "not on a core of its own: taskset is missing"}.\n` +
      `${self} proves each request's signature and has each change on disk; ${peer}'s server does neither, and closes each connection.\n` +
      "A ratio above 1 is better for requests a second, and one below 1 for ms.\n",
  );
  const theirs = of(operations, peer);
  console.log(
    table(
      [
        "operation",
        "a second",
        "peer",
        "ratio",
        "p50 ms",
        "p99 ms",
        "peer p50",
        "peer p99",
        "CPU ms",
        "peer",
        "ratio",
      ],
      of(operations, self).map((one, at) => {
        const other = theirs[at];
        const [rate, otherRate] = [mean(one.perSecond), mean(other?.perSecond ?? [])];
        const latency = (result: typeof other, share: number) =>
          figure(result ? quantile(result.latencies, share) : Number.NaN);
        return [
          ...[one.operation, figure(rate), figure(otherRate), ratio(rate, otherRate)],
          ...[latency(one, 0.5), latency(one, 0.99), latency(other, 0.5), latency(other, 0.99)],
          ...[figure(one.cpuMs), figure(other?.cpuMs ?? Number.NaN)],
          ratio(one.cpuMs, other?.cpuMs ?? Number.NaN),
        ];
      }),
    ),
  );

  console.log(
    "\nA page of 100 as the list grows, in turns: ms, pages from the first to the last, one client\n",
  );
  const first = (server: string) => quantile(of(pages, server)[0]?.latencies ?? [], 0.5);
  const otherPages = of(pages, peer);
  console.log(
    table(
      [
        "entities",
        "p50",
        "p99",
        "against the shortest",
        "peer p50",
        "peer p99",
        "against the shortest",
        "ratio p50",
      ],
      of(pages, self).map(({ entities, latencies }, at) => {
        const theirs = otherPages[at]?.latencies ?? [];
        const [p50, peer50] = [quantile(latencies, 0.5), quantile(theirs, 0.5)];
        return [
          ...[String(entities), figure(p50), figure(quantile(latencies, 0.99)), ratio(p50, first(self))],
          ...[figure(peer50), figure(quantile(theirs, 0.99)), ratio(peer50, first(peer)), ratio(p50, peer50)],
        ];
      }),
    ),
  );
}
