import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import type { Tracing } from "../bootstrap/tracing.js";
import { addTracingOptions, type TracingOptions, tracingOf } from "./tracing.js";

/** What a command line and an environment make of tracing; what they make of nothing is an error's text. */
function read(args: string, env: NodeJS.ProcessEnv = {}): Tracing | string | undefined {
  let result: Tracing | undefined;
  let said = "";
  const command = addTracingOptions(new Command("appmesh"))
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text) })
    .action((options: TracingOptions, self: Command) => {
      result = tracingOf(options, env, self);
    });
  try {
    command.parse(args.split(" ").filter(Boolean), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return said.trim();
  }
  return result;
}

describe("the options of tracing", () => {
  const xray = { kind: "xray", address: "127.0.0.1", port: 2000, samplingRate: 0.05 };
  const otel = {
    kind: "otel",
    protocol: "grpc",
    host: "127.0.0.1",
    port: 4317,
    path: "/v1/traces",
    samplingRate: 0.05,
  };

  it("trace nothing unless they are asked to", () => {
    assert.equal(read(""), undefined);
    assert.equal(read("", { ENABLE_ENVOY_XRAY_TRACING: "0", XRAY_DAEMON_PORT: "3000" }), undefined);
  });

  it("tell the X-Ray daemon", () => {
    assert.deepEqual(read("--tracing xray"), xray);
    assert.deepEqual(
      read("--tracing xray --tracing-endpoint [::1]:3000 --tracing-sampling 1 --tracing-name mine"),
      { kind: "xray", address: "::1", port: 3000, samplingRate: 1, segmentName: "mine" },
    );
  });

  it("take the environment of AWS's own sidecar image", () => {
    const on = { ENABLE_ENVOY_XRAY_TRACING: "1" };
    assert.deepEqual(read("", on), xray);
    assert.deepEqual(
      read("", { ...on, XRAY_DAEMON_PORT: "3000", XRAY_SAMPLING_RATE: "0.25", XRAY_SEGMENT_NAME: "mine" }),
      { ...xray, port: 3000, samplingRate: 0.25, segmentName: "mine" },
    );
    assert.deepEqual(read("", { ...on, AWS_XRAY_DAEMON_ADDRESS: "10.0.0.1" }), {
      ...xray,
      address: "10.0.0.1",
    });
    assert.deepEqual(read("", { ...on, AWS_XRAY_DAEMON_ADDRESS: "10.0.0.1:99", XRAY_DAEMON_PORT: "3000" }), {
      ...xray,
      address: "10.0.0.1",
      port: 99,
    });
    // What is said on the command line goes first.
    assert.deepEqual(read("--tracing-sampling 0", { ...on, XRAY_SAMPLING_RATE: "0.25" }), {
      ...xray,
      samplingRate: 0,
    });
    assert.deepEqual(read("--tracing otel", on), otel);
  });

  it("take sampling rules from a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-rules-"));
    try {
      const file = join(folder, "rules.json");
      const env = { ENABLE_ENVOY_XRAY_TRACING: "1", XRAY_SAMPLING_RULE_MANIFEST: file };
      const rules = '{"version": 2, "default": {"fixed_target": 0, "rate": 1}, "rules": []}';
      writeFileSync(file, rules);
      assert.deepEqual(read("", env), { ...xray, samplingRules: rules });
      writeFileSync(file, '{"version": 1}');
      assert.equal(
        read("", env),
        `error: XRAY_SAMPLING_RULE_MANIFEST is "${file}": it must hold sampling rules of version 2.`,
      );
      writeFileSync(file, "{");
      assert.match(String(read("", env)), /^error: XRAY_SAMPLING_RULE_MANIFEST is ".*": .*JSON/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("tell an OpenTelemetry collector", () => {
    assert.deepEqual(read("--tracing otel"), otel);
    assert.deepEqual(read("--tracing otel --tracing-endpoint grpc://[::1]:99"), {
      ...otel,
      host: "::1",
      port: 99,
    });
    assert.deepEqual(read("--tracing otel --tracing-endpoint http://collector:4318 --tracing-name mine"), {
      ...otel,
      protocol: "http",
      host: "collector",
      port: 4318,
      segmentName: "mine",
    });
    assert.deepEqual(read("--tracing otel --tracing-endpoint http://collector/otlp/v1/traces"), {
      ...otel,
      protocol: "http",
      host: "collector",
      port: 80,
      path: "/otlp/v1/traces",
    });
  });

  it("say what they cannot be", () => {
    const collector =
      "a collector is grpc://HOST:PORT, such as grpc://127.0.0.1:4317, or http://HOST:PORT/PATH, such as " +
      "http://127.0.0.1:4318/v1/traces.";
    const daemon =
      "the X-Ray daemon is named by its IP address, as 127.0.0.1:2000, since Envoy looks no name up for it.";
    const on = { ENABLE_ENVOY_XRAY_TRACING: "1" };
    assert.deepEqual(
      [
        read("--tracing-sampling 1"),
        read("--tracing zipkin"),
        read("--tracing xray --tracing-sampling 1.5"),
        read("--tracing xray --tracing-endpoint daemon:2000"),
        read("--tracing otel --tracing-endpoint https://collector:4318"),
        read("--tracing otel --tracing-endpoint grpc://collector:4317/path"),
        read("", { ...on, AWS_XRAY_DAEMON_ADDRESS: "xray.local" }),
        read("", { ...on, XRAY_DAEMON_PORT: "many" }),
        read("", { ...on, XRAY_SAMPLING_RATE: "5%" }),
      ],
      [
        "error: --tracing-sampling is for --tracing xray or --tracing otel",
        "error: option '--tracing <tracer>' argument 'zipkin' is invalid. Allowed choices are xray, otel.",
        "error: option '--tracing-sampling <rate>' argument '1.5' is invalid. It must be a number from 0 to 1, such as 0.05.",
        `error: --tracing-endpoint is "daemon:2000": ${daemon}`,
        `error: --tracing-endpoint is "https://collector:4318": ${collector}`,
        `error: --tracing-endpoint is "grpc://collector:4317/path": ${collector}`,
        `error: AWS_XRAY_DAEMON_ADDRESS is "xray.local": ${daemon}`,
        'error: XRAY_DAEMON_PORT is "many": a port is 1 to 65535.',
        'error: XRAY_SAMPLING_RATE is "5%": it must be a number from 0 to 1, such as 0.05.',
      ],
    );
  });
});
