import assert from "node:assert/strict";
import { AppMesh } from "../client/appmesh.js";
import { type Double, failure, type Reply, startDouble } from "../client/double.test.support.js";
import { Stopped } from "../client/errors.js";
import type { Context } from "./operations.js";
import { remove } from "./remove.js";
import { type ResourceType, resourceTypes } from "./types.js";

const type = (name: string) => resourceTypes.get(`appmesh:index:${name}`) as ResourceType;

describe("the deletion of an entity", function () {
  this.timeout(60_000);
  let double: Double;
  let appMesh: AppMesh;
  beforeEach(async () => {
    double = await startDouble();
    appMesh = new AppMesh({ endpoint: double.endpoint, region: "us-east-1", maxRetries: 0 });
    double.entities.set("meshes/shop", {});
    double.entities.set("meshes/shop/virtualNodes/v1", { spec: {} });
    double.inUse.add("meshes/shop");
  });
  afterEach(async () => {
    appMesh.close();
    await double.close();
  });

  const removing = (context: Partial<Context> = {}, name = "Mesh", id = "shop") =>
    remove(type(name), id, { appMesh, call: {}, ...context });
  const tries = () => double.seen.filter(({ method }) => method === "DELETE").length;
  const inUse = (users: string) =>
    `mesh "shop" cannot be deleted while it is in use.${users} Delete what uses it first, or change it to use something ` +
    "else. (ResourceInUseException: in use)";
  /** Waits until it was tried so often. */
  async function tried(times: number): Promise<void> {
    while (tries() < times) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  it("is done at once where nothing uses it, and no error where it is gone already", async () => {
    double.inUse.clear();
    await removing();
    await removing();
    assert.deepEqual([tries(), double.entities.has("meshes/shop")], [2, false]);
  });

  it("waits for what uses the entity to be deleted", async () => {
    const removed = removing();
    await tried(3);
    double.inUse.clear();
    await removed;
    assert.deepEqual([tries(), double.entities.has("meshes/shop")], [4, false]);
  });

  it("is refused, by the names of what uses the entity, when that stays the same", async () => {
    await assert.rejects(removing(), { message: inUse(' It is used by virtual node "v1" of mesh "shop".') });
    // Four waits, and a last one between two looks at what uses it.
    assert.equal(tries(), 6);
    assert.ok(double.entities.has("meshes/shop"));
  });

  it("is refused with a way to replace what others name", async () => {
    double.entities.set("meshes/shop/virtualServices/catalog.local", {
      spec: { provider: { virtualNode: { virtualNodeName: "v1" } } },
    });
    double.inUse.add("meshes/shop/virtualNodes/v1");
    await assert.rejects(removing({ timeLimit: 200 }, "VirtualNode", "shop/v1"), {
      message:
        'virtual node "v1" of mesh "shop" cannot be deleted while it is in use. It is used by virtual service "catalog.local" of ' +
        'mesh "shop". Delete what uses it first, or change it to use something else. Where it is to be replaced, let the new ' +
        "one have another name and come first, without deleteBeforeReplace. (ResourceInUseException: in use)",
    });
  });

  it("goes on waiting as long as what uses the entity becomes less", async () => {
    for (let n = 2; n < 15; n++) double.entities.set(`meshes/shop/virtualNodes/v${n}`, { spec: {} });
    /** Answers a try, and deletes one of those that are not named. */
    const less = (n: number): Reply => {
      return (response) => {
        double.entities.delete(`meshes/shop/virtualNodes/v${n}`);
        failure(409, "ResourceInUseException", "in use")(response);
      };
    };
    const lists = Array.from({ length: 4 }, () => undefined);
    const firstTries = Array.from({ length: 5 }, () => undefined);
    double.next.push(...firstTries, ...lists, less(14), ...lists, less(13));
    await assert.rejects(removing(), (error: Error) => {
      assert.match(error.message, /^mesh "shop" cannot be deleted while it is in use\. It is used by /);
      assert.match(error.message, /virtual node "v10" of mesh "shop" and 2 more\. Delete what uses it first/);
      return true;
    });
    assert.equal(tries(), 8);
  });

  it("waits as long as a custom timeout lets it, and still says what uses the entity", async () => {
    const within = (timeLimit: number) => ({
      timeLimit,
      call: { signal: AbortSignal.timeout(timeLimit) },
    });
    await assert.rejects(removing(within(1_500)), {
      message: inUse(' It is used by virtual node "v1" of mesh "shop".'),
    });
    const short = tries();
    assert.ok(short >= 2 && short <= 3, `${short} tries`);

    // Longer than without one, though nothing becomes less.
    const removed = removing(within(60_000));
    await tried(short + 7);
    double.inUse.clear();
    await removed;
    assert.equal(double.entities.has("meshes/shop"), false);
  });

  it("ends at a cancellation, in the middle of a wait", async () => {
    const stop = new AbortController();
    const removed = removing({ timeLimit: 600_000, call: { signal: stop.signal } });
    await tried(4);
    stop.abort(new Stopped("the operation was cancelled"));
    await assert.rejects(removed, (error: Error) => {
      assert.equal(error.message, 'cannot delete mesh "shop": the operation was cancelled');
      assert.ok(error.cause instanceof Stopped);
      return true;
    });
    assert.equal(tries(), 4);
  });

  it("leaves out what uses the entity where it cannot be found out", async () => {
    // The deletion itself is answered as ever, the first look at what uses the entity is not.
    double.next.push(undefined, failure(503, "ServiceUnavailableException", "later"));
    await assert.rejects(removing({ timeLimit: 200 }), { message: inUse("") });
    assert.equal(tries(), 1);
  });

  it("says what the control plane refused otherwise", async () => {
    double.next.push(failure(403, "ForbiddenException", "not yours"));
    await assert.rejects(removing(), {
      message: 'cannot delete mesh "shop": ForbiddenException: not yours',
    });
    assert.equal(tries(), 1);
  });
});
