// The traces of ECS tasks: Envoy sends them to the tracer beside it, whose containers the task definition has.
import assert from "node:assert/strict";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { collector } from "../support/tools.js";
import { otlpHttpCollector, type Segment, type Span } from "../support/trace-collectors.js";
import { answers, application, callCatalog, Shop } from "./shop.js";

describe("traces of ECS tasks", function () {
  this.timeout(180_000);
  let shop: Shop;
  let tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    shop = await Shop.open();
    await shop.createMesh();
  });
  after(() => shop?.close());
  afterEach(async function () {
    if (this.currentTest?.state === "failed") {
      for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
    }
    for (const task of tasks.splice(0)) task.kill();
  });

  /** What the tracer of a task has got, of the lines that begin with a word. */
  const told = <T>(task: RunningGroup, tracer: string, word: string): readonly T[] =>
    task
      .log(tracer)
      .split("\n")
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => JSON.parse(line.slice(word.length + 1)));

  it("arrive at the OpenTelemetry collector of each, in one trace", async () => {
    const tracing = { tracing: { samplingRate: 1 } };
    // A collector with metrics of its own would have this port before the application comes.
    const metrics = application("front", {
      name: "metrics",
      portMappings: [],
      environment: [{ name: "PORT", value: "8888" }],
    });
    tasks = await shop.service(
      ["catalog-v1", tracing],
      ["front", { ...tracing, containers: [application("front"), metrics] }],
    );
    const [catalog, front] = tasks as [RunningGroup, RunningGroup];
    await answers(front, "catalog-v1");
    assert.deepEqual(front.status["otel-collector"], { state: "RUNNING", health: "HEALTHY", restarts: 0 });
    assert.match(front.log("metrics"), / listens on 8888 /);
    // As a client that traces by itself: the decision is its own.
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    await callCatalog(front, "/", { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    const spans = (task: RunningGroup) =>
      told<Span>(task, "otel-collector", "span").filter((span) => span.traceId === traceId);
    await until(() => spans(front).length >= 2 && spans(catalog).length >= 1);
    const [into, out] = [2, 3].map((kind) => spans(front).find((span) => span.kind === kind));
    const server = spans(catalog).find((span) => span.kind === 2);
    assert.deepEqual(
      [into, out, server].map((span) => [span?.service, span?.parentSpanId]),
      [
        ["shop/front", "00f067aa0ba902b7"],
        // The application passes the trace on as it gets it.
        ["shop/front", into?.spanId],
        ["shop/catalog-v1", out?.spanId],
      ],
    );
  });

  it("are sent on by the collector as its user has it, to where they are kept", async function () {
    if ((await collector()) === undefined) {
      console.log("      left out: there is no Go to build the OpenTelemetry collector with");
      this.skip();
    }
    const { host } = shop.cluster.network;
    const kept = await otlpHttpCollector("/v1/traces", { host });
    try {
      const config = JSON.stringify({
        extensions: { health_check: { endpoint: "127.0.0.1:13133" } },
        receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } },
        processors: { resourcedetection: { detectors: ["env"] }, batch: {} },
        exporters: { otlphttp: { endpoint: `http://${host}:${kept.port}` } },
        service: {
          extensions: ["health_check"],
          pipelines: {
            traces: {
              receivers: ["otlp"],
              processors: ["resourcedetection", "batch"],
              exporters: ["otlphttp"],
            },
          },
        },
      });
      tasks = await shop.service(
        ["catalog-v1", { tracing: { samplingRate: 1, config } }],
        ["front", { tracing: { samplingRate: 1, config } }],
      );
      const [, front] = tasks as [RunningGroup, RunningGroup];
      await answers(front, "catalog-v1");
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4737";
      await callCatalog(front, "/", { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
      const spans = () => kept.received.filter((span) => span.traceId === traceId);
      await until(() => spans().length >= 3);
      assert.deepEqual(
        spans()
          .map(({ service, kind }) => `${service} ${kind}`)
          .sort(),
        ["shop/catalog-v1 2", "shop/front 2", "shop/front 3"],
      );
    } finally {
      await kept.close();
    }
  });

  it("arrive at the X-Ray daemon of each, in one trace", async () => {
    const tracing = { tracing: { tracer: "xray", samplingRate: 1 } } as const;
    tasks = await shop.service(["catalog-v1", tracing], ["front", tracing]);
    const [catalog, front] = tasks as [RunningGroup, RunningGroup];
    await answers(front, "catalog-v1");
    const root = "1-5759e988-bd862e3fe1be46a994272793";
    await callCatalog(front, "/", { "x-amzn-trace-id": `Root=${root};Parent=53995c3f42cd8ad8;Sampled=1` });
    const segments = (task: RunningGroup) =>
      told<Segment>(task, "xray-daemon", "segment").filter((segment) => segment.trace_id === root);
    await until(() => segments(front).length >= 2 && segments(catalog).length >= 1);
    assert.deepEqual(
      [...new Set([...segments(front), ...segments(catalog)].map(({ name }) => name))].sort(),
      ["shop/catalog-v1", "shop/front"],
    );
    const ids = new Set(segments(front).map(({ id }) => id));
    assert.ok(ids.has(segments(catalog)[0]?.parent_id ?? ""));
    assert.deepEqual(
      [front, catalog].map((task) => /^refused.*/m.exec(task.log("xray-daemon"))),
      [null, null],
    );
  });

  it("arrive at a collector in the daemon's place, which reads of them what AWS does", async function () {
    if ((await collector()) === undefined) {
      console.log("      left out: there is no Go to build the OpenTelemetry collector with");
      return this.skip();
    }
    const endpoint = "127.0.0.1:2000";
    const config = {
      receivers: { awsxray: { endpoint, proxy_server: { endpoint, region: "eu-west-1" } } },
      exporters: { awsxray: {} },
      service: {
        telemetry: { metrics: { level: "none" } },
        pipelines: { traces: { receivers: ["awsxray"], exporters: ["awsxray"] } },
      },
    };
    const tracing = {
      tracer: "xray",
      samplingRate: 1,
      image: "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0",
      container: {
        command: ["--config=env:AOT_CONFIG_CONTENT"],
        environment: [
          { name: "AOT_CONFIG_CONTENT", value: JSON.stringify(config) },
          // Without credentials of a task, its proxy for samplers of X-Ray does not start.
          { name: "AWS_ACCESS_KEY_ID", value: "none" },
          { name: "AWS_SECRET_ACCESS_KEY", value: "none" },
        ],
      },
    } as const;
    tasks = await shop.service(["catalog-v1", { tracing }], ["front", { tracing }]);
    const [catalog, front] = tasks as [RunningGroup, RunningGroup];
    await answers(front, "catalog-v1");
    const traceId = "5759e988bd862e3fe1be46a994272794";
    const root = `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=53995c3f42cd8ad8;Sampled=1`;
    await callCatalog(front, "/", { "x-amzn-trace-id": root });
    const spans = (task: RunningGroup) =>
      told<Span>(task, "xray-daemon", "span").filter((span) => span.traceId === traceId);
    await until(() => spans(front).length >= 2 && spans(catalog).length >= 1);
    assert.deepEqual(
      [front, catalog].map((task) => [...new Set(spans(task).map(({ service }) => service))]),
      [["shop/front"], ["shop/catalog-v1"]],
    );
    const ids = new Set(spans(front).map(({ spanId }) => spanId));
    assert.ok(ids.has(spans(catalog)[0]?.parentSpanId ?? ""));
    assert.doesNotMatch(front.log("xray-daemon"), /conversion failed/);
  });
});
