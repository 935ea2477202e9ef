// A table that is away for ten minutes, slow, or short of capacity, while requests flow: no request is lost.
import assert from "node:assert/strict";
import { FastClock, fakeClockMissing } from "../support/fake-clock.js";
import { loopbackAddress } from "../support/loopback.js";
import { measured, meshes, Shop, until } from "./shop.js";

const minutes = 60;
/** By how much faster the clocks of control planes run while the table is away. Nothing else is shortened. */
const rate = 60;

describe("A table in trouble, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  let clock: FastClock;
  before(async function () {
    const missing = fakeClockMissing();
    if (missing !== undefined) {
      console.log(`      left out: ${missing}`);
      this.skip();
    }
    clock = new FastClock();
    shop = await Shop.start(this, {
      replicas: 2,
      env: [clock.env, clock.env],
      // Signatures that are ten minutes old are refused, and this program's clock is the machine's.
      isSigned: false,
    });
  });
  after(() => shop?.stop());
  afterEach(() => shop?.noneFailed());

  it("is slow and short of capacity, and changes come to proxies all the same", async () => {
    shop.table.faults = { slowMilliseconds: 100, throttled: 0.2, failed: 0.05 };
    try {
      await shop.sendAtLast(shop.replica(0), "other");
      await shop.traffic.comesTo("other");
      await shop.sendAtLast(shop.replica(1), "app");
      await shop.traffic.comesTo("app");
    } finally {
      shop.table.faults = {};
    }
  });

  it("is away for ten minutes: what was known is served, also to who comes anew, and changes are refused", async () => {
    await until(async () => (await measured(shop.replica(0), "appmesh_store_followed")) === 1);
    await shop.table.leave();
    await until(async () => {
      const all = await Promise.all(shop.replicas.map((each) => measured(each, "appmesh_store_followed")));
      return all.every((isFollowed) => isFollowed === 0);
    });
    await clock.pass(10 * minutes, rate);
    for (const replica of shop.replicas) {
      assert.equal((await patient(() => replica.call("GET", `${meshes}/shop`))).status, 200);
      assert.equal((await patient(() => replica.call("GET", "/readyz"))).status, 200);
      const { status, headers, body } = await patient(() =>
        replica.call("PUT", meshes, { meshName: "in-vain" }),
      );
      assert.deepEqual(
        [status, headers.get("retry-after"), body.message],
        [503, "1", "the store cannot be written now; nothing was changed"],
      );
    }
    // A proxy that starts now is told what it needs.
    const another = await shop.sidecar(
      "front",
      await loopbackAddress(),
      [process.execPath, "-e", "console.log('calling'); setInterval(() => {}, 1000)"],
      "calling",
    );
    another.kill("SIGTERM");
    await another.ended;
    await shop.traffic.more(20);
    // By such clocks, proxies that took a moment to answer were taken for dead, and come back.
    await patient(() => shop.proxiesAreBack());
    shop.noneFailed();
    await shop.table.comeBack();
    for (const [replica, to] of [
      [shop.replica(0), "other"],
      [shop.replica(1), "app"],
    ] as const) {
      await patient(() => shop.sendAtLast(replica, to));
      await shop.traffic.comesTo(to);
      await until(async () => (await measured(replica, "appmesh_store_followed")) === 1);
    }
    // By their own clocks it was that long, and they said so once when it began and once when it was over.
    for (const replica of shop.replicas) {
      const said = replica
        .log()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { time: number; level: number; msg: string })
        .filter(({ msg }) => / is served, and no change is taken$| can be followed again$/.test(msg));
      const [began, ended] = [said.find(({ level }) => level === 50), said.at(-1)];
      assert.ok(began && ended && ended.level === 30, JSON.stringify(said));
      assert.ok(ended.time - began.time >= 10 * minutes * 1000, `${ended.time - began.time} ms`);
      assert.ok(said.length <= 6, JSON.stringify(said));
    }
  });
});

/** Asks again where a connection broke: by the clock of control planes, one that was opened meanwhile may be too old. */
async function patient<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 20 || (error as Error).message !== "fetch failed") throw error;
    }
  }
}
