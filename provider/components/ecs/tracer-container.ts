import type { ContainerDefinition } from "./container-definition.js";
import { envoyUser, type Plan, tracerPorts } from "./plan.js";
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
    user: envoyUser,
    ...reserves.tracer,
    ...(tracer.kind === "otel" ? collector(tracer) : daemon(tracing.port)),
  };
  return withSettings(container, tracer.settings);
}

const configVariable = "AOT_CONFIG_CONTENT";

function collector({ image, config, configFrom }: NonNullable<Plan["tracer"]>): ContainerDefinition {
  return {
    command: [`--config=env:${configVariable}`],
    ...(configFrom === undefined
      ? { environment: [{ name: configVariable, value: config ?? defaultConfig }] }
      : { secrets: [{ name: configVariable, valueFrom: configFrom }] }),
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

/** JSON, which is YAML. */
const defaultConfig = JSON.stringify({
  extensions: { health_check: { endpoint: `127.0.0.1:${tracerPorts.health}` } },
  receivers: {
    otlp: {
      protocols: {
        grpc: { endpoint: `127.0.0.1:${tracerPorts.grpc}` },
        http: { endpoint: `127.0.0.1:${tracerPorts.http}` },
      },
    },
  },
  processors: { resourcedetection: { detectors: ["env", "ecs"] }, batch: { timeout: "1s" } },
  exporters: { awsxray: {} },
  service: {
    // Its own metrics would take the port 8888, which may be the application's.
    telemetry: { metrics: { level: "none" } },
    extensions: ["health_check"],
    pipelines: {
      traces: { receivers: ["otlp"], processors: ["resourcedetection", "batch"], exporters: ["awsxray"] },
    },
  },
});
