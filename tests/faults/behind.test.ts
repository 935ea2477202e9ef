// A control plane that cannot read what others have changed, and proxies that come to it from one that knows more, while
// requests flow: what they are told is older for a while, and whole all the time.
import { FaultyDynamoDb } from "../support/dynamodb-faults.js";
import { measured, Shop, until } from "./shop.js";

const rounds = 2;

describe("A control plane that is behind, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  /** The way to the table of the one that is behind. */
  let way: FaultyDynamoDb;
  before(async function () {
    shop = await Shop.start(this, { replicas: 1 });
    way = await FaultyDynamoDb.start(shop.place.endpoint as string);
    await shop.startReplica(1, { table: { ...shop.place, endpoint: way.endpoint } });
  });
  after(async () => {
    await shop?.stop();
    await way?.leave();
  });
  afterEach(() => shop?.noneFailed());

  const isFollowed = (place: number) => measured(shop.replica(place), "appmesh_store_followed");
  const revision = (place: number) => measured(shop.replica(place), "appmesh_store_revision");
  /** All proxies go to one control plane. */
  async function moveTo(place: number): Promise<void> {
    shop.balancer.lead(shop.xdsOf(place));
    shop.balancer.cut();
    await until(async () => (await shop.proxies(shop.replica(place))).join() === "app,front");
  }
  async function losesItsTable(): Promise<void> {
    await way.leave();
    await until(async () => (await isFollowed(1)) === 0);
  }
  async function catchesUp(): Promise<void> {
    await way.comeBack();
    await until(async () => (await isFollowed(1)) === 1 && (await revision(1)) === (await revision(0)));
  }

  it("tells proxies that have newer configuration older one, clusters before routes that lead there", async () => {
    await losesItsTable();
    await moveTo(0);
    await shop.send(shop.replica(0), "other");
    await shop.traffic.comesTo("other");
    for (let round = 0; round < rounds; round++) {
      await moveTo(1);
      await shop.traffic.comesTo("app");
      await moveTo(0);
      await shop.traffic.comesTo("other");
    }
    await moveTo(1);
    await shop.traffic.comesTo("app");
    await catchesUp();
    await shop.traffic.comesTo("other");
  });

  it("catches up over many changes at once", async () => {
    await moveTo(1);
    await losesItsTable();
    for (let round = 0; round < rounds; round++) {
      await shop.send(shop.replica(0), "app");
      await shop.send(shop.replica(0), "other");
    }
    await shop.send(shop.replica(0), "app");
    await catchesUp();
    await shop.traffic.comesTo("app");
    await shop.traffic.more(20);
  });
});
