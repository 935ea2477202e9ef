import { envoyUser } from "../sidecar/defaults.js";
import { drainLines, drainPaths } from "../sidecar/envoy-admin.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Plan } from "./plan.js";
import { reserves } from "./reserves.js";

/**
 * Waits for the end of the task, and is told of it before all others: it depends on Envoy and on the application, and
 * ECS stops in the reverse order. Until it has ended, the application and Envoy go on, and Envoy asks its clients to go
 * elsewhere.
 */
export function drainContainer(plan: Plan, name: string, after: readonly string[]): ContainerDefinition {
  const { envoy, drainSeconds } = plan;
  return {
    name,
    image: envoy.image,
    essential: false,
    user: String(envoyUser),
    ...reserves.drain,
    ...(envoy.variant === "envoy"
      ? { entryPoint: ["bash", "-c"], readonlyRootFilesystem: true }
      : { entryPoint: ["sh", "-c"] }),
    command: [script(plan)],
    dependsOn: [
      { containerName: envoy.container, condition: "HEALTHY" },
      ...after.map((containerName) => ({ containerName, condition: "START" as const })),
    ],
    stopTimeout: drainSeconds + 10,
  };
}

function script({ envoy, drainSeconds }: Plan): string {
  const posts =
    envoy.variant === "envoy"
      ? drainLines(envoy.adminPort)
      : drainPaths.map((path) => `curl -s -X POST 'http://localhost:${envoy.adminPort}${path}'`);
  return [
    // A signal between two commands is noticed after a short sleep; one in a sleep ends it.
    "trap 'stopping=1; kill $sleep 2>/dev/null' TERM INT",
    'while [ -z "$stopping" ]; do sleep 2 & sleep=$!; wait $sleep; done',
    ...posts,
    `sleep ${drainSeconds}`,
  ].join("\n");
}
