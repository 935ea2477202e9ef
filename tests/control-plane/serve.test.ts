import assert from "node:assert/strict";
import { type ControlPlane, runAppmesh, startControlPlane } from "../support/control-plane.js";
import { RawConnection } from "../support/raw-http.js";

const nodes = "/v20190125/meshes/shop/virtualNodes";
const spec = (n: number) => ({
  serviceDiscovery: { dns: { hostname: `host-${n}` } },
  listeners: [{ portMapping: { port: 80, protocol: "http" } }],
});

describe("appmesh serve", function () {
  this.timeout(180_000);

  it("has everything that it answered after kill -9 in mid-writes, and no half of anything", async () => {
    let controlPlane = await startControlPlane();
    assert.equal((await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" })).status, 200);
    const answered = new Map<string, object>();
    for (const answersBeforeKill of [1, 25, 60]) {
      const target = answered.size + answersBeforeKill;
      const { data } = controlPlane;
      let failed = false;
      // Four writers, each of which goes on until the process is gone, or one of them has failed.
      await Promise.all(
        [0, 1, 2, 3].map(async (writer) => {
          for (let n = 0; !failed; n++) {
            const virtualNodeName = `node-${target}-${writer}-${n}`;
            try {
              const { status, body } = await controlPlane.call("PUT", nodes, {
                virtualNodeName,
                spec: spec(n),
              });
              assert.equal(status, 200);
              answered.set(virtualNodeName, body);
            } catch (error) {
              if (!(error instanceof assert.AssertionError)) return;
              failed = true;
              throw error;
            }
            if (answered.size === target) await controlPlane.kill9();
          }
        }),
      );
      controlPlane = await startControlPlane({ data });
      for (const [name, body] of answered) {
        assert.deepEqual((await controlPlane.call("GET", `${nodes}/${name}`)).body, body);
      }
      const listed = await everyName(controlPlane);
      assert.deepEqual(
        [...answered.keys()].filter((name) => !listed.includes(name)),
        [],
      );
      // At most what each writer had asked for, and was not answered, may be there beyond that.
      const beyond = listed.filter((name) => !answered.has(name));
      assert.ok(beyond.length <= 4, `${beyond}`);
      for (const name of beyond) {
        const { status, body } = await controlPlane.call("GET", `${nodes}/${name}`);
        assert.deepEqual([status, body.spec], [200, spec(Number(name.split("-")[3]))]);
        answered.set(name, body);
      }
    }
    await controlPlane.stop();
  });

  it("loses nothing of concurrent writers", async () => {
    const controlPlane = await startControlPlane();
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    await controlPlane.call("PUT", nodes, { virtualNodeName: "shared", spec: {} });
    const writers = 8;
    const rounds = 12;
    const versions = await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const seen: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const virtualNodeName = `node-${writer}-${round}`;
          const created = await controlPlane.call("PUT", nodes, { virtualNodeName, spec: spec(round) });
          const updated = await controlPlane.call("PUT", `${nodes}/shared`, {
            spec: spec(writer * 100 + round),
          });
          const deleted =
            round % 3 === 2
              ? await controlPlane.call("DELETE", `${nodes}/node-${writer}-${round - 1}`)
              : undefined;
          assert.deepEqual([created.status, updated.status, deleted?.status ?? 200], [200, 200, 200]);
          seen.push(updated.body.metadata.version);
        }
        return seen;
      }),
    );
    // Each update of the one node that all write to got a version of its own, and none is missing.
    const all = versions.flat().sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: writers * rounds }, (_, n) => n + 2),
    );
    const expected = ["shared"];
    for (let writer = 0; writer < writers; writer++) {
      for (let round = 0; round < rounds; round++)
        if (round % 3 !== 1) expected.push(`node-${writer}-${round}`);
    }
    assert.deepEqual(await everyName(controlPlane), expected.sort());
    await controlPlane.stop();
    // And the store holds what the API showed.
    const again = await startControlPlane({ data: controlPlane.data });
    assert.deepEqual(await everyName(again), expected.sort());
    const { body } = await again.call("GET", `${nodes}/shared`);
    assert.equal(body.metadata.version, writers * rounds + 1);
    await again.stop();
  });

  it("tells of its health, and stops cleanly on SIGINT as on SIGTERM", async () => {
    const controlPlane = await startControlPlane();
    assert.deepEqual((await controlPlane.call("GET", "/healthz")).body, { status: "ok" });
    assert.deepEqual((await controlPlane.call("GET", "/readyz")).body, { status: "ready" });
    assert.deepEqual((await controlPlane.call("GET", "/v1/proxies")).body, { proxies: [] });
    await controlPlane.stop("SIGINT");
    assert.match(controlPlane.log(), /"signal":"SIGINT".*"stopping"/);
  });

  it("is of the region in APPMESH_REGION, as its commands are", async () => {
    for (const [APPMESH_REGION, region] of [
      ["eu-central-1", "eu-central-1"],
      ["", "us-east-1"],
    ] as const) {
      const controlPlane = await startControlPlane({ env: { APPMESH_REGION } });
      const { body } = await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
      assert.equal(body.metadata.arn, `arn:aws:appmesh:${region}:000000000000:mesh/shop`);
      await controlPlane.stop();
    }
    const { code, stderr } = await runAppmesh("keys", ["list"], { env: { APPMESH_REGION: "eu central" } });
    assert.deepEqual(
      [code, stderr],
      [
        1,
        "error: option '--region <region>' value 'eu central' from env 'APPMESH_REGION' is invalid. It must be a name of lowercase letters, digits and hyphens, such as eu-central-1.\n",
      ],
    );
  });

  it("stops cleanly, too, while a request does not come whole", async () => {
    const controlPlane = await startControlPlane();
    const connection = await RawConnection.open(controlPlane.api);
    connection.send("PUT /v20190125/meshes HTTP/1.1\r\nhost: mesh\r\ncontent-length: 100\r\n\r\n{");
    // It is being read once one behind it is answered.
    assert.equal((await controlPlane.call("GET", "/healthz")).status, 200);
    await controlPlane.stop();
    await connection.ended();
    const said = controlPlane
      .log()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { level: number; msg: string });
    assert.deepEqual(
      said.filter(({ level, msg }) => level >= 40 || msg.startsWith("stop")).map(({ msg }) => msg),
      ["stopping", "requests that have not come whole or have not been answered are cut off", "stopped"],
    );
  });
});

async function everyName(controlPlane: ControlPlane): Promise<string[]> {
  const names: string[] = [];
  let query = "";
  do {
    const { body } = await controlPlane.call("GET", `${nodes}?limit=7${query}`);
    names.push(...body.virtualNodes.map((node: { virtualNodeName: string }) => node.virtualNodeName));
    query = body.nextToken ? `&nextToken=${body.nextToken}` : "";
  } while (query !== "");
  return names;
}
