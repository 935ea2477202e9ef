import type { ControllerResult } from "./controller.js";
import { figure, quantile, ratio, table } from "./table.js";

const peer = "moto";

/** What it takes until a controller has made a mesh. */
export function printController(results: readonly ControllerResult[]): void {
  if (results.length === 0) return;
  console.log(
    "\nA mesh as AWS's Kubernetes controller makes it: one object at a time, each described, created and described again.\n" +
      `ms and CPU are of an object, its three requests. ${peer} has no virtual services\n`,
  );
  const seconds = ({ latencies }: ControllerResult) => latencies.reduce((sum, ms) => sum + ms, 0) / 1000;
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  console.log(
    table(
      [
        "",
        "objects",
        "s",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "peer s",
        "peer p50",
        "peer p99",
        "peer CPU",
        "ratio of p50",
      ],
      kinds.map((kind) => {
        const of = (its: boolean) =>
          results.find((one) => one.kind === kind && (one.server === peer) === its);
        const [own, other] = [of(false), of(true)];
        const figures = (one: ControllerResult | undefined) =>
          one === undefined || one.latencies.length === 0
            ? ["–", "–", "–", "–"]
            : [seconds(one), quantile(one.latencies, 0.5), quantile(one.latencies, 0.99), one.cpuMs].map(
                figure,
              );
        return [
          kind,
          String(own?.latencies.length ?? 0),
          ...figures(own),
          ...figures(other),
          ratio(quantile(own?.latencies ?? [], 0.5), quantile(other?.latencies ?? [], 0.5)),
        ];
      }),
    ),
  );
}
