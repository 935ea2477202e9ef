import type { DataPath } from "./data-path.js";
import { figure, quantile, ratio, table } from "./table.js";
import type { Translation } from "./translation.js";

const median = (values: readonly number[]) => quantile(values, 0.5);

/** Of what was measured in the same rounds, so that what slowed a round down slowed both. */
const pairedRatio = (ours: readonly number[], theirs: readonly number[]) =>
  `${figure(median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))))}×`;

/** What proxies add to the time of a request, and how much they carry, beside the same configuration by hand. */
export function printDataPath(paths: readonly DataPath[]): void {
  const none = paths.find(({ way }) => way === "none");
  if (none === undefined) return;
  console.log(
    "\nThe data path: GET of 1,000 bytes, medians of rounds. Requests/s and CPU with 16 connections; ms with one, above\n" +
      "what the application takes by itself. Ratios are to what is by hand; that of the same\nby hand again is the noise of the machine. Aim for sidecars by the mesh: 0.98 to 1.02\n",
  );
  const row = (path: DataPath, hand: DataPath) => {
    const added = ({ p50, p99 }: DataPath) => [
      median(p50) - median(none.p50),
      median(p99) - median(none.p99),
    ];
    const [p50 = Number.NaN, p99 = Number.NaN] = added(path);
    const [hand50 = Number.NaN, hand99 = Number.NaN] = added(hand);
    const same = path === hand;
    const than = (ours: number, theirs: number) => (same ? "" : ratio(ours, theirs));
    return [
      path.way === "none" ? "application alone" : `${path.way}, ${path.configured}`,
      median(path.requestsPerSecond).toFixed(0),
      same ? "" : pairedRatio(path.requestsPerSecond, hand.requestsPerSecond),
      ...(path.way === "none"
        ? [`(${figure(median(path.p50))})`, "", `(${figure(median(path.p99))})`, ""]
        : [figure(p50), than(p50, hand50), figure(p99), than(p99, hand99)]),
      figure(median(path.cpuMicros)),
      same ? "" : pairedRatio(path.cpuMicros, hand.cpuMicros),
      String(path.p50.length),
    ];
  };
  console.log(
    table(
      [
        "",
        "requests/s",
        "ratio",
        "p50 ms added",
        "ratio",
        "p99 ms added",
        "ratio",
        "CPU µs/request",
        "ratio",
        "rounds",
      ],
      paths.map((path) =>
        row(path, paths.find(({ way, configured }) => way === path.way && configured === "by hand") ?? path),
      ),
    ),
  );
}

/** How the time of a translation grows with what the proxy calls. */
export function printTranslation(all: readonly Translation[]): void {
  const [least] = all;
  if (least === undefined) return;
  console.log("\nTranslation for one proxy, ms, medians. Growth beside that of the backends\n");
  const grows = (of: Translation, kind: "first" | "change" | "same") =>
    of === least ? "" : ratio(median(of[kind]), median(least[kind]));
  console.log(
    table(
      [
        "backends",
        "grow",
        "first",
        "grows",
        "a route changed",
        "grows",
        "nothing changed",
        "grows",
        "clusters",
        "runs",
      ],
      all.map((of) => [
        String(of.backends),
        of === least ? "" : ratio(of.backends, least.backends),
        ...(["first", "change", "same"] as const).flatMap((kind) => [
          figure(median(of[kind])),
          grows(of, kind),
        ]),
        ...[String(of.clusters), String(of.first.length)],
      ]),
    ),
  );
}
