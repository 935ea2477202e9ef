import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../store/sqlite-store.js";
import { RevisionConflict, type Store, StoreUnavailable } from "../store/store.js";
import { describeKey } from "./access-key.js";
import { AccessKeys } from "./access-keys.js";
import { IdentityError } from "./errors.js";

const ACCOUNT = "123456789012";
const OTHER = "210987654321";
const START = Date.UTC(2026, 10, 23, 10);
const SECONDS = START / 1000;
const DAY = 24 * 60 * 60;
const initial = { accessKeyId: "AKIDFIRST", secretAccessKey: "the-first-secret" };

describe("Access keys", () => {
  let folder: string;
  let store: Store;
  let now: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "appmesh-keys-"));
    store = SqliteStore.open(folder);
    now = START;
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const open = (
    options: { initial?: typeof initial; hasInitial?: boolean; account?: string; mostKeys?: number } = {},
    on = store,
  ) => AccessKeys.open(on, { account: ACCOUNT, now: () => now, ...options });
  const refusal = (code: string, message: string) => ({ name: "IdentityError", code, message });

  it("are issued as they are asked for, and told with their secret once", async () => {
    const keys = await open();
    const first = await keys.create({});
    assert.match(first.key.accessKeyId, /^APMK[A-Z2-7]{16}$/);
    assert.match(first.secretAccessKey, /^[\w-]{40}$/);
    assert.deepEqual(first.key, {
      accessKeyId: first.key.accessKeyId,
      account: ACCOUNT,
      scope: { readOnly: false, meshes: undefined },
      description: "",
      createdAt: SECONDS,
    });
    now += 1000;
    const { key } = await keys.create({
      description: "CI of the shop",
      account: OTHER,
      scope: { readOnly: true, meshes: ["shop", `bank@${ACCOUNT}`, `a@b@${ACCOUNT}`] },
      expiresInSeconds: 60,
    });
    assert.deepEqual(key, {
      accessKeyId: key.accessKeyId,
      account: OTHER,
      scope: {
        readOnly: true,
        meshes: [
          { meshName: "shop", meshOwner: OTHER },
          { meshName: "bank", meshOwner: ACCOUNT },
          { meshName: "a@b", meshOwner: ACCOUNT },
        ],
      },
      description: "CI of the shop",
      createdAt: SECONDS + 1,
      expiresAt: SECONDS + 61,
    });
    assert.deepEqual(keys.list(), [first.key, key]);
    assert.deepEqual(describeKey(key, keys.seconds()), {
      ...key,
      scope: { readOnly: true, meshes: [`shop@${OTHER}`, `bank@${ACCOUNT}`, `a@b@${ACCOUNT}`] },
      status: "Active",
    });
    assert.equal(describeKey(key, SECONDS + 61).status, "Expired");
    assert.equal(JSON.stringify(keys.list()).includes(first.secretAccessKey), false);
    assert.deepEqual(keys.find(first.key.accessKeyId), first);
    assert.equal(keys.find("APMKNONE"), undefined);
  });

  it("are no two alike", async () => {
    const keys = await open({ initial });
    const issued = await Promise.all(Array.from({ length: 20 }, () => keys.create({})));
    assert.equal(new Set(issued.map(({ key }) => key.accessKeyId)).size, 20);
    assert.equal(new Set(issued.map(({ secretAccessKey }) => secretAccessKey)).size, 20);
    assert.equal(keys.list().length, 21);
  });

  it("are there again after a restart, with their secrets", async () => {
    const before = await open();
    const first = await before.create({});
    const second = await before.create({ scope: { meshes: ["shop"] } });
    await before.revoke(second.key.accessKeyId);
    await store.close();
    store = SqliteStore.open(folder);
    const after = await open();
    assert.deepEqual(after.find(first.key.accessKeyId), first);
    assert.deepEqual(after.list(), before.list());
    assert.equal(after.find(second.key.accessKeyId)?.secretAccessKey, undefined);
    // Nor is the secret of a key that was taken back kept anywhere.
    const { records } = await store.load();
    assert.equal([...records.values()].join().includes(second.secretAccessKey), false);
  });

  it("that name no account are the control plane's, whichever that is", async () => {
    const made = await (await open({ account: "000000000000" })).create({});
    const { key } = await (await open({ account: "000000000000" })).create({ scope: { meshes: ["shop"] } });
    const keys = await open({ account: OTHER });
    assert.equal(keys.find(made.key.accessKeyId)?.key.account, OTHER);
    assert.deepEqual(keys.find(key.accessKeyId)?.key.scope.meshes, [{ meshName: "shop", meshOwner: OTHER }]);
  });

  it("are known at once to other processes on the same store, and gone at once", async () => {
    const [one, other] = [await open(), await open()];
    const { key, secretAccessKey } = await one.create({});
    assert.equal(other.find(key.accessKeyId)?.secretAccessKey, secretAccessKey);
    const second = await other.create({});
    await other.revoke(key.accessKeyId);
    assert.equal(one.find(key.accessKeyId)?.secretAccessKey, undefined);
    assert.deepEqual(one.list(), other.list());
    assert.deepEqual(one.find(second.key.accessKeyId), second);
  });

  it("are not lost to another writer who was first", async () => {
    // Other writers get in just before each commit, three times, by a mesh's record and by a key's.
    let others = 3;
    const busy = Object.assign(Object.create(store) as Store, {
      load: () => store.load(),
      subscribe: (listener: Parameters<Store["subscribe"]>[0]) => {
        // What others do is not heard of here before it conflicts.
        listening.add(listener);
        return () => {};
      },
      commit: async (expected: number, writes: Parameters<Store["commit"]>[1]) => {
        if (others-- > 0) {
          const { revision } = await store.load();
          await store.commit(revision, [{ key: `${ACCOUNT}/mesh/m${others}`, value: "{}" }]);
        }
        const revision = await store.commit(expected, writes);
        for (const listener of listening) listener({ revision, writes });
        return revision;
      },
    });
    const listening = new Set<Parameters<Store["subscribe"]>[0]>();
    const keys = await open({}, busy);
    const { key } = await keys.create({});
    assert.equal(others, -1);
    assert.deepEqual(keys.list(), [key]);
    assert.deepEqual((await open()).list(), [key]);
  });

  it("say so when they cannot be stored", async () => {
    const failing = (error: Error) =>
      Object.assign(Object.create(store) as Store, {
        load: () => store.load(),
        subscribe: () => () => {},
        commit: () => Promise.reject(error),
      });
    const away = await open({}, failing(new StoreUnavailable("no disk")));
    await assert.rejects(
      away.create({}),
      refusal("ServiceUnavailableException", "the store cannot be written now; nothing was changed"),
    );
    const busy = await open({}, failing(new RevisionConflict(0, 1)));
    await assert.rejects(
      busy.create({}),
      refusal("ServiceUnavailableException", "too many other writers at this time; nothing was changed"),
    );
    assert.deepEqual([away.list(), busy.list(), away.required], [[], [], false]);
  });

  it("are required as soon as there is one, and from then on", async () => {
    assert.equal((await open({ initial })).required, true);
    const keys = await open();
    assert.equal(keys.required, false);
    await assert.rejects(
      keys.create({ scope: { readOnly: true } }),
      refusal(
        "ConflictException",
        "the first key closes the API to whoever has none, and must be one by which others can be issued: without a " +
          "scope, an end or another account. Create that one first",
      ),
    );
    for (const body of [{ scope: { meshes: ["shop"] } }, { expiresInSeconds: 60 }, { account: OTHER }])
      await assert.rejects(keys.create(body), IdentityError);
    assert.equal(keys.required, false);
    await keys.create({});
    assert.equal(keys.required, true);
    assert.equal((await open()).required, true);
  });

  it("are taken back for good, but for the last one that can issue others", async () => {
    const keys = await open();
    const { key: first } = await keys.create({});
    const { key: reader } = await keys.create({ scope: { readOnly: true } });
    const { key: brief } = await keys.create({ expiresInSeconds: 60 });
    const { key: theirs } = await keys.create({ account: OTHER });
    const last = refusal(
      "ConflictException",
      `access key '${first.accessKeyId}' is the last one without an end that may issue and revoke keys. ` +
        "Create or rotate to another one first",
    );
    await assert.rejects(keys.revoke(first.accessKeyId), last);
    const { key: second } = await keys.create({});
    now += 5000;
    const revoked = await keys.revoke(first.accessKeyId);
    assert.deepEqual(revoked, { ...first, revokedAt: SECONDS + 5 });
    now += 5000;
    assert.deepEqual(await keys.revoke(first.accessKeyId), revoked);
    await keys.revoke(reader.accessKeyId);
    await keys.revoke(brief.accessKeyId);
    await assert.rejects(keys.revoke(second.accessKeyId), { code: "ConflictException" });
    await assert.rejects(
      keys.revoke("APMKNONE"),
      refusal("NotFoundException", "there is no access key 'APMKNONE'"),
    );
    assert.deepEqual(
      [first, reader, brief, second, theirs].map(({ accessKeyId }) => {
        const found = keys.find(accessKeyId);
        return found && describeKey(found.key, keys.seconds()).status;
      }),
      ["Revoked", "Revoked", "Revoked", "Active", "Active"],
    );
  });

  it("are told of otherwise without being others", async () => {
    const keys = await open();
    await keys.create({});
    const made = await keys.create({ description: "CI", scope: { readOnly: true }, expiresInSeconds: 60 });
    const { accessKeyId } = made.key;
    assert.deepEqual(await keys.describe(accessKeyId, { description: "CI of the shop" }), {
      ...made.key,
      description: "CI of the shop",
    });
    assert.equal((await open()).find(accessKeyId)?.secretAccessKey, made.secretAccessKey);
    assert.equal((await keys.describe(accessKeyId, {})).description, "");
    const bad = 'scope: "scope" is not a member of UpdateAccessKeyInput; description is allowed.';
    await assert.rejects(keys.describe(accessKeyId, { scope: {} }), refusal("BadRequestException", bad));
    await assert.rejects(
      keys.describe("APMKNONE", {}),
      refusal("NotFoundException", "there is no access key 'APMKNONE'"),
    );
  });

  it("need not be the first where the control planes have one that is not known here", async () => {
    const keys = await open({ hasInitial: true });
    assert.deepEqual([keys.required, keys.list()], [true, []]);
    const { key } = await keys.create({ scope: { readOnly: true } });
    await keys.revoke(key.accessKeyId);
  });

  it("are replaced by another one, and work on for a while", async () => {
    const keys = await open({ initial });
    const old = await keys.create({ description: "CI", scope: { readOnly: true }, account: OTHER });
    now += 1000;
    const fresh = await keys.rotate(old.key.accessKeyId, {});
    assert.deepEqual(fresh.key, {
      accessKeyId: fresh.key.accessKeyId,
      account: OTHER,
      scope: { readOnly: true, meshes: undefined },
      description: "CI",
      createdAt: SECONDS + 1,
      replaces: old.key.accessKeyId,
    });
    assert.notEqual(fresh.secretAccessKey, old.secretAccessKey);
    assert.deepEqual(keys.find(old.key.accessKeyId), {
      key: { ...old.key, expiresAt: SECONDS + 1 + DAY, replacedBy: fresh.key.accessKeyId },
      secretAccessKey: old.secretAccessKey,
    });
    await assert.rejects(
      keys.rotate(old.key.accessKeyId, {}),
      refusal(
        "ConflictException",
        `access key '${old.key.accessKeyId}' has been replaced by '${fresh.key.accessKeyId}' already. Rotate that one`,
      ),
    );
    const at = await keys.rotate(fresh.key.accessKeyId, { overlapSeconds: 0 });
    assert.equal(keys.find(fresh.key.accessKeyId)?.key.expiresAt, SECONDS + 1);
    await keys.revoke(at.key.accessKeyId);
    await assert.rejects(
      keys.rotate(at.key.accessKeyId, {}),
      refusal(
        "ConflictException",
        `access key '${at.key.accessKeyId}' is revoked and cannot be rotated. Create another one`,
      ),
    );
  });

  it("that end are replaced by ones that live as long, and never live longer by that", async () => {
    const keys = await open({ initial });
    const { key } = await keys.create({ expiresInSeconds: 100 });
    now += 40_000;
    const fresh = await keys.rotate(key.accessKeyId, {});
    assert.equal(fresh.key.expiresAt, SECONDS + 140);
    assert.equal(keys.find(key.accessKeyId)?.key.expiresAt, SECONDS + 100);
    now += 100_000;
    await assert.rejects(keys.rotate(fresh.key.accessKeyId, {}), { code: "ConflictException" });
  });

  it("of the environment are listed, kept nowhere, and not to be changed here", async () => {
    const keys = await open({ initial });
    assert.deepEqual(keys.list(), [
      {
        accessKeyId: "AKIDFIRST",
        account: ACCOUNT,
        scope: { readOnly: false, meshes: undefined },
        description: "APPMESH_ACCESS_KEY_ID of the control plane's environment",
        createdAt: SECONDS,
      },
    ]);
    const fixed = refusal(
      "ConflictException",
      "access key 'AKIDFIRST' is the one of the control plane's environment. " +
        "Start it with another APPMESH_ACCESS_KEY_ID, or with none",
    );
    await assert.rejects(keys.revoke("AKIDFIRST"), fixed);
    await assert.rejects(keys.rotate("AKIDFIRST", {}), fixed);
    assert.equal((await store.load()).records.size, 0);
    // As long as there is that one, the others may all go.
    const { key } = await keys.create({});
    await keys.revoke(key.accessKeyId);
    await assert.rejects(
      open({ initial: { accessKeyId: key.accessKeyId, secretAccessKey: "x" } }),
      refusal(
        "ConflictException",
        `APPMESH_ACCESS_KEY_ID is '${key.accessKeyId}', a key that this control plane has issued and keeps itself, ` +
          "with its own scope and end. Start without it, or give a key of another id",
      ),
    );
  });

  it("make room for new ones where they are dead, the oldest first, and only then", async () => {
    const keys = await open({ initial, mostKeys: 12 });
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) {
      now += 1000;
      ids.push((await keys.create({})).key.accessKeyId);
    }
    await assert.rejects(
      keys.create({}),
      refusal(
        "LimitExceededException",
        "there are 12 access keys, which is as many as are kept. Revoke those that are not used",
      ),
    );
    const [a = "", b = "", c = ""] = [ids[7], ids[3], ids[5]];
    for (const id of [a, b, c]) await keys.revoke(id);
    await keys.create({});
    assert.deepEqual(
      [a, b, c].map((id) => keys.find(id) !== undefined),
      [true, false, true],
    );
    assert.equal(keys.list().length, 13);
  });

  it("refuse what they do not understand, all of it at once", async () => {
    const keys = await open({ initial });
    const cases: [unknown, RegExp][] = [
      [{ account: "42" }, /^account: "42" was given; a string of exactly 12 digits is allowed\.$/],
      [{ scope: { meshes: [] } }, /^scope\.meshes: /],
      [{ scope: { meshes: ["a/b"] } }, /^scope\.meshes\[0\]: .*the name of a mesh, such as shop/],
      [{ scope: { meshes: [".."] } }, /^scope\.meshes\[0\]: /],
      [{ scope: { admin: true } }, /^scope\.admin: /],
      [{ expiresInSeconds: 0 }, /^expiresInSeconds: 0 was given/],
      [{ expiresInSeconds: 1e12 }, /^expiresInSeconds: /],
      [{ description: "a\nb" }, /^description: /],
      [{ description: "x".repeat(257) }, /^description: /],
      [{ secretAccessKey: "mine" }, /^secretAccessKey: /],
      [[], /./],
      ["text", /./],
      [{ account: "42", expiresInSeconds: -1 }, /account: .*expiresInSeconds: /],
    ];
    for (const [body, message] of cases) {
      await assert.rejects(keys.create(body), {
        name: "IdentityError",
        code: "BadRequestException",
        message,
      });
    }
    const { key } = await keys.create({});
    for (const body of [{ overlapSeconds: -1 }, { overlapSeconds: 1e9 }, { overlap: 1 }]) {
      await assert.rejects(keys.rotate(key.accessKeyId, body), { code: "BadRequestException" });
    }
    assert.equal(keys.list().length, 2);
  });
});
