import type { Ecs } from "./ecs.js";
import { figure, quantile, ratio, table } from "./table.js";

/** What a mesh costs the tasks of ECS. */
export function printEcs(ecs: Ecs | undefined): void {
  if (ecs === undefined) return;
  if ("leftOut" in ecs) {
    console.log(`\nThe tasks of ECS were left out: ${ecs.leftOut}`);
    return;
  }
  const [alone, meshed] = ecs.paths;
  if (alone === undefined || meshed === undefined) return;
  console.log(
    "\nFrom one ECS task to another, each with its Envoy and redirected by its proxyConfiguration, beside the same tasks\n" +
      "without: GET of 1,000 bytes. Requests/s and CPU with 16 connections, ms with one\n",
  );
  const columns = ["requestsPerSecond", "p50", "p99", "cpuMicros"] as const;
  console.log(
    table(
      ["", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "rounds"],
      [
        ...[alone, meshed].map((path) => [
          path === alone ? "tasks as they are" : "in the mesh",
          ...columns.map((column) => figure(path[column])),
          String(path.rounds),
        ]),
        ["added", "", ...columns.slice(1).map((column) => figure(meshed[column] - alone[column])), ""],
        ["ratio", ...columns.map((column) => ratio(meshed[column], alone[column])), ""],
      ],
    ),
  );

  console.log("\nResident memory of the Envoy in a task, MiB (two threads, as the component has it)\n");
  console.log(
    table(
      ["backends", "MiB"],
      ecs.memory.map(({ backends, residentKiB }) => [String(backends), figure(residentKiB / 1024)]),
    ),
  );

  console.log(
    "\nFrom the start of a task, s (medians). In the mesh, its application waits for Envoy's health check, which ECS\n" +
      "makes for the first time after 5 s\n",
  );
  console.log(
    table(
      ["", "until its application starts", "until its first answer", "starts"],
      [false, true].map((inMesh) => {
        const starts = ecs.starts.filter((start) => start.inMesh === inMesh);
        const seconds = (kind: "application" | "served") =>
          figure(
            quantile(
              starts.map((start) => start[kind]),
              0.5,
            ) / 1000,
          );
        return [
          inMesh ? "in the mesh" : "tasks as they are",
          seconds("application"),
          seconds("served"),
          String(starts.length),
        ];
      }),
    ),
  );
}
