import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { AccessKeys } from "../identity/access-keys.js";
import { ACCOUNT, type Harness, httpListener, meshHarness, REGION } from "../mesh/harness.test.support.js";
import { MeshSettingsOperations } from "../mesh/mesh-settings.js";
import { Operations } from "../mesh/operations.js";
import { Sharing } from "../mesh/sharing.js";
import { Tagging } from "../mesh/tagging.js";
import { Transactions } from "../mesh/transactions.js";
import { Audit } from "./audit.js";
import { type FromTo, fromTo } from "./audit-line.js";
import { createApi } from "./server.js";
import { callSigned, callWith } from "./signing.test.support.js";

const NOW = Date.UTC(2026, 10, 23, 10);
const KEY = { accessKeyId: "AKIDFIRST", secretAccessKey: "the-first-secret" };
const meshes = "/v20190125/meshes";
const ARN = `arn:aws:appmesh:${REGION}:${ACCOUNT}:`;

describe("The audit", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  let lines: Record<string, unknown>[];
  let trouble: string | undefined;
  let now: number;
  beforeEach(async () => {
    now = NOW;
    lines = [];
    trouble = undefined;
    mesh = await meshHarness();
    const { state, store } = mesh;
    const audit = new Audit({
      sink: {
        write: (line) => lines.push(JSON.parse(JSON.stringify(line))),
        trouble: () => trouble,
      },
      region: REGION,
      account: ACCOUNT,
      now: () => now,
    });
    const transactions = new Transactions(store, state, (change) => audit.changed(change));
    const clock = { now: () => NOW };
    api = createApi({
      operations: new Operations({ state, transactions, region: REGION, ...clock }),
      tagging: new Tagging({ state, transactions }),
      sharing: new Sharing({ state, transactions, ...clock }),
      settings: new MeshSettingsOperations({ state, transactions }),
      status: { unready: () => undefined, proxies: () => [] },
      account: ACCOUNT,
      region: REGION,
      accessKeys: await AccessKeys.open(store, { account: ACCOUNT, initial: KEY, ...clock }),
      audit,
      log: pino({ level: "silent" }),
      ...clock,
    });
  });
  afterEach(async () => {
    await api.close();
    await mesh.close();
  });
  const call = (method: string, url: string, body?: object, key = KEY) =>
    callSigned(api, key, method, url, body, new Date(NOW));

  /** The lines since the last look, without what differs from one run to another. */
  function told(): object[] {
    return lines.splice(0).map(({ requestId, peer, ...line }) => {
      assert.match(String(requestId), /^[0-9a-f-]{36}$/);
      assert.match(String(peer), /^127\.0\.0\.1:/);
      return line;
    });
  }
  const common = {
    time: "2026-11-23T10:00:00.000Z",
    event: "change",
    account: ACCOUNT,
    accessKeyId: KEY.accessKeyId,
  };

  it("tells each change once: who made it, to what, from what, to what", async () => {
    const node = `${meshes}/shop/virtualNodes/catalog`;
    const spec = { listeners: [httpListener()], serviceDiscovery: { dns: { hostname: "catalog.local" } } };
    const tag = `/v20190125/tag?resourceArn=${encodeURIComponent(`${ARN}mesh/shop`)}`;
    await call("PUT", meshes, { meshName: "shop", clientToken: "once" });
    await call("PUT", meshes, { meshName: "shop", clientToken: "once" });
    await call("GET", meshes);
    await call("PUT", `${meshes}/shop/virtualNodes`, { virtualNodeName: "catalog", spec: {} });
    await call("PUT", node, { spec });
    await call("PUT", node, { spec: { listeners: "none" } });
    await call("PUT", tag, { tags: [{ key: "team", value: "a" }] });
    await call("DELETE", node);
    await call("DELETE", node);
    const empty = { version: 1, spec: {}, tags: [] };
    const listening = { version: 2, spec, tags: [] };
    const arn = `${ARN}mesh/shop/virtualNode/catalog`;
    assert.deepEqual(told(), [
      {
        ...common,
        operation: "CreateMesh",
        arn: `${ARN}mesh/shop`,
        version: 1,
        from: null,
        to: { version: 1, spec: {}, tags: [] },
      },
      { ...common, operation: "CreateVirtualNode", arn, version: 1, from: null, to: empty },
      { ...common, operation: "UpdateVirtualNode", arn, version: 2, from: empty, to: listening },
      {
        ...common,
        operation: "TagResource",
        arn: `${ARN}mesh/shop`,
        version: 1,
        from: { version: 1, spec: {}, tags: [] },
        to: { version: 1, spec: {}, tags: [{ key: "team", value: "a" }] },
      },
      { ...common, operation: "DeleteVirtualNode", arn, version: 2, from: listening, to: null },
    ]);
  });

  it("tells what becomes of access keys, and never a secret", async () => {
    const { body } = await call("POST", "/v1/access-keys", { description: "CI", scope: { readOnly: true } });
    const { secretAccessKey, ...created } = body.accessKey;
    const rotated = await call("POST", `/v1/access-keys/${created.accessKeyId}/rotate`, {});
    const { secretAccessKey: second, ...by } = rotated.body.accessKey;
    const revoked = await call("DELETE", `/v1/access-keys/${created.accessKeyId}`);
    await call("DELETE", `/v1/access-keys/${created.accessKeyId}`);
    for (const secret of [secretAccessKey, second, KEY.secretAccessKey])
      assert.equal(JSON.stringify(lines).includes(secret), false);
    const key = (id: string) => `${ARN}access-key/${id}`;
    const replaced = { ...created, expiresAt: NOW / 1000 + 24 * 60 * 60, replacedBy: by.accessKeyId };
    assert.deepEqual(told(), [
      { ...common, operation: "CreateAccessKey", arn: key(created.accessKeyId), from: null, to: created },
      {
        ...common,
        operation: "RotateAccessKey",
        arn: key(created.accessKeyId),
        from: created,
        to: { replaced, by },
      },
      {
        ...common,
        operation: "RevokeAccessKey",
        arn: key(created.accessKeyId),
        from: replaced,
        to: revoked.body.accessKey,
      },
    ]);
  });

  it("tells who tried what they may not, and why they may not", async () => {
    const { accessKey: reader } = (await call("POST", "/v1/access-keys", { scope: { readOnly: true } })).body;
    await call("DELETE", `/v1/access-keys/${reader.accessKeyId}`);
    const { accessKey: other } = (await call("POST", "/v1/access-keys", { scope: { readOnly: true } })).body;
    told();
    await callWith(api, "GET", "/v1/proxies?secret=1", { host: "localhost" });
    await call("GET", meshes, undefined, reader);
    await call("GET", meshes, undefined, { accessKeyId: "AKIDNONE", secretAccessKey: "x" });
    await call("GET", meshes, undefined, { ...KEY, secretAccessKey: "guess" });
    await call("DELETE", `${meshes}/shop`, undefined, other);
    const refused = { time: common.time, event: "refused" };
    const list = { operation: "ListMeshes", method: "GET", path: meshes };
    assert.deepEqual(told(), [
      {
        ...refused,
        account: null,
        accessKeyId: null,
        operation: null,
        method: "GET",
        path: "/v1/proxies",
        errorCode: "MissingAuthenticationTokenException",
        reason: "Missing Authentication Token",
      },
      {
        ...refused,
        ...list,
        account: null,
        accessKeyId: reader.accessKeyId,
        errorCode: "UnrecognizedClientException",
        reason: "the access key is revoked",
      },
      {
        ...refused,
        ...list,
        account: null,
        accessKeyId: "AKIDNONE",
        errorCode: "UnrecognizedClientException",
        reason: "there is no such access key",
      },
      {
        ...refused,
        ...list,
        account: null,
        accessKeyId: KEY.accessKeyId,
        errorCode: "InvalidSignatureException",
        reason:
          "The request signature we calculated does not match the signature you provided. " +
          "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      },
      {
        ...refused,
        account: ACCOUNT,
        accessKeyId: other.accessKeyId,
        operation: "DeleteMesh",
        method: "DELETE",
        path: `${meshes}/shop`,
        errorCode: "ForbiddenException",
        reason:
          `User: arn:aws:iam::${ACCOUNT}:access-key/${other.accessKeyId} is not authorized to perform: ` +
          "appmesh:DeleteMesh on resource: * because the key is read-only",
      },
    ]);
  });

  it("is not filled by whoever has many requests refused, and tells how many there were", async () => {
    const refuse = () => callWith(api, "GET", meshes, { host: "localhost" });
    for (let n = 0; n < 250; n++) await refuse();
    assert.equal(lines.length, 200);
    now += 50;
    await refuse();
    assert.equal(lines.length, 200);
    now += 50;
    await refuse();
    await refuse();
    assert.equal(lines.length, 201);
    assert.equal(lines.at(-1)?.leftOut, 51);
    // Changes are told, whatever is refused.
    assert.equal((await call("PUT", meshes, { meshName: "shop" })).status, 200);
    assert.equal(lines.at(-1)?.operation, "CreateMesh");
    now += 3_600_000;
    for (let n = 0; n < 201; n++) await refuse();
    assert.equal(lines.length, 202 + 200);
    assert.deepEqual(
      lines
        .slice(202)
        .filter(({ leftOut }) => leftOut !== undefined)
        .map(({ leftOut }) => leftOut),
      [1],
    );
  });

  it("has no change made while it cannot be told", async () => {
    trouble = "the disk is full";
    assert.deepEqual(await call("PUT", meshes, { meshName: "shop" }), {
      status: 503,
      type: "ServiceUnavailableException",
      body: {
        message:
          "the audit cannot be written now, so that no change is made; the control plane's log says why",
      },
    });
    assert.equal((await call("POST", "/v1/access-keys", {})).status, 503);
    assert.deepEqual((await call("GET", meshes)).body, { meshes: [] });
    trouble = undefined;
    assert.equal((await call("PUT", meshes, { meshName: "shop" })).status, 200);
    assert.equal(lines.length, 1);
  });

  it("tells what is large by what differs, within bounds", () => {
    const small = { spec: { a: 1 } };
    assert.deepEqual(fromTo(undefined, small), { from: null, to: small });
    const items = Array.from({ length: 3000 }, (_, n) => `name-${n}`);
    const before = { version: 1, spec: { items, text: "x".repeat(1000), gone: true } };
    const after = { version: 2, spec: { items: items.with(7, "other"), text: "x".repeat(1000), added: [1] } };
    const { fromDigest, toDigest, ...line } = fromTo(before, after) as Extract<FromTo, { changes: unknown }>;
    for (const digest of [fromDigest, toDigest]) assert.match(digest ?? "", /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(line, {
      changes: [
        { path: "version", from: "1", to: "2" },
        { path: "spec.items.7", from: '"name-7"', to: '"other"' },
        { path: "spec.gone", from: "true" },
        { path: "spec.added", to: "[1]" },
      ],
    });
    const all = fromTo(before, { ...before, spec: { items: items.map((item) => `${item}!`.repeat(100)) } });
    assert.ok("changes" in all && all.changes.length === 100 && all.changesLeftOut === 2902);
    assert.ok(JSON.stringify(all).length < 50_000);
    const created = fromTo(undefined, after);
    assert.ok("changes" in created && created.fromDigest === null && JSON.stringify(created).length < 5000);
  });
});
