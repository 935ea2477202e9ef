// What stands for the OpenTelemetry collector where it could not be built: reads its configuration as the collector does, takes spans by the OTLP
// receivers that it names, and prints each span as a line of JSON instead of exporting it. Options: --config=FILE or
// --config=env:VARIABLE.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parse } from "yaml";
import { type Collector, otlpGrpcCollector, otlpHttpCollector, type Span } from "../../trace-collectors.js";

interface Pipeline {
  readonly receivers?: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters?: readonly string[];
}
type Components = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
interface Config {
  readonly receivers?: Components;
  readonly processors?: Components;
  readonly exporters?: Components;
  readonly extensions?: Components;
  readonly service?: {
    readonly extensions?: readonly string[];
    readonly pipelines?: Readonly<Record<string, Pipeline>>;
  };
}

function fail(message: string): never {
  console.error(`Error: ${message}`);
  process.exit(1);
}

const [, source = "/etc/otel-config.yaml"] = /^--config=(.*)$/.exec(process.argv.slice(2).at(-1) ?? "") ?? [];
const text = source.startsWith("env:") ? process.env[source.slice(4)] : readFileSync(source, "utf8");
const config: Config = parse(text ?? "") ?? fail(`${source} has no configuration`);

const pipelines = Object.entries(config.service?.pipelines ?? {});
const tracing =
  pipelines.find(([name]) => /^traces(\/|$)/.test(name))?.[1] ?? fail("there is no pipeline of traces");
for (const [name, pipeline] of pipelines) {
  for (const kind of ["receivers", "processors", "exporters"] as const) {
    for (const component of pipeline[kind] ?? []) {
      if (config[kind]?.[component] === undefined) fail(`pipeline ${name}: ${kind} has no ${component}`);
    }
  }
}
for (const extension of config.service?.extensions ?? []) {
  if (config.extensions?.[extension] === undefined) fail(`extensions has no ${extension}`);
}

const at = (endpoint: unknown, host: string, port: number) => {
  const [, name, number] = /^(.*):(\d+)$/.exec(typeof endpoint === "string" ? endpoint : "") ?? [];
  return { host: name || host, port: Number(number ?? port) };
};
type Protocols = Readonly<Record<"grpc" | "http", { readonly endpoint?: string } | null | undefined>>;
const collectors: Collector<Span>[] = [];
for (const receiver of tracing.receivers ?? []) {
  const { protocols } = (config.receivers?.[receiver] ?? {}) as { readonly protocols?: Protocols };
  if (protocols === undefined) fail(`receivers: ${receiver} has no protocols`);
  if (protocols.grpc !== undefined) {
    collectors.push(await otlpGrpcCollector(at(protocols.grpc?.endpoint, "127.0.0.1", 4317)));
  }
  if (protocols.http !== undefined) {
    collectors.push(await otlpHttpCollector("/v1/traces", at(protocols.http?.endpoint, "127.0.0.1", 4318)));
  }
}
if (config.service?.extensions?.includes("health_check")) {
  const { host, port } = at(config.extensions?.health_check?.endpoint, "127.0.0.1", 13133);
  createServer((_, response) => response.end("{}")).listen(port, host);
}
console.log("Everything is ready. Begin running and processing data.");

const told = new Map<Collector<Span>, number>();
setInterval(() => {
  for (const collector of collectors) {
    const spans = collector.received.slice(told.get(collector) ?? 0);
    told.set(collector, collector.received.length);
    for (const span of spans) console.log(`span ${JSON.stringify(span)}`);
  }
}, 50);
process.once("SIGTERM", () => process.exit(0));
