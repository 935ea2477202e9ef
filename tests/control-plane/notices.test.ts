import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Calls, type TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import {
  NOTICE_BYTES,
  readNotice,
  writeNotice,
} from "@pulumi-appmesh/control-plane/store/dynamodb/notice.js";
import { Replicas } from "@pulumi-appmesh/control-plane/store/dynamodb/replicas.js";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { FaultyDynamoDb } from "../support/dynamodb-faults.js";

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await sleep(10)) {
    if (Date.now() > end) throw new Error(`not within 30 seconds: ${what}`);
  }
}

describe("Notices between replicas", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let place: TablePlace;
  const closers: (() => Promise<unknown>)[] = [];
  before(async function () {
    server = await DynamoDbServer.start(this);
  });
  after(() => server?.close());
  beforeEach(async () => {
    place = await server.table();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function join(heard: number[] = [], beatMilliseconds = 50): Promise<Replicas> {
    const calls = await Calls.open(place);
    const replicas = await Replicas.join(calls, {
      address: "127.0.0.1",
      port: 0,
      onNotice: (revision) => heard.push(revision),
      beatMilliseconds,
    });
    closers.push(async () => {
      await replicas.close();
      calls.close();
    });
    return replicas;
  }

  it("reach all others that live, with the revision and nothing else", async () => {
    const heard: number[][] = [[], [], []];
    const [one, two, three] = await Promise.all(heard.map((list) => join(list)));
    assert.ok(one && two && three);
    await until("all know each other", () => [one, two, three].every(({ peers }) => peers === 2));
    one.tell(7);
    await until("the others have heard", () => heard[1]?.[0] === 7 && heard[2]?.[0] === 7);
    assert.deepEqual(heard, [[], [7], [7]]);
    await three.close();
    await until("it is forgotten", () => one.peers === 1 && two.peers === 1);
  });

  it("are not sent to who says nothing any more", async () => {
    const [one, gone] = [await join(), await join([], 60_000)];
    await until("they know each other", () => one.peers === 1);
    await until("it has been quiet for some rounds", () => one.peers === 0);
    assert.equal(gone.peers, 1);
  });

  it("are believed from nobody without the key, and cost the table nothing", async () => {
    const heard: number[] = [];
    const { address, port } = (await join(heard)).address;
    const stranger = createSocket("udp4");
    const send = (bytes: Buffer) => new Promise((sent) => stranger.send(bytes, port, address, sent));
    await send(writeNotice(1_000_000, Buffer.alloc(32)));
    await send(Buffer.alloc(NOTICE_BYTES));
    await send(Buffer.alloc(60_000));
    await send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    const other = await join();
    await until("they know each other", () => other.peers >= 1);
    other.tell(5);
    await until("it is heard", () => heard.includes(5));
    assert.deepEqual(
      heard.filter((revision) => revision > 5),
      [],
    );
    stranger.close();
    await once(stranger, "close");
  });

  it("can be proven only whole, and with the key by which they were made", () => {
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const notice = writeNotice(2 ** 40 + 1, key);
    assert.equal(readNotice(notice, key), 2 ** 40 + 1);
    assert.equal(readNotice(notice, other), undefined);
    for (let at = 0; at < notice.length; at++) {
      const changed = Buffer.from(notice);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(readNotice(changed, key), undefined);
    }
    assert.equal(readNotice(notice.subarray(1), key), undefined);
    assert.equal(readNotice(Buffer.concat([notice, notice]), key), undefined);
  });

  it("make a replica look, once for many, and believe what the table says alone", async () => {
    const faulty = await FaultyDynamoDb.start(server.endpoint);
    closers.push(() => faulty.leave());
    // It does not look by itself.
    const store = await DynamoStore.open({ ...place, endpoint: faulty.endpoint, follow: false });
    const writer = await DynamoStore.open({ ...place, follow: false });
    closers.push(
      () => store.close(),
      () => writer.close(),
    );
    await writer.commit(0, [{ key: "a", value: "1" }]);
    store.hint(1);
    await until("it has the change", () => store.revision === 1);
    faulty.asked.clear();
    store.hint(1);
    store.hint(0);
    for (let n = 0; n < 1_000; n++) store.hint(1_000_000);
    await until("it has looked", () => faulty.asked.get("Query") === 1);
    assert.deepEqual([...(await store.load()).records], [["a", "1"]]);
    assert.deepEqual(Object.fromEntries(faulty.asked), { Query: 1, GetItem: 1 });
    assert.equal(store.revision, 1);
  });
});
