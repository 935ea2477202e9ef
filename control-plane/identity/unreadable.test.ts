// Records that cannot be read, for each kind that says who may call and connect: they let nobody in, all others go on, and
// nothing is written over them.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../store/sqlite-store.js";
import { UnreadableRecord, UnreadableRecords } from "../store/unreadable-records.js";
import { AccessKeys } from "./access-keys.js";
import { IdentityError } from "./errors.js";
import { ProofError } from "./proxies/proof.js";
import { type Issued, ProxyIdentities } from "./proxies/proxy-identities.js";
import type { ProxyName } from "./proxies/proxy-name.js";

const ACCOUNT = "123456789012";
const mesh = { meshName: "shop", meshOwner: ACCOUNT };
const v1: ProxyName = { ...mesh, kind: "virtualNode", name: "v1" };

interface World {
  readonly keys: AccessKeys;
  readonly identities: ProxyIdentities;
  /** What is told of records that cannot be read. */
  readonly told: string[];
}

describe("A record of who may call and connect that cannot be read", () => {
  let folder: string;
  let store: SqliteStore;
  /** Of a process that runs, and of one that is started later. */
  let running: World;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "appmesh-unreadable-"));
    store = SqliteStore.open(folder);
    running = await start();
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function start(): Promise<World> {
    const told: string[] = [];
    const unreadable = new UnreadableRecords((news) =>
      told.push(news instanceof UnreadableRecord ? news.message : `${news.readable} can be read`),
    );
    const options = { account: ACCOUNT, trustDomain: "appmesh.local", unreadable };
    const keys = await AccessKeys.open(store, options);
    return { keys, identities: await ProxyIdentities.open(store, options), told };
  }

  const records = async () => (await store.load()).records;
  async function keyUnder(prefix: string): Promise<string> {
    const found = [...(await records()).keys()].filter((key) => key.startsWith(prefix));
    assert.equal(found.length, 1, found.join());
    return found[0] as string;
  }
  /** Changes a record as something outside does; returns what it was. */
  async function change(key: string, changed: (value: string) => string): Promise<string> {
    const { revision, records } = await store.load();
    const value = records.get(key) as string;
    await store.commit(revision, [{ key, value: changed(value) }]);
    return value;
  }
  const put = (key: string, value: string) => change(key, () => value);

  const sentence = (key: string, reason: string) =>
    `the record ${key} of the store cannot be read: ${reason}. It is not served, and nothing is written over it. If a later ` +
    "release of appmesh wrote it, start that one; if it is damaged, bring it back: docs/operations.md tells how";
  const refuses = (call: () => Promise<unknown>, key: string, reason: string) =>
    assert.rejects(call, new IdentityError("InternalServerErrorException", sentence(key, reason)));

  const altered = (alter: object) => (value: string) => JSON.stringify({ ...JSON.parse(value), ...alter });
  const damages: readonly [says: string, reason: string, damage: (value: string) => string][] = [
    ["cut off", "it is no JSON", (value) => value.slice(0, -20)],
    ["null", "it is null, and no JSON object", () => "null"],
    ["of a time that is none", "createdAt is string, and not number", altered({ createdAt: "now" })],
  ];

  it("may be an access key: it opens nothing, and the API stays closed", async () => {
    const { key, secretAccessKey } = await running.keys.create({});
    const second = await running.keys.create({});
    const stored = `identity/access-keys/${key.accessKeyId}`;
    for (const [, reason, damage] of [
      ...damages,
      ["", "scope is null, and not object", altered({ scope: null })] as const,
      ["", "scope.meshes is string, and not list", altered({ scope: { meshes: "shop" } })] as const,
      ["", "scope.readOnly is string, and not boolean", altered({ scope: { readOnly: "" } })] as const,
      ["", "expiresAt is null, and not number", altered({ expiresAt: null })] as const,
      ["", "revokedAt is list, and not number", altered({ revokedAt: [] })] as const,
    ]) {
      const before = await change(stored, damage);
      const damaged = (await records()).get(stored);
      const started = await start();
      assert.deepEqual(started.told, [sentence(stored, reason)]);
      // What is told of it is not what is in it.
      assert.equal(started.told.join().includes(secretAccessKey.slice(0, 8)), false);
      for (const { keys } of [running, started]) {
        assert.equal(keys.find(key.accessKeyId), undefined);
        assert.equal(keys.find(second.key.accessKeyId)?.secretAccessKey, second.secretAccessKey);
        assert.equal(keys.required, true);
        await refuses(() => keys.revoke(key.accessKeyId), stored, reason);
        await refuses(() => keys.describe(key.accessKeyId, {}), stored, reason);
      }
      assert.equal((await records()).get(stored), damaged);
      await put(stored, before);
      assert.equal(running.keys.find(key.accessKeyId)?.secretAccessKey, secretAccessKey);
    }
    // Where it is the only one, too.
    const { revision } = await store.load();
    await store.commit(revision, [
      { key: `identity/access-keys/${second.key.accessKeyId}`, value: undefined },
      { key: stored, value: "{" },
    ]);
    assert.equal((await start()).keys.required, true);
    assert.equal(running.keys.required, true);
  });

  /** The proof that a token is; as a stream that is open has it. */
  const proofOf = (world: World, { token }: Issued) =>
    world.identities.prove({ tls: undefined, authorization: `Bearer ${token}` });
  const unreadableProof = new ProofError(
    "unavailable",
    "what is known of what the proxy has shown cannot be read; the log of the control plane says what to do",
  );
  async function lets(world: World, issued: Issued): Promise<boolean> {
    try {
      const proof = await proofOf(world, issued);
      assert.ok(proof);
      world.identities.check(proof, v1);
      return true;
    } catch (error) {
      assert.ok(error instanceof ProofError, String(error));
      return false;
    }
  }

  it("may be what a proxy was given: that one gets in no more, and who is in is sent away", async () => {
    const issued = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    const another = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    const stored = `identity/proxies/issued/${issued.identity.identityId}`;
    const open = await proofOf(running, issued);
    assert.ok(open);
    for (const [, reason, damage] of [
      ...damages,
      ["", "proxy names none", altered({ proxy: "mesh/shop" })] as const,
      ["", "revokedAt is string, and not number", altered({ revokedAt: "yes" })] as const,
    ]) {
      const before = await change(stored, damage);
      const damaged = (await records()).get(stored);
      const started = await start();
      assert.deepEqual(started.told, [sentence(stored, reason)]);
      assert.throws(() => running.identities.check(open, v1), unreadableProof);
      for (const world of [running, started]) {
        assert.deepEqual([await lets(world, issued), await lets(world, another)], [false, true]);
        await refuses(() => world.identities.revoke(mesh, issued.identity.identityId), stored, reason);
      }
      assert.equal((await records()).get(stored), damaged);
      await put(stored, before);
      assert.equal(await lets(running, issued), true);
    }
  });

  it("may be that a node's proofs were taken back: none of it gets in, and it is not forgotten", async () => {
    const issued = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    await running.identities.revokeProxy(mesh, { virtualNode: "v1" });
    const later = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    const stored = await keyUnder("identity/proxies/proxies/");
    const before = await put(stored, '{"revokedAt":"later"}');
    const started = await start();
    for (const world of [running, started]) {
      assert.deepEqual([await lets(world, issued), await lets(world, later)], [false, false]);
      const revoke = () => world.identities.revokeProxy(mesh, { virtualNode: "v1" });
      await refuses(revoke, stored, "revokedAt is string, and not number");
    }
    await put(stored, before);
    assert.equal(await lets(started, issued), false);
  });

  it("may be that another authority's certificate was taken back: it stays so", async () => {
    await running.identities.revokeCertificate({ serialNumber: "0A" });
    const stored = "identity/proxies/certificates/a";
    await put(stored, "[]");
    const proof = {
      kind: "certificate",
      id: "0a",
      issuedAt: 0,
      expiresAt: Number.POSITIVE_INFINITY,
      proxies: [v1],
      isBelieved: () => true,
    } as const;
    assert.throws(() => running.identities.check(proof, v1), unreadableProof);
    await refuses(
      () => running.identities.revokeCertificate({ serialNumber: "0A" }),
      stored,
      "it is list, and no JSON object",
    );
  });

  it("may be the key of tokens: those are refused, and no other key is made in its place", async () => {
    const issued = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    const stored = await keyUnder("identity/token-keys/");
    for (const [reason, damage] of [
      ["privateKey is missing, and not string", altered({ privateKey: undefined })],
      [
        "what is in it has a form that is not known here",
        altered({ privateKey: "-----BEGIN PRIVATE KEY-----" }),
      ],
      ["it is no JSON", () => ""],
    ] as const) {
      const before = await change(stored, damage);
      const started = await start();
      assert.deepEqual(started.told, [sentence(stored, reason)]);
      for (const world of [running, started]) {
        assert.equal(await lets(world, issued), false);
        await refuses(
          () => world.identities.issue(mesh, { virtualNode: "v1", kind: "token" }),
          stored,
          reason,
        );
      }
      assert.equal(await keyUnder("identity/token-keys/"), stored);
      await put(stored, before);
      assert.equal(await lets(started, issued), true);
    }
  });

  it("may be an authority: it is not trusted, and no other one is made in its place", async () => {
    await running.identities.issue(mesh, { virtualNode: "v1" });
    const stored = await keyUnder("identity/authorities/");
    const trust = running.identities.authorities.trust("proxies");
    for (const [reason, damage] of [
      ["signs is string, and not boolean", altered({ signs: "" })],
      ["what is in it has a form that is not known here", altered({ certificate: "?" })],
      [
        "it has no key, and no place of one, or a purpose that is not known here",
        altered({ key: undefined, place: "arn:of-a-later-kind" }),
      ],
      [
        "it has no key, and no place of one, or a purpose that is not known here",
        altered({ purpose: "laterThanThis" }),
      ],
    ] as const) {
      const before = await change(stored, damage);
      const started = await start();
      assert.deepEqual(started.told, [sentence(stored, reason)]);
      for (const { identities } of [running, started]) {
        assert.deepEqual(identities.authorities.list(), []);
        assert.deepEqual([identities.authorities.areAll, identities.trust()], [false, []]);
        await refuses(() => identities.issue(mesh, { virtualNode: "v1" }), stored, reason);
        await refuses(() => identities.authorities.use(stored.split("/").at(-1) ?? ""), stored, reason);
      }
      assert.equal(await keyUnder("identity/authorities/"), stored);
      await put(stored, before);
      assert.equal(running.identities.authorities.trust("proxies"), trust);
    }
  });

  it("is none where a later release keeps more in it, or beside it; that is not lost when it is changed", async () => {
    const { key } = await running.keys.create({});
    await running.keys.create({});
    const issued = await running.identities.issue(mesh, { virtualNode: "v1", kind: "token" });
    await running.identities.issue(mesh, { virtualNode: "v1" });
    await running.identities.revokeProxy(mesh, { virtualNode: "v2" });
    const later = { later: { a: 1 } };
    for (const stored of (await records()).keys()) await change(stored, altered(later));
    const { revision } = await store.load();
    await store.commit(revision, [{ key: "identity/proxies/later/x", value: "[1]" }]);
    const started = await start();
    assert.deepEqual([started.told, running.told], [[], []]);
    assert.equal(await lets(started, issued), true);
    await started.keys.describe(key.accessKeyId, { description: "of a test" });
    await started.keys.rotate(key.accessKeyId, {});
    await started.identities.revoke(mesh, issued.identity.identityId);
    await started.identities.revokeProxy(mesh, { virtualNode: "v2" });
    await started.identities.tokenKeys.rotate(60);
    const another = await started.identities.authorities.create("proxies");
    await started.identities.authorities.use(another.authorityId);
    const all = await records();
    const kept = [...all].filter(([, value]) => value.includes('"later":{"a":1}')).map(([name]) => name);
    // All but those that are new: the key that takes the place of one, the token's key, and the authority.
    assert.equal(kept.length, all.size - 4);
    assert.equal(all.get("identity/proxies/later/x"), "[1]");
  });
});
