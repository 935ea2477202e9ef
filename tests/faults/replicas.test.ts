// Control planes that come and go while requests flow between proxies of theirs: no request is lost.
import assert from "node:assert/strict";
import { Calls } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { PARTITIONS } from "@pulumi-appmesh/control-plane/store/dynamodb/layout.js";
import { Table } from "@pulumi-appmesh/control-plane/store/dynamodb/table.js";
import { measured, meshes, Shop, until } from "./shop.js";

describe("Control planes that share a table, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  before(async function () {
    shop = await Shop.start(this, { replicas: 3 });
  });
  after(() => shop?.stop());
  afterEach(() => shop?.noneFailed());

  it("are restarted one after another, and proxies follow each", async () => {
    for (const [place, to] of [
      [0, "other"],
      [1, "app"],
      [2, "other"],
    ] as const) {
      const old = shop.leave(place);
      await old.stop("SIGTERM");
      await shop.startReplica(place);
      await shop.proxiesAreBack();
      // What the new one is told comes to proxies wherever they are.
      await shop.send(shop.replica(place), to);
      await shop.traffic.comesTo(to);
    }
    await shop.traffic.more(50);
  });

  it("die where proxies are, in the middle of changes, and the others go on", async () => {
    const place = await firstOf(async () => {
      for (const [n, replica] of shop.replicas.entries()) {
        if ((await shop.proxies(replica)).includes("front")) return n;
      }
      return undefined;
    });
    const victim = shop.leave(place);
    let writing = true;
    const answered: string[] = [];
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        const answer = await victim
          .call("PUT", meshes, { meshName: `of-the-dead-${n}` })
          .catch(() => undefined);
        if (answer?.status === 200) answered.push(`of-the-dead-${n}`);
      }
    })();
    await until(() => answered.length >= 5);
    await victim.kill9();
    writing = false;
    await writer;
    const living = shop.replica((place + 1) % 3);
    await shop.send(living, "app");
    await shop.traffic.comesTo("app");
    for (const meshName of answered) {
      await until(async () => (await living.call("GET", `${meshes}/${meshName}`)).status === 200);
    }
    await shop.startReplica(place);
    await shop.proxiesAreBack();
  });

  it("are all gone at once, and proxies keep what they have until they are back", async () => {
    shop.balancer.lead();
    await Promise.all(shop.replicas.map((replica) => replica.kill9()));
    await shop.traffic.more(100);
    await Promise.all([0, 1, 2].map((place) => shop.startReplica(place)));
    await shop.proxiesAreBack();
    // Their proxies had everything: nobody is sent anything.
    const sent = await Promise.all(
      shop.replicas.map((replica) => measured(replica, "appmesh_xds_resources_sent_total")),
    );
    assert.deepEqual(sent, [0, 0, 0]);
    await shop.send(shop.replica(1), "other");
    await shop.traffic.comesTo("other");
  });

  it("leave a proxy what it has that refuses what it is told, and tell the others more", async () => {
    const spec = (more: object) => ({
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: shop.appAddress } },
      ...more,
    });
    const path = "/shop/virtualNodes/app";
    await shop.send(shop.replica(0), "app");
    await shop.traffic.comesTo("app");
    const logging = { accessLog: { file: { path: "/nowhere/access.log" } } };
    await shop.put(shop.replica(0), path, { spec: spec({ logging }) });
    const refused = async () => {
      const all = await Promise.all(shop.replicas.map((replica) => replica.call("GET", "/v1/proxies")));
      return all.flatMap(({ body }) =>
        body.proxies.flatMap(({ entity, resources }: ProxyTold) =>
          Object.entries(resources).flatMap(([kind, { error }]) =>
            error ? [[entity, kind, error.entities]] : [],
          ),
        ),
      );
    };
    await until(async () => (await refused()).length > 0);
    assert.deepEqual(await refused(), [["virtualNode/app", "listeners", ["virtualNode/app"]]]);
    // Its listener is the one of before.
    await shop.traffic.more(50);
    await shop.send(shop.replica(1), "other");
    await shop.traffic.comesTo("other");
    await shop.put(shop.replica(2), path, { spec: spec({}) });
    await until(async () => (await refused()).length === 0);
    await shop.send(shop.replica(0), "app");
    await shop.traffic.comesTo("app");
  });

  it("have logged nothing secret through all of it", async () => {
    const { body } = await shop.replica(0).call("POST", "/v1/access-keys", { description: "of a test" });
    const { accessKey } = body;
    await shop.replica(1).as(accessKey)("GET", meshes);
    const calls = await Calls.open(shop.place);
    const table = new Table(calls);
    const items = (
      await Promise.all([...PARTITIONS, "secret"].map((partition) => table.query(partition)))
    ).flat();
    calls.close();
    const stored = items.flatMap(({ sk, value, key }) => [
      ...(sk?.S === "notices" ? [key?.S ?? ""] : []),
      // Each line but the first of each private key.
      ...[...(value?.S ?? "").matchAll(/PRIVATE KEY-----\\n([\w+/=]+)/g)].map(([, line]) => line as string),
    ]);
    const secrets = [...(await shop.secrets()), accessKey.secretAccessKey, ...stored, "PRIVATE KEY"];
    // The authority of proxies, that of workloads where there is one, and the notices' key are among them.
    assert.ok(stored.length >= 2, `${stored.length} secrets were found in the table`);
    const log = shop.logs();
    assert.match(log, /"url":"\/v1\/access-keys"|access-keys/);
    assert.deepEqual(
      secrets.filter((secret) => secret.length < 10 || log.includes(secret)),
      [],
    );
  });
});

interface ProxyTold {
  readonly entity: string;
  readonly resources: Readonly<Record<string, { readonly error?: { readonly entities: readonly string[] } }>>;
}

/** What it answers once it answers something. */
async function firstOf<T>(ask: () => Promise<T | undefined>): Promise<T> {
  let answer: T | undefined;
  await until(async () => {
    answer = await ask();
    return answer !== undefined;
  });
  return answer as T;
}
