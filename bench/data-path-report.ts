import type { DataPath } from "./data-path.js";
import { figure, quantile, ratio, table } from "./table.js";
import type { Translation } from "./translation.js";
import type { Transparent } from "./transparent.js";

const median = (values: readonly number[]) => quantile(values, 0.5);

/** What proxies add to the time of a request, and how much they carry, beside the same configuration by hand. */
export function printDataPath(paths: readonly DataPath[]): void {
  if (paths.length === 0) return;
  console.log(
    "\nThe data path: GET of 1,000 bytes. Requests/s and CPU with 16 connections; ms with one, above what the application\n" +
      "takes by itself. Ratios are to what is by hand; that of the same by hand again is the noise of the machine.\n" +
      "Aim for sidecars by the mesh: 0.98 to 1.02. In explicit interception, where programs call a proxy by its address:\n",
  );
  printPaths(paths);
}

/** The same where programs know of no proxy. */
export function printTransparent(transparent: Transparent | undefined): void {
  if (transparent === undefined) return;
  if ("leftOut" in transparent) {
    console.log(`\nThe data path in transparent interception was left out: ${transparent.leftOut}`);
    return;
  }
  console.log(
    "\nIn transparent interception: from one network namespace to another, by the service's plain name and port,\n" +
      "redirected by iptables to the Envoy in each\n",
  );
  printPaths(transparent.paths);
}

function printPaths(paths: readonly DataPath[]): void {
  const none = paths.find(({ way }) => way === "none");
  if (none === undefined) return;
  const row = (path: DataPath) => {
    const { way, configured } = path;
    const hand = paths.find((other) => other.way === way && other.configured === "by hand");
    const added = (of: DataPath) => ({ ...of, p50: of.p50 - none.p50, p99: of.p99 - none.p99 });
    const shown = way === "none" ? path : added(path);
    const than = (kind: "requestsPerSecond" | "p50" | "p99" | "cpuMicros") =>
      hand === undefined || hand === path ? "" : ratio(shown[kind], added(hand)[kind]);
    return [
      way === "none" ? "application alone" : `${way}, ${configured}`,
      ...[shown.requestsPerSecond.toFixed(0), than("requestsPerSecond")],
      ...[way === "none" ? `(${figure(shown.p50)})` : figure(shown.p50), than("p50")],
      ...[way === "none" ? `(${figure(shown.p99)})` : figure(shown.p99), than("p99")],
      ...[figure(shown.cpuMicros), than("cpuMicros")],
      String(path.rounds),
    ];
  };
  const added = ["p50 ms added", "ratio", "p99 ms added", "ratio"];
  console.log(
    table(["", "requests/s", "ratio", ...added, "CPU µs/request", "ratio", "rounds"], paths.map(row)),
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
