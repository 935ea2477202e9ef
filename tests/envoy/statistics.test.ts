import assert from "node:assert/strict";
import { connect } from "node:net";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { callAt, callThrough, echoServer, greetingServer } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { heard } from "../support/redirected.js";
import { Sidecar, until } from "../support/sidecar.js";

/** Names and tags by which App Mesh's users built their dashboards and alarms. */
describe("statistics", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let catalog: string;
  let front: string;
  const sidecars: Sidecar[] = [];
  const closing: { close(): Promise<void> }[] = [];

  const put = async (path: string, body: object) => {
    const { status, body: answer } = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
    assert.equal(status, 200, JSON.stringify(answer));
  };
  before(async () => {
    controlPlane = await startControlPlane();
    catalog = await loopbackAddress(8080, 3306);
    front = await loopbackAddress(8080);
    await put("", { meshName: "shop" });
    await put("/shop/virtualNodes", {
      virtualNodeName: "catalog",
      spec: {
        listeners: [
          { portMapping: { port: 8080, protocol: "http" } },
          { portMapping: { port: 3306, protocol: "tcp" } },
        ],
        serviceDiscovery: { dns: { hostname: catalog } },
      },
    });
    await put("/shop/virtualServices", {
      virtualServiceName: "catalog.local",
      spec: { provider: { virtualNode: { virtualNodeName: "catalog" } } },
    });
    await put("/shop/virtualNodes", {
      virtualNodeName: "front",
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: front } },
        backends: [{ virtualService: { virtualServiceName: "catalog.local" } }],
      },
    });
    const [web, db] = [await echoServer("web"), await greetingServer("hello\n")];
    closing.push(web, db);
    const start = async (node: string, ...args: string[]) => {
      const common = ["--mesh", "shop", "--node", node, "--xds", controlPlane.xds, "--drain", "0"];
      const sidecar = await Sidecar.start([...common, ...args], ["sleep", "1000"]);
      sidecars.push(sidecar);
      await sidecar.says("admin http");
    };
    const ports = ["--app-port", `8080:${web.port}`];
    await start("catalog", "--address", catalog, ...ports, "--app-port", `3306:${db.port}`);
    await start("front", "--address", front, ...ports);
  });
  after(async () => {
    for (const sidecar of sidecars) {
      sidecar.kill("SIGTERM");
      await sidecar.ended;
    }
    for (const closed of closing) await closed.close();
    await controlPlane?.stop();
  });

  /** The samples of a metric, without what has nothing to do with traffic. */
  async function samples(sidecar: number, metric: string): Promise<string[]> {
    const answer = await fetch(`http://${sidecars[sidecar]?.admin()}/stats/prometheus`);
    return (await answer.text()).split("\n").filter((line) => line.startsWith(`${metric}{`));
  }

  it("carry the mesh and the virtual node; those of several listeners their protocol and port", async () => {
    assert.equal((await callAt(`${catalog}:8080`, "/")).status, 200);
    assert.equal((await callAt(`${front}:8080`, "/")).status, 200);
    assert.equal(await heard(connect(3306, catalog), "\n"), "hello\n");
    const tags = (node: string) => `appmesh_mesh="shop",appmesh_virtual_node="${node}"`;
    const several = (protocol: string, port: number) =>
      `${tags("catalog")},appmesh_listener_protocol="${protocol}",appmesh_listener_port="${port}"`;
    await until(async () => (await samples(0, "envoy_tcp_downstream_cx_total")).length > 0);
    assert.deepEqual(
      [
        (await samples(0, "envoy_http_downstream_rq_total")).filter((line) => line.includes('"ingress"')),
        await samples(0, "envoy_tcp_downstream_cx_total"),
        (await samples(1, "envoy_http_downstream_rq_total")).filter((line) => line.includes('"ingress"')),
      ].map((lines) => lines.map(sorted)),
      [
        [
          `envoy_http_downstream_rq_total{${several("http", 8080)},envoy_http_conn_manager_prefix="ingress"} 1`,
        ],
        [`envoy_tcp_downstream_cx_total{${several("tcp", 3306)},envoy_tcp_prefix="ingress"} 1`],
        [`envoy_http_downstream_rq_total{${tags("front")},envoy_http_conn_manager_prefix="ingress"} 1`],
      ].map((lines) => lines.map(sorted)),
    );
  });

  it("of what is called carry App Mesh's names of clusters", async () => {
    assert.equal((await callThrough(`${front}:15001`, "http://catalog.local:8080/")).status, 200);
    const named =
      (metric: string, more = "") =>
      async () =>
        (await samples(1, metric)).filter(
          (line) =>
            line.includes('envoy_cluster_name="cds_egress_shop_catalog_http_8080"') && line.includes(more),
        );
    const total = named("envoy_cluster_upstream_rq_total");
    await until(async () => (await total()).length === 1);
    assert.equal(
      sorted((await total())[0] as string),
      sorted(
        'envoy_cluster_upstream_rq_total{appmesh_mesh="shop",appmesh_virtual_node="front",' +
          'envoy_cluster_name="cds_egress_shop_catalog_http_8080"} 1',
      ),
    );
    assert.equal((await named("envoy_cluster_upstream_rq_xx", 'envoy_response_code_class="2"')()).length, 1);
  });
});

/** A sample with its tags in the order of their names. */
const sorted = (sample: string): string =>
  sample.replace(/\{(.*)\}/, (_, tags: string) => `{${tags.split(",").sort().join(",")}}`);
