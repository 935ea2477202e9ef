// What is being looked up elsewhere, such as instances in AWS Cloud Map, is waited for.
import assert from "node:assert/strict";
import type { MeshEntities, Proxy as MeshProxy } from "@pulumi-appmesh/control-plane/translate/entities.js";
import { assignment, edsCluster } from "../support/fake-mesh.js";
import { nodeId, World } from "./harness.js";

describe("a configuration that waits for what is being looked up", () => {
  let world: World;
  let waiting: string | undefined;
  const forgotten: string[] = [];
  beforeEach(async () => {
    waiting = "catalog is being looked up";
    world = new World();
    world.mesh.set("web", { clusters: [edsCluster("catalog")], endpoints: [assignment("catalog", 1)] });
    const source = {
      entities: (meshName: string) => world.mesh.entities(meshName),
      subscribe: (listener: Parameters<typeof world.mesh.subscribe>[0]) => world.mesh.subscribe(listener),
      forget: (_: string, __: string | undefined, read: string) => forgotten.push(read),
    };
    const translate = (entities: MeshEntities, proxy: MeshProxy) => {
      // Read as long as it is waited for.
      if (waiting !== undefined) entities.virtualService("catalog");
      const resources = world.mesh.translate(entities, proxy);
      return waiting === undefined ? resources : { ...resources, waiting };
    };
    await world.serve({ source, translate });
  });
  afterEach(() => world.stop());

  it("is told as soon as that is known, and not before", async () => {
    const client = world.open("incremental");
    client.send({ nodeId, kind: "clusters" });
    await client.silence();
    assert.deepEqual(
      world.server.proxies().map(({ problem }) => problem),
      ["catalog is being looked up"],
    );
    assert.deepEqual(world.logged(40), []);
    waiting = undefined;
    world.mesh.touch("virtualService/catalog");
    assert.deepEqual((await client.next()).names, ["catalog"]);
    assert.deepEqual(
      world.server.proxies().map(({ problem }) => problem),
      [undefined],
    );
    // What nobody reads any more need not be looked up.
    assert.deepEqual(forgotten, ["virtualService/catalog"]);
  });

  it("leaves proxies what they have until then", async () => {
    waiting = undefined;
    const client = world.open("incremental");
    client.send({ nodeId, kind: "clusters" });
    const clusters = await client.next();
    client.send({ kind: "clusters", nonce: clusters.nonce });
    waiting = "ratings is being looked up";
    world.mesh.set("web", { clusters: [edsCluster("catalog"), edsCluster("ratings")] });
    await client.silence();
    waiting = undefined;
    world.mesh.touch("virtualService/catalog");
    assert.deepEqual((await client.next()).names, ["ratings"]);
  });

  it("is not told as it was when its proxies were last here: meanwhile they may have been elsewhere", async () => {
    waiting = undefined;
    const first = world.open("incremental");
    first.send({ nodeId, kind: "clusters" });
    const had = await first.next();
    first.close();
    await first.ended;
    await first.settle();
    waiting = "ratings is being looked up";
    world.mesh.set("web", { clusters: [edsCluster("ratings")] });
    // Another server has told it of this already.
    const { names, versions } = await (async () => {
      const other = new World();
      await other.serve();
      other.mesh.set("web", { clusters: [edsCluster("ratings")] });
      const client = other.open("incremental");
      client.send({ nodeId, kind: "clusters" });
      const received = await client.next();
      await other.stop();
      return received;
    })();
    assert.deepEqual([had.names, names], [["catalog"], ["ratings"]]);
    const second = world.open("incremental");
    second.send({ nodeId, kind: "clusters", initialVersions: Object.fromEntries(versions) });
    await second.silence();
    waiting = undefined;
    world.mesh.touch("virtualService/catalog");
    await second.silence();
  });
});
