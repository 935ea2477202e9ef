// How proxies that AWS's controller puts into pods tell OpenTelemetry of requests: neither its chart nor AWS's image knows
// OpenTelemetry, but the image merges a file into Envoy's configuration.
import { tracingBootstrap } from "@pulumi-appmesh/control-plane/bootstrap/tracing.js";

/** The Secret of each namespace with the file, where proxies find it, and the variable that names it to them. */
export const TRACING_SECRET = "appmesh-tracing";
export const TRACING_FOLDER = "/etc/appmesh-tracing";
export const TRACING_FILE = "tracing.json";
export const TRACING_VARIABLE = { ENVOY_TRACING_CFG_FILE: `${TRACING_FOLDER}/${TRACING_FILE}` } as const;

/** Where collectors take OTLP over gRPC. */
export const OTLP_PORT = 4317;

/** The file for the proxies of a namespace, whose services are known by its name. */
export function injectedTracing(namespace: string, host: string, port: number): string {
  const { tracing, clusters } = tracingBootstrap(
    { kind: "otel", protocol: "grpc", host, port, path: "", samplingRate: 1, segmentName: namespace },
    { mesh: "", name: "" },
  );
  // Envoys of AWS's image are older than samplers: all requests are told, and the collector chooses.
  const typedConfig = { ...tracing.http?.typedConfig, sampler: undefined };
  return JSON.stringify({
    tracing: { http: { ...tracing.http, typedConfig } },
    staticResources: { clusters },
  });
}
