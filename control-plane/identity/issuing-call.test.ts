import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../store/sqlite-store.js";
import type { Store, Write } from "../store/store.js";
import { describeKey } from "./access-key.js";
import { AccessKeys } from "./access-keys.js";
import { IdentityError } from "./errors.js";
import { describeIdentity } from "./proxies/issued.js";
import { ProxyIdentities } from "./proxies/proxy-identities.js";

const ACCOUNT = "123456789012";
const mesh = { meshName: "shop", meshOwner: ACCOUNT };

describe("A call that issues something, repeated since its answer was lost", () => {
  let folder: string;
  let store: SqliteStore;
  let now: number;
  beforeEach(async () => {
    now = 1_700_000_000_000;
    folder = await mkdtemp(join(tmpdir(), "appmesh-issuing-"));
    store = SqliteStore.open(folder);
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const identitiesOn = (on: Store = store) =>
    ProxyIdentities.open(on, { account: ACCOUNT, trustDomain: "appmesh.local", now: () => now });
  const keysOn = (on: Store = store) => AccessKeys.open(on, { account: ACCOUNT, now: () => now });
  const later = () => (now += 1000);
  const repeated = (clientToken: string) =>
    new IdentityError(
      "ConflictException",
      `the call of clientToken '${clientToken}' has been repeated, and was answered since: use that answer`,
    );

  for (const kind of ["token", "certificate"]) {
    it(`leaves one ${kind} of a proxy, at whichever control plane it is repeated`, async () => {
      const identities = await identitiesOn();
      const body = { virtualNode: "v1", kind, clientToken: "once-1" };
      const statuses = (of: ProxyIdentities, ids: readonly string[]) => {
        const listed = of.list(mesh).map((each) => describeIdentity(each, now / 1000));
        return ids.map(
          (id) =>
            (listed.find((each) => (each as { identityId: string }).identityId === id) as { status: string })
              .status,
        );
      };
      const ids: string[] = [];
      for (const of of [identities, await identitiesOn(), identities]) {
        ids.push((await of.issue(mesh, body)).identity.identityId);
        later();
      }
      const others = [
        { ...body, virtualNode: "v2" },
        { ...body, clientToken: "once-2" },
        { virtualNode: "v1", kind },
      ];
      for (const other of others) ids.push((await identities.issue(mesh, other)).identity.identityId);
      ids.push((await identities.issue(mesh, body, "999999999999")).identity.identityId);
      const expected = ["Revoked", "Revoked", "Active", "Active", "Active", "Active", "Active"];
      assert.deepEqual(statuses(identities, ids), expected);
      assert.deepEqual(statuses(await identitiesOn(), ids), expected);
    });
  }

  it("leaves one access key", async () => {
    const keys = await keysOn();
    const first = await keys.create({});
    const body = { clientToken: "once", description: "ci" };
    const lost = await keys.create(body);
    later();
    const got = await (await keysOn()).create(body);
    const other = await keys.create({ ...body, account: "999999999999" });
    assert.deepEqual(
      [first, lost, got, other].map(
        ({ key }) => (keys.find(key.accessKeyId) ?? assert.fail()).key.revokedAt !== undefined,
      ),
      [false, true, false, false],
    );
    assert.equal(keys.find(lost.key.accessKeyId)?.secretAccessKey, undefined);
    // Who lists keys is not told by which call they came.
    assert.deepEqual(Object.keys(describeKey(got.key, now / 1000)).sort(), [
      ...["accessKeyId", "account", "createdAt", "description", "scope", "status"],
    ]);
  });

  it("is refused where it comes late, and a later attempt of it has been answered", async () => {
    // The first attempt is held up in the store until the second one is through.
    let release = () => {};
    const isHeld = new Promise<void>((resolve) => (release = resolve));
    let held = false;
    const slow: Store = {
      load: () => store.load(),
      subscribe: (listener) => store.subscribe(listener),
      checkWritable: () => store.checkWritable(),
      close: () => store.close(),
      commit: async (expected: number, writes: readonly Write[]) => {
        held = true;
        await isHeld;
        return store.commit(expected, writes);
      },
    };
    const prepared = await identitiesOn();
    await prepared.issue(mesh, { virtualNode: "v1" });
    await prepared.issue(mesh, { virtualNode: "v1", kind: "token" });
    const body = { virtualNode: "v1", kind: "token", clientToken: "once" };
    const slowIdentities = await identitiesOn(slow);
    const slowKeys = await keysOn(slow);
    const early = slowIdentities.issue(mesh, body);
    const earlyKey = slowKeys.create({ clientToken: "once" });
    later();
    const { identity } = await prepared.issue(mesh, body);
    const { key } = await (await keysOn()).create({ clientToken: "once" });
    const refusals = [assert.rejects(early, repeated("once")), assert.rejects(earlyKey, repeated("once"))];
    while (!held) await new Promise((resolve) => setImmediate(resolve));
    release();
    await Promise.all(refusals);
    assert.equal(
      prepared.list(mesh).find(({ identityId }) => identityId === identity.identityId)?.revokedAt,
      undefined,
    );
    assert.equal(slowKeys.find(key.accessKeyId)?.key.revokedAt, undefined);
  });

  it("must be marked by a token of the form that App Mesh's have", async () => {
    const identities = await identitiesOn();
    const message =
      'clientToken: "not one" was given; a string of 1 to 36 characters of letters, numbers, hyphens and underscores is allowed.';
    const error = new IdentityError("BadRequestException", message);
    await assert.rejects(identities.issue(mesh, { virtualNode: "v1", clientToken: "not one" }), error);
    await assert.rejects((await keysOn()).create({ clientToken: "not one" }), error);
  });
});
