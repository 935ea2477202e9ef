// A table that is away for ten minutes, slow, or short of capacity, while requests flow: no request is lost.
import assert from "node:assert/strict";
import { FastClock, fakeClockMissing } from "../support/fake-clock.js";
import { loopbackAddress } from "../support/loopback.js";
import { skipWithout } from "../support/needs.js";
import { measured, meshes, Shop, until } from "./shop.js";

const minutes = 60;
/** By how much faster the clocks of control planes run while the table is away. Nothing else is shortened. */
const rate = 60;

describe("A table in trouble, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  let clock: FastClock;
  before(async function () {
    skipWithout(this, fakeClockMissing());
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
    // Both know all that was changed: by such clocks a proxy that goes from one to the other has no time for a change.
    await until(async () => {
      const all = await Promise.all(
        shop.replicas.map((each) =>
          Promise.all([measured(each, "appmesh_store_followed"), measured(each, "appmesh_store_revision")]),
        ),
      );
      return all.every(([isFollowed, revision]) => isFollowed === 1 && revision === all[0]?.[1]);
    });
    const left = shop.replicas.map((each) => each.log().length);
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
    // By their own clocks it was that long; they said so when it began, each reason once, and when it was over.
    for (const [place, replica] of shop.replicas.entries()) {
      const said = replica
        .log()
        .slice(left[place])
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { time: number; level: number; msg: string })
        .filter(({ msg }) => / is served, and no change is taken$| can be followed again$/.test(msg));
      const over = said.findIndex(({ level }) => level === 30);
      const [began, ended] = [said[0], said[over]];
      assert.ok(began?.level === 50 && ended, JSON.stringify(said));
      assert.ok(ended.time - began.time >= 10 * minutes * 1000, `${ended.time - began.time} ms`);
      const messages = said.slice(0, over).map(({ msg }) => msg);
      assert.deepEqual(messages, [...new Set(messages)]);
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
