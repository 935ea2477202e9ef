// A thousand proxies that come at once, and one that does not read, at control planes on which traffic depends.
import assert from "node:assert/strict";
import { measured, Shop, until } from "./shop.js";
import { FakeProxy } from "./thousand.js";

const many = 1_000;
/** So that all are in within some seconds, and still not at once. */
const admitted = 200;

describe("A thousand proxies at once, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  // Of the first, what it was sent and has not read stays with the control plane.
  const proxies = Array.from(
    { length: many },
    (_, n) => new FakeProxy("mesh/shop/virtualNode/front", n === 0 ? 100 : undefined),
  );
  before(async function () {
    // Proxies of this machine need no proof, and cost this test no TLS.
    shop = await Shop.start(this, {
      replicas: 2,
      args: ["--xds-admission", `${admitted}`],
      isPlain: true,
    });
  });
  after(async () => {
    for (const proxy of proxies) proxy.close();
    await shop?.stop();
  });
  afterEach(() => shop?.noneFailed());
  /** Sends the two real proxies to this control plane. */
  const gather = async (place: number) => {
    shop.balancer.lead(shop.xdsOf(place));
    shop.balancer.cut();
    await until(async () => {
      const all = await shop.proxies(shop.replica(place));
      return all.includes("app") && all.includes("front");
    });
  };
  const waiting = (place: number) => measured(shop.replica(place), "appmesh_xds_waiting_streams");

  it("are let in one after another, and those that are there are told of changes meanwhile", async () => {
    await gather(0);
    for (const proxy of proxies) proxy.open(shop.replica(0).xds);
    await until(async () => (await waiting(0)) > many / 4, 5);
    await shop.send(shop.replica(0), "other");
    await shop.traffic.comesTo("other");
    // They did not wait for all who came.
    assert.ok((await waiting(0)) > 0);
    await until(() => proxies.every(({ isAnswered }) => isAnswered));
    assert.equal(await waiting(0), 0);
  });

  it("come to another control plane when theirs dies, and are sent nothing that they have", async () => {
    await until(() => proxies.every(({ has }) => has.clusters.size > 0 && has.listeners.size > 0));
    const sent = await measured(shop.replica(1), "appmesh_xds_resources_sent_total");
    shop.balancer.lead(shop.xdsOf(1));
    await shop.leave(0).kill9();
    delete shop.replicas[0];
    await Promise.all(proxies.map((proxy) => proxy.closed()));
    for (const proxy of proxies) proxy.open(shop.replica(1).xds);
    await until(async () => (await shop.proxies(shop.replica(1))).length === many + 2);
    assert.deepEqual(
      proxies.filter(({ told }) => told > 0).map(({ told }) => told),
      [],
    );
    assert.equal(await measured(shop.replica(1), "appmesh_xds_resources_sent_total"), sent);
    await shop.send(shop.replica(1), "app");
    await shop.traffic.comesTo("app");
  });

  it("do not wait for one that does not read", async () => {
    const [slow] = proxies as [FakeProxy];
    const clustersOf = ({ has }: FakeProxy) => JSON.stringify([...has.clusters]);
    await until(() => !proxies.some((proxy) => clustersOf(proxy).includes("other")));
    slow.pause();
    for (const to of ["other", "app", "other"] as const) {
      await shop.send(shop.replica(1), to);
      await shop.traffic.comesTo(to);
    }
    const others = () => new Set(proxies.slice(1).map(clustersOf));
    await until(() => others().size === 1);
    assert.ok(!others().has(clustersOf(slow)));
    slow.resume();
    await until(() => others().has(clustersOf(slow)));
  });
});
