import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { AdsClient } from "../support/ads-client.js";
import {
  type ControlPlane,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { exchange, RawConnection } from "../support/raw-http.js";
import { until } from "../support/sidecar.js";

const meshes = "/v20190125/meshes";
const node = (hostname: string) => ({
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  serviceDiscovery: { dns: { hostname } },
});

/** The value of one series; 0 where there is none. */
async function value(server: ControlPlane, series: string): Promise<number> {
  const text = await (await fetch(`${server.api}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

describe("appmesh serve tells of itself", function () {
  this.timeout(180_000);

  it("what is asked of it, what it keeps, and what its proxies are told, take and refuse", async () => {
    const server = await startControlPlane();
    const is = async (expected: Record<string, number>) => {
      const actual: Record<string, number> = {};
      for (const series of Object.keys(expected)) actual[series] = await value(server, series);
      assert.deepEqual(actual, expected);
    };
    await server.call("PUT", meshes, { meshName: "shop" });
    await server.call("PUT", meshes, { meshName: "shop" });
    const path = `${meshes}/shop/virtualNodes`;
    await server.call("PUT", path, { virtualNodeName: "web", spec: node("web.internal") });
    await is({
      'appmesh_api_requests_total{operation="CreateMesh",status="200",error=""}': 1,
      'appmesh_api_requests_total{operation="CreateMesh",status="409",error="ConflictException"}': 1,
      'appmesh_api_requests_total{operation="CreateVirtualNode",status="200",error=""}': 1,
      'appmesh_api_request_duration_seconds_count{operation="CreateMesh"}': 2,
      'appmesh_entities{kind="mesh"}': 1,
      'appmesh_entities{kind="virtualNode"}': 1,
      'appmesh_entities{kind="route"}': 0,
      appmesh_store_revision: 2,
      'appmesh_store_commit_duration_seconds_count{outcome="committed"}': 2,
      appmesh_translation_duration_seconds_count: 0,
    });

    const [host = "", port] = server.xds.split(":");
    const clients = ["web", "missing"].map((name) => {
      const client = new AdsClient({ host, port: Number(port) }, "incremental");
      client.send({ nodeId: `mesh/shop/virtualNode/${name}`, kind: "clusters" });
      return client;
    });
    const [web] = clients as [AdsClient];
    const first = await web.next();
    web.send({ kind: "clusters", nonce: first.nonce });
    const connected = 'appmesh_xds_proxies{kind="virtualNode",protocol="incremental",state=';
    const acknowledged = 'appmesh_xds_acknowledgement_duration_seconds_count{kind="clusters"}';
    await until(async () => (await value(server, acknowledged)) === 1);
    await until(async () => (await value(server, `${connected}"waiting"}`)) === 1);
    await is({
      [`${connected}"current"}`]: 1,
      'appmesh_xds_responses_total{kind="clusters",protocol="incremental"}': 1,
      'appmesh_xds_resources_sent_total{kind="clusters",protocol="incremental"}': first.names.length,
      'appmesh_xds_sent_bytes_total{kind="clusters",protocol="incremental"}': first.bytes,
      'appmesh_xds_rejections_total{kind="clusters"}': 0,
      appmesh_translation_errors_total: 0,
    });

    // The application's cluster is named by its port.
    const spec = { ...node("web.internal"), listeners: [{ portMapping: { port: 8081, protocol: "http" } }] };
    await server.call("PUT", `${path}/web`, { spec });
    const second = await web.next();
    web.send({ kind: "clusters", nonce: second.nonce, error: "no such thing" });
    await until(async () => (await value(server, 'appmesh_xds_rejections_total{kind="clusters"}')) === 1);
    await is({ [acknowledged]: 1, appmesh_store_revision: 3 });
    for (const client of clients) client.close();
    await until(async () => (await value(server, `${connected}"current"}`)) === 0);
    await is({ [`${connected}"waiting"}`]: 0 });
    await server.stop();
  });

  it("that it is not ready, where its store is taken away", async () => {
    const server = await startControlPlane();
    const ready = async () => {
      const { status, body } = await server.call("GET", "/readyz");
      return [status, body];
    };
    assert.deepEqual(await ready(), [200, { status: "ready" }]);
    rmSync(join(server.data, "appmesh.db"));
    await until(async () => (await ready())[0] === 503);
    assert.deepEqual(await ready(), [503, { reason: "the store cannot be written now; the log says why" }]);
    assert.match(
      server.log(),
      /"level":50[^\n]*not ready: [^\n]*appmesh\.db was moved or deleted under this process/,
    );
    assert.deepEqual((await server.call("GET", "/healthz")).body, { status: "ok" });
    assert.equal((await server.call("GET", meshes)).status, 200);
    await server.stop();
  });

  it("that it is not ready, while it stops and still answers what it was asked", async () => {
    const server = await startControlPlane({ args: ["--metrics", "127.0.0.1:0"] });
    await until(() => server.log().includes('"msg":"ready"'));
    const [, metrics = ""] = /"metrics":"(http:[^"]+)\/metrics"/.exec(server.log()) ?? [];
    const connection = await RawConnection.open(server.api);
    const body = JSON.stringify({ meshName: "shop" });
    connection.send(`PUT ${meshes} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`);
    // Its head has been read once another request behind it on the same machine is answered.
    assert.equal((await fetch(`${server.api}/readyz`)).status, 200);
    const stopped = server.stop();
    const ready = async () => {
      const answer = await fetch(`${metrics}/readyz`);
      return [answer.status, await answer.json()];
    };
    await until(async () => (await ready())[0] === 503);
    assert.deepEqual(await ready(), [503, { reason: "the control plane is stopping" }]);
    connection.send(body);
    assert.equal((await connection.response())?.status, 200);
    await stopped;
  });

  it("to programs of its machine without a signature, and to web pages that only claim to be one not at all", async () => {
    const server = await startControlPlane({ accessKey: { accessKeyId: "AKID", secretAccessKey: "secret" } });
    assert.equal((await fetch(`${server.api}/metrics`)).status, 200);
    assert.equal((await fetch(`${server.api}/v1/proxies`)).status, 403);
    for (const path of ["/metrics?x", "/%6detrics"])
      assert.equal((await fetch(server.api + path)).status, 403, path);
    const rebound = await exchange(server.api, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert.deepEqual(
      [rebound?.status, rebound?.headers["x-amzn-errortype"]],
      [403, "MissingAuthenticationTokenException"],
    );
    await server.stop();
  });

  it("on a listener of its own, off the machine only to those who have a token", async () => {
    const args = ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--data", temporaryFolder()];
    assert.deepEqual(await runAppmesh("serve", [...args, "--metrics", "0.0.0.0:0"]), {
      code: 1,
      stdout: "",
      stderr:
        "appmesh serve: the metrics at 0.0.0.0:0 would be open to whoever reaches that address. Give a token in " +
        "APPMESH_METRICS_TOKEN, which Prometheus shows as its bearer token, or keep them on this machine by --metrics 127.0.0.1:9090\n",
    });
    const server = await startControlPlane({
      args: ["--metrics", "0.0.0.0:0"],
      env: { APPMESH_METRICS_TOKEN: "a-token" },
    });
    await until(() => server.log().includes('"msg":"ready"'));
    const [, port] = /"metrics":"http:\/\/0\.0\.0\.0:(\d+)\/metrics"/.exec(server.log()) ?? [];
    const metrics = `http://127.0.0.1:${port}/metrics`;
    assert.equal((await fetch(metrics)).status, 401);
    assert.equal((await fetch(metrics, { headers: { authorization: "Bearer a-token" } })).status, 200);
    assert.deepEqual(await (await fetch(`http://127.0.0.1:${port}/readyz`)).json(), { status: "ready" });
    assert.equal((await fetch(`http://127.0.0.1:${port}${meshes}`)).status, 404);
    assert.doesNotMatch(server.log(), /a-token/);
    await server.stop();
  });
});
