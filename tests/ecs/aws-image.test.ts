// ECS tasks with AWS's own sidecar image, as those have it who keep it: it is told by APPMESH_… where the control plane
// is, and proves nothing to it, so that it needs a network that is trusted. An agent of ours stands for AWS's.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/control-plane.js";
import { freePort } from "../support/loopback.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import { awsTrust, type Image, meshImages } from "../support/tasks/images.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import type { Segment } from "../support/trace-collectors.js";
import { answers, callCatalog, Shop, stat, Traffic } from "./shop.js";

describe("ECS tasks with AWS's own sidecar image", function () {
  this.timeout(180_000);
  let shop: Shop;
  let trusted: { readonly host: string; readonly port: number };
  let tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    const port = await freePort();
    const images: Record<string, Image> = {};
    shop = await Shop.open({ images, args: (host) => ["--xds-trusted-network", `${host}:${port}`] });
    trusted = { host: shop.cluster.network.host, port };
    await shop.createMesh();
    // The image trusts the public authorities. One made from it trusts the control plane's, too.
    const { trust: authorities = "" } = await shop.issue({ virtualNode: "front" }, "token");
    const trust = join(temporaryFolder(), "cert.pem");
    writeFileSync(trust, authorities);
    const image = (await meshImages())("aws-appmesh-envoy:1");
    images["shop/aws-appmesh-envoy"] = { ...image, programs: { ...image?.programs, [awsTrust]: trust } };
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  const withAgent = (image = "shop/aws-appmesh-envoy:1") =>
    ({
      controlPlane: trusted,
      envoy: {
        variant: "appMesh",
        image,
        // The drain has come before.
        container: { environment: [{ name: "LISTENER_DRAIN_WAIT_TIME_S", value: "1" }] },
      },
      tracing: { tracer: "xray", samplingRate: 1 },
      drainSeconds: 7,
    }) as const;

  it("are served beside those with plain Envoy", async () => {
    tasks = await shop.service(["catalog-v1", withAgent()], ["front"]);
    const [catalog, front] = tasks as [RunningGroup, RunningGroup];
    await answers(front, "catalog-v1");
    assert.equal(catalog.status.envoy?.health, "HEALTHY");
    const completed = "http.ingress.downstream_rq_completed";
    const before = await stat(catalog, completed);
    assert.equal(await callCatalog(front), "catalog-v1");
    await until(async () => (await stat(catalog, completed)) === before + 1);
    await until(() => /^segment /m.test(catalog.log("xray-daemon")));
    const segment: Segment = JSON.parse(/^segment (.*)$/m.exec(catalog.log("xray-daemon"))?.[1] ?? "{}");
    assert.equal(segment.name, "shop/catalog-v1");
    const { output } = await catalog.container("envoy").run(["curl", "-s", "http://127.0.0.1:9902/status"]);
    assert.deepEqual(JSON.parse(output), { envoyConnectionState: "CONNECTED", healthStatus: "HEALTHY" });
  });

  it("are drained as the others", async () => {
    const [old, front] = tasks as [RunningGroup, RunningGroup];
    const traffic = new Traffic(() => callCatalog(front));
    const next = await shop.start("catalog-v1", { ...withAgent(), task: "next" });
    tasks.push(next);
    await next.steady();
    shop.cluster.register("catalog-v1.tasks", next);
    await old.stop();
    await until(async () => (await stat(next, "http.ingress.downstream_rq_completed")) > 0);
    await traffic.more("catalog-v1");
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog-v1"]);
  });

  it("serve nothing where the image does not trust the control plane", async () => {
    const image = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod";
    const task = await shop.start("catalog-v2", { ...withAgent(image), task: "distrustful" });
    tasks.push(task);
    await until(() => /gRPC config stream to \S+ closed: 1[34]/.test(task.log("envoy")));
    assert.deepEqual(task.status.app, { state: "PENDING", health: "UNKNOWN", restarts: 0 });
  });
});
