import { envoyUser } from "../sidecar/defaults.js";
import { collectorArguments, collectorConfig, collectorVariable, tracerPorts } from "../sidecar/tracing.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Plan } from "./plan.js";
import { reserves } from "./reserves.js";
import { withSettings } from "./settings.js";

/** What takes Envoy's traces, in the task itself. It may fail: requests are served without it, and ECS starts it again. */
export function tracerContainer(plan: Plan): ContainerDefinition | undefined {
  const { tracer, tracing } = plan;
  if (tracer === undefined || tracing === undefined) return undefined;
  const container: ContainerDefinition = {
    name: tracer.container,
    image: tracer.image,
    essential: false,
    // Again and again, once a minute at the most.
    restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
    // Its own calls are not the application's.
    user: String(envoyUser),
    ...reserves.tracer,
    ...(tracer.kind === "otel" ? collector(tracer) : daemon(tracing.port)),
  };
  return withSettings(container, tracer.settings);
}

function collector({ image, config, configFrom }: NonNullable<Plan["tracer"]>): ContainerDefinition {
  return {
    command: [...collectorArguments],
    ...(configFrom === undefined
      ? { environment: [{ name: collectorVariable, value: config ?? collectorConfig(["env", "ecs"]) }] }
      : { secrets: [{ name: collectorVariable, valueFrom: configFrom }] }),
    portMappings: [{ containerPort: tracerPorts.grpc, protocol: "tcp" }],
    // Only AWS's image has a program for it.
    ...(image.includes("aws-otel-collector") && {
      healthCheck: {
        command: ["CMD", "/healthcheck"],
        interval: 10,
        timeout: 2,
        retries: 3,
        startPeriod: 15,
      },
    }),
  };
}

const daemon = (containerPort: number): ContainerDefinition => ({
  portMappings: [{ containerPort, protocol: "udp" }],
});
