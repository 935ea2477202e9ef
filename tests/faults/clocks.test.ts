// Control planes whose clocks are nearly five minutes ahead of those of proxies, callers and other control planes, or behind
// them: what is signed, issued and checked still holds, and no request is lost.
import assert from "node:assert/strict";
import { clockOff, fakeClockMissing } from "../support/fake-clock.js";
import { skipWithout } from "../support/needs.js";
import { meshes, Shop, until } from "./shop.js";

/** In seconds. At 300, signatures of callers whose clocks are right are refused, as by AWS. */
const off = 280;

describe("Control planes whose clocks are wrong, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  before(async function () {
    skipWithout(this, fakeClockMissing());
    shop = await Shop.start(this, {
      replicas: 3,
      env: [{}, clockOff(off), clockOff(-off)],
      // AWS refuses what was signed five minutes off: for the second control plane that is so.
      faults: { clockAhead: -30 },
    });
  });
  after(() => shop?.stop());
  afterEach(() => shop?.noneFailed());

  it("go by the clock of DynamoDB where it would not take theirs, and take changes and proxies", async () => {
    assert.ok((shop.table.befallen.get("skewed") ?? 0) > 0);
    for (const [place, to] of [
      [0, "other"],
      [1, "app"],
      [2, "other"],
    ] as const) {
      // All proxies are sent to this one.
      shop.balancer.lead(shop.xdsOf(place));
      shop.balancer.cut();
      await until(async () => (await shop.proxies(shop.replica(place))).join() === "app,front");
      await shop.send(shop.replica(place), to);
      await shop.traffic.comesTo(to);
    }
  });

  it("let an access key of one be used at another, and taken back at a third", async () => {
    const { body } = await shop.replica(0).call("POST", "/v1/access-keys", { expiresInSeconds: 3600 });
    const key = body.accessKey;
    for (const replica of shop.replicas) {
      await until(async () => (await replica.as(key)("GET", meshes)).status === 200);
    }
    assert.equal((await shop.replica(1).call("DELETE", `/v1/access-keys/${key.accessKeyId}`)).status, 200);
    for (const replica of shop.replicas) {
      await until(async () => (await replica.as(key)("GET", meshes)).status === 403);
    }
  });

  it("let proxies speak mutual TLS by certificates that any of them has issued", async () => {
    await shop.send(shop.replica(2), "app");
    await shop.traffic.comesTo("app");
    const path = "/v1/meshes/shop/settings";
    const body = { defaultRetries: false, managedTls: { mode: "STRICT", settleSeconds: 2 } };
    assert.equal((await shop.replica(1).call("PUT", path, body)).status, 200);
    await until(async () => {
      const { managedTls } = (await shop.replica(2).call("GET", path)).body;
      return `${managedTls?.listeners} ${managedTls?.callers}` === "tls tls";
    });
    // All of them see each step at the same time, whatever their clocks say: else some proxies would be steps ahead.
    for (const place of [1, 2]) {
      shop.balancer.lead(shop.xdsOf(place));
      shop.balancer.cut();
      await until(async () => (await shop.proxies(shop.replica(place))).join() === "app,front");
      await shop.traffic.more(50);
    }
  });
});
