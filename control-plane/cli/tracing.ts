import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Tracing } from "../bootstrap/tracing.js";
import { type Endpoint, parseEndpoint } from "../endpoint.js";

/** The options of commands that make a proxy trace. */
export interface TracingOptions {
  readonly tracing?: "xray" | "otel";
  readonly tracingEndpoint?: string;
  readonly tracingSampling?: number;
  readonly tracingName?: string;
}

export function addTracingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--tracing <tracer>",
        "trace requests to the X-Ray daemon or to an OpenTelemetry collector (default: xray where " +
          "ENABLE_ENVOY_XRAY_TRACING is 1)",
      ).choices(["xray", "otel"]),
    )
    .option(
      "--tracing-endpoint <where>",
      "IP:PORT of the X-Ray daemon (default: 127.0.0.1:2000), or grpc://HOST:PORT or http://HOST:PORT/PATH of the " +
        "collector (default: grpc://127.0.0.1:4317)",
    )
    .addOption(
      new Option(
        "--tracing-sampling <rate>",
        "share of the requests that are traced, 0 to 1 (default: XRAY_SAMPLING_RATE for xray, else 0.05)",
      ).argParser(rate),
    )
    .option(
      "--tracing-name <name>",
      "name of the proxy in traces (default: XRAY_SEGMENT_NAME for xray, else MESH/NAME)",
    );
}

/** App Mesh's own. */
const defaultSamplingRate = 0.05;

/**
 * What the options say of tracing; where they say nothing, the environment variables of AWS's own sidecar image. Ends
 * the command where that makes no sense.
 */
export function tracingOf(
  options: TracingOptions,
  env: NodeJS.ProcessEnv,
  command: Command,
): Tracing | undefined {
  const tracer = options.tracing ?? (truthy(env.ENABLE_ENVOY_XRAY_TRACING) ? "xray" : undefined);
  if (tracer === undefined) {
    for (const [option, value] of [
      ["--tracing-endpoint", options.tracingEndpoint],
      ["--tracing-sampling", options.tracingSampling],
      ["--tracing-name", options.tracingName],
    ]) {
      if (value !== undefined) command.error(`error: ${option} is for --tracing xray or --tracing otel`);
    }
    return undefined;
  }
  try {
    return tracer === "xray" ? xray(options, env) : openTelemetry(options);
  } catch (error) {
    if (error instanceof InvalidArgumentError) command.error(`error: ${error.message}`);
    throw error;
  }
}

function xray(options: TracingOptions, env: NodeJS.ProcessEnv): Tracing {
  const manifest = env.XRAY_SAMPLING_RULE_MANIFEST;
  const segmentName = options.tracingName ?? env.XRAY_SEGMENT_NAME;
  return {
    kind: "xray",
    ...daemon(options, env),
    samplingRate: options.tracingSampling ?? environmentRate(env) ?? defaultSamplingRate,
    ...(manifest && options.tracingSampling === undefined ? { samplingRules: samplingRules(manifest) } : {}),
    ...(segmentName ? { segmentName } : {}),
  };
}

/** The variables are those of AWS's sidecar image and of X-Ray's SDKs. */
function daemon(
  { tracingEndpoint }: TracingOptions,
  env: NodeJS.ProcessEnv,
): { readonly address: string; readonly port: number } {
  const [source, text] =
    tracingEndpoint !== undefined
      ? ["--tracing-endpoint", tracingEndpoint]
      : ["AWS_XRAY_DAEMON_ADDRESS", env.AWS_XRAY_DAEMON_ADDRESS || "127.0.0.1"];
  const port = env.XRAY_DAEMON_PORT || "2000";
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new InvalidArgumentError(`XRAY_DAEMON_PORT is ${JSON.stringify(port)}: a port is 1 to 65535.`);
  }
  if (isIP(text) !== 0) return { address: text, port: Number(port) };
  const endpoint = parseEndpoint(text);
  const address = endpoint && endpoint.port > 0 ? endpoint.host : "";
  if (endpoint === undefined || isIP(address) === 0) {
    throw new InvalidArgumentError(
      `${source} is ${JSON.stringify(text)}: the X-Ray daemon is named by its IP address, as 127.0.0.1:2000, since ` +
        "Envoy looks no name up for it.",
    );
  }
  return { address, port: endpoint.port };
}

function environmentRate({ XRAY_SAMPLING_RATE: text }: NodeJS.ProcessEnv): number | undefined {
  if (!text) return undefined;
  try {
    return rate(text);
  } catch {
    throw new InvalidArgumentError(
      `XRAY_SAMPLING_RATE is ${JSON.stringify(text)}: it must be a number from 0 to 1, such as 0.05.`,
    );
  }
}

/** Envoy says nothing of rules that it cannot read, and goes by its own. */
function samplingRules(file: string): string {
  const refuse = (why: string) => {
    throw new InvalidArgumentError(`XRAY_SAMPLING_RULE_MANIFEST is ${JSON.stringify(file)}: ${why}.`);
  };
  let text = "";
  try {
    text = readFileSync(file, "utf8");
    if (JSON.parse(text)?.version !== 2) refuse("it must hold sampling rules of version 2");
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    refuse((error as Error).message);
  }
  return text;
}

function openTelemetry(options: TracingOptions): Tracing {
  const text = options.tracingEndpoint ?? "grpc://127.0.0.1:4317";
  // URLs of a scheme that nobody knows are taken apart in a way of their own.
  const [, protocol, rest] = /^(grpc|http):\/\/(.*)$/s.exec(text) ?? [];
  const url = protocol === undefined ? null : URL.parse(`http://${rest}`);
  const endpoint: Endpoint | undefined = url
    ? { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port || 80) }
    : undefined;
  const extra = url && (url.search || url.hash || url.username);
  if (endpoint === undefined || url === null || extra || (protocol === "grpc" && url.pathname !== "/")) {
    throw new InvalidArgumentError(
      `--tracing-endpoint is ${JSON.stringify(text)}: a collector is grpc://HOST:PORT, such as grpc://127.0.0.1:4317, or ` +
        "http://HOST:PORT/PATH, such as http://127.0.0.1:4318/v1/traces.",
    );
  }
  const segmentName = options.tracingName;
  return {
    kind: "otel",
    protocol: protocol as "grpc" | "http",
    host: endpoint.host,
    port: endpoint.port,
    path: url.pathname === "/" ? "/v1/traces" : url.pathname,
    samplingRate: options.tracingSampling ?? defaultSamplingRate,
    ...(segmentName ? { segmentName } : {}),
  };
}

function rate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1, such as 0.05.");
}

/** As AWS's sidecar image reads its variables. */
const truthy = (text: string | undefined) => /^(1|true|yes|on)$/i.test(text ?? "");
