// Where an Envoy tells of the requests that pass it, and what takes that beside it.
import type { Tracing } from "@pulumi-appmesh/control-plane/bootstrap/tracing.js";

export type Tracer = "otel" | "xray";

export const tracerImages: Readonly<Record<Tracer, string>> = {
  otel: "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0",
  xray: "public.ecr.aws/xray/aws-xray-daemon:3.x",
};

/** Ports of the tracers, as Envoy and their health checks reach them. */
export const tracerPorts = { grpc: 4317, http: 4318, health: 13133, daemon: 2000 } as const;

const names: Readonly<Record<Tracer, string>> = { otel: "otel-collector", xray: "xray-daemon" };

/** Name of the container beside Envoy; undefined where a tracer runs elsewhere, or nothing is traced. */
export const tracerName = (
  tracing: { readonly host?: string | undefined; readonly tracer?: Tracer | undefined } | undefined,
): string | undefined =>
  tracing === undefined || tracing.host !== undefined ? undefined : names[tracing.tracer ?? "otel"];

const defaultSamplingRate = 0.05;

interface GivenTracing {
  readonly tracer?: Tracer;
  readonly samplingRate?: number;
  readonly segmentName?: string;
  readonly host?: string;
  readonly port?: number;
}

/** Where Envoy sends what it tells of requests. */
export function tracingOf(given: GivenTracing): Tracing {
  const { samplingRate = defaultSamplingRate, host = "127.0.0.1" } = given;
  const named = given.segmentName === undefined ? {} : { segmentName: given.segmentName };
  return given.tracer === "xray"
    ? { kind: "xray", address: host, port: given.port ?? tracerPorts.daemon, samplingRate, ...named }
    : {
        kind: "otel",
        protocol: "grpc",
        host,
        port: given.port ?? tracerPorts.grpc,
        path: "/v1/traces",
        samplingRate,
        ...named,
      };
}

/** The variable of which AWS's collector takes its configuration. */
export const collectorVariable = "AOT_CONFIG_CONTENT";
export const collectorArguments = [`--config=env:${collectorVariable}`] as const;

/**
 * A configuration of a collector beside Envoy, as JSON, which is YAML.
 *
 * @param detectors What it knows of where it runs.
 */
export const collectorConfig = (detectors: readonly string[]): string =>
  JSON.stringify({
    extensions: { health_check: { endpoint: `127.0.0.1:${tracerPorts.health}` } },
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${tracerPorts.grpc}` },
          http: { endpoint: `127.0.0.1:${tracerPorts.http}` },
        },
      },
    },
    processors: { resourcedetection: { detectors }, batch: { timeout: "1s" } },
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
