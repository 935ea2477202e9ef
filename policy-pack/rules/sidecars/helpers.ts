/** Parts of names of containers that serve the proxy or the task: tracers and log routers. */
export const helpers: readonly string[] = [
  "xray",
  "otel",
  "adot",
  "aws-otel-collector",
  "log_router",
  "cloudwatch-agent",
  "datadog-agent",
  "jaeger",
];
