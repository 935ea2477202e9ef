import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { callThrough, type Echo } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { otlpGrpcCollector, otlpHttpCollector, xrayDaemon } from "../support/trace-collectors.js";

/** Answers with what it got. */
const app = `
  require("node:http").createServer(({ method, url, headers }, response) => {
    response.end(JSON.stringify({ server: "app", method, url, headers }));
  }).listen(Number(process.env.PORT), "127.0.0.1");
`;

describe("tracing", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let address: string;
  const sidecars: Sidecar[] = [];
  const closing: { close(): Promise<void> }[] = [];

  before(async () => {
    controlPlane = await startControlPlane();
    address = await loopbackAddress(8080);
    const put = async (path: string, body: object) => {
      const { status, body: answer } = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
      assert.equal(status, 200, JSON.stringify(answer));
    };
    await put("", { meshName: "shop" });
    await put("/shop/virtualNodes", {
      virtualNodeName: "catalog",
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: address } },
      },
    });
    await put("/shop/virtualServices", {
      virtualServiceName: "catalog.local",
      spec: { provider: { virtualNode: { virtualNodeName: "catalog" } } },
    });
    await put("/shop/virtualNodes", {
      virtualNodeName: "front",
      spec: { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] },
    });
  });
  after(() => controlPlane.stop());
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
    for (const closed of closing.splice(0)) await closed.close();
  });

  /** Both sidecars, traced as these arguments and this environment say; answers where front's way into the mesh is. */
  async function traced(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const front = await loopbackAddress();
    const start = async (node: string, at: string, command: readonly string[]) => {
      const common = ["--mesh", "shop", "--node", node, "--xds", controlPlane.xds, "--address", at];
      const sidecar = await Sidecar.start([...common, "--drain", "0", ...args], command, env);
      sidecars.push(sidecar);
      await sidecar.says("admin http");
    };
    await Promise.all([
      start("catalog", address, [process.execPath, "-e", app]),
      start("front", front, ["sleep", "1000"]),
    ]);
    await until(async () => (await call(`${front}:15001`)).status === 200);
    return `${front}:15001`;
  }
  const call = (proxy: string, headers: Record<string, string> = {}) =>
    callThrough(proxy, "http://catalog.local:8080/path", { headers });
  const echoed = async (proxy: string, headers: Record<string, string> = {}): Promise<Echo> =>
    JSON.parse((await call(proxy, headers)).body);

  const root = "1-5759e988-bd862e3fe1be46a994272793";
  const rootHeader = (sampled: 0 | 1) => `Root=${root};Parent=53995c3f42cd8ad8;Sampled=${sampled}`;

  it("tells the X-Ray daemon of each hop of a request, by App Mesh's names, configured as AWS's sidecar", async () => {
    const daemon = await xrayDaemon();
    closing.push(daemon);
    const proxy = await traced([], {
      ENABLE_ENVOY_XRAY_TRACING: "1",
      XRAY_DAEMON_PORT: String(daemon.port),
      XRAY_SAMPLING_RATE: "0",
    });
    const { headers } = await echoed(proxy, { "x-amzn-trace-id": rootHeader(1) });
    const mine = () => daemon.received.filter(({ segment }) => segment.trace_id === root);
    await until(() => mine().length === 2);
    const [front, catalog] = ["shop/front", "shop/catalog"].map((name) =>
      mine().find(({ segment }) => segment.name === name),
    );
    assert.ok(front && catalog);
    assert.deepEqual(front.header, { format: "json", version: 1 });
    assert.deepEqual(
      [front, catalog].map(({ segment }) => [segment.origin, segment.parent_id, segment.aws]),
      [
        [
          "AWS::AppMesh::Proxy",
          "53995c3f42cd8ad8",
          { app_mesh: { mesh_name: "shop", virtual_node_name: "front" } },
        ],
        [
          "AWS::AppMesh::Proxy",
          front.segment.id,
          { app_mesh: { mesh_name: "shop", virtual_node_name: "catalog" } },
        ],
      ],
    );
    assert.equal(catalog.segment.http?.request?.method, "GET");
    assert.equal(catalog.segment.http?.response?.status, 200);
    // The application gets the id of the segment that it is to continue.
    assert.equal(headers["x-amzn-trace-id"], `Root=${root};Parent=${catalog.segment.id};Sampled=1`);
  });

  it("leaves out what the caller's trace leaves out, and samples the rest", async () => {
    const daemon = await xrayDaemon();
    closing.push(daemon);
    const endpoint = `127.0.0.1:${daemon.port}`;
    const options = ["--tracing", "xray", "--tracing-endpoint", endpoint];
    const proxy = await traced([...options, "--tracing-sampling", "1", "--tracing-name", "mine"]);
    const { headers: unsampled } = await echoed(proxy, { "x-amzn-trace-id": rootHeader(0) });
    const { headers: sampled } = await echoed(proxy);
    const [, own] = /^Root=([^;]+);Parent=[^;]+;Sampled=1$/.exec(String(sampled["x-amzn-trace-id"])) ?? [];
    assert.ok(own, String(sampled["x-amzn-trace-id"]));
    const segments = () => daemon.received.filter(({ segment }) => segment.trace_id === own);
    await until(() => segments().length === 2);
    assert.deepEqual(
      segments().map(({ segment }) => segment.name),
      ["mine", "mine"],
    );
    assert.match(String(unsampled["x-amzn-trace-id"]), new RegExp(`^Root=${root};Parent=\\w+;Sampled=0$`));
    assert.deepEqual(
      daemon.received.filter(({ segment }) => segment.trace_id === root),
      [],
    );
  });

  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = (sampled: "00" | "01") => `00-${traceId}-00f067aa0ba902b7-${sampled}`;

  for (const [protocol, collect, endpoint, sampling] of [
    ["gRPC", otlpGrpcCollector, (port: number) => `grpc://127.0.0.1:${port}`, "0"],
    ["HTTP", () => otlpHttpCollector("/v1/traces"), (port: number) => `http://127.0.0.1:${port}`, "1"],
  ] as const) {
    it(`tells an OpenTelemetry collector of each hop of a request over ${protocol}, sampling ${sampling}`, async () => {
      const collector = await collect();
      closing.push(collector);
      const options = ["--tracing", "otel", "--tracing-endpoint", endpoint(collector.port)];
      const proxy = await traced([...options, "--tracing-sampling", sampling]);
      const { headers: own } = await echoed(proxy);
      // What the caller has decided goes first.
      const { headers } = await echoed(proxy, { traceparent: traceparent("01") });
      const { headers: unsampled } = await echoed(proxy, { traceparent: traceparent("00") });
      const mine = () => collector.received.filter((span) => span.traceId === traceId);
      await until(() => mine().length >= 2);
      const [front, catalog] = ["shop/front", "shop/catalog"].map((name) =>
        mine().find(({ service }) => service === name),
      );
      assert.ok(front && catalog);
      assert.equal(mine().length, 2);
      assert.deepEqual(
        [front, catalog].map(({ parentSpanId, kind }) => ({ parentSpanId, kind })),
        [
          { parentSpanId: "00f067aa0ba902b7", kind: 3 },
          { parentSpanId: front.spanId, kind: 2 },
        ],
      );
      // The application gets the ids that it is to continue.
      assert.equal(headers.traceparent, `00-${traceId}-${catalog.spanId}-01`);
      assert.match(String(unsampled.traceparent), new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
      const [, id, flag] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-(\d\d)$/.exec(String(own.traceparent)) ?? [];
      assert.equal(flag, `0${sampling}`);
      const others = () => collector.received.filter((span) => span.traceId === id);
      // Each of Envoy's workers sends its own, whenever it comes to it.
      if (sampling === "1") await until(() => others().length === 2);
      else assert.deepEqual(others(), []);
    });
  }
});
