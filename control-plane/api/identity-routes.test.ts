import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { AccessKeys, type Credentials } from "../identity/access-keys.js";
import { makeAuthority } from "../identity/certificates.js";
import { AuthorityAway } from "../identity/issuer.js";
import { ProxyIdentities } from "../identity/proxies/proxy-identities.js";
import { CertificateError } from "../identity/server-certificate.js";
import {
  ACCOUNT,
  at,
  type Harness,
  meshHarness,
  OTHER,
  other,
  own,
  REGION,
} from "../mesh/harness.test.support.js";
import { Audit } from "./audit.js";
import { createApi } from "./server.js";
import { callSigned } from "./signing.test.support.js";

const path = "/v1/meshes/shop/identities";

describe("The API of proxies' identities", () => {
  let mesh: Harness;
  let api: FastifyInstance;
  let accessKeys: AccessKeys;
  let all: Credentials;
  /** Of an account with which the mesh is shared. */
  let theirs: Credentials;
  let told: Record<string, unknown>[];
  beforeEach(async () => {
    mesh = await meshHarness();
    told = [];
    const keys = await AccessKeys.open(mesh.store, { account: ACCOUNT });
    const { key, secretAccessKey } = await keys.create({});
    all = { accessKeyId: key.accessKeyId, secretAccessKey };
    const shared = await keys.create({ account: OTHER });
    theirs = { accessKeyId: shared.key.accessKeyId, secretAccessKey: shared.secretAccessKey };
    accessKeys = keys;
    api = await apiOf(
      await ProxyIdentities.open(mesh.store, { account: ACCOUNT, trustDomain: "appmesh.local" }),
    );
    await mesh.build(["mesh", ["shop"]]);
  });
  async function apiOf(identities: ProxyIdentities): Promise<FastifyInstance> {
    const sink = { write: (line: object) => void told.push({ ...line }), trouble: () => undefined };
    return createApi({
      ...mesh,
      identities,
      status: { unready: () => undefined, proxies: () => [] },
      account: ACCOUNT,
      region: REGION,
      accessKeys,
      audit: new Audit({ sink, region: REGION, account: ACCOUNT }),
      log: pino({ level: "silent" }),
    });
  }
  afterEach(async () => {
    await api.close();
    await mesh.close();
  });
  const call = (method: string, url: string, body?: object) =>
    callSigned(api, all, method, url, body, new Date());

  it("tells what is secret once, and keeps none of it", async () => {
    const { status, body } = await call("POST", path, { virtualNode: "catalog", expiresInSeconds: 3600 });
    assert.equal(status, 200);
    const { identity, certificate, privateKey, trust } = body;
    const { identityId, createdAt } = identity;
    assert.deepEqual(identity, {
      identityId,
      kind: "certificate",
      virtualNode: "catalog",
      nodeId: `mesh/shop@${ACCOUNT}/virtualNode/catalog`,
      createdAt,
      expiresAt: createdAt + 3600,
      status: "Active",
    });
    assert.match(certificate, /^-----BEGIN CERTIFICATE-----/);
    assert.match(privateKey, /^-----BEGIN PRIVATE KEY-----/);
    assert.match(trust, /^-----BEGIN CERTIFICATE-----/);
    const token = (await call("POST", path, { virtualGateway: "edge", kind: "token" })).body.token as string;
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);

    const { records } = await mesh.store.load();
    const kept = [...records.values()].join("\n");
    const secrets = [privateKey.split("\n")[1], token.split(".")[2], token.split(".")[1]];
    assert.deepEqual(
      secrets.filter((secret) => kept.includes(secret) || JSON.stringify(told).includes(secret)),
      [],
    );
    assert.deepEqual(told.map(({ operation, arn }) => [operation, arn]).slice(0, 1), [
      ["IssueProxyIdentity", `arn:aws:appmesh:${REGION}:${ACCOUNT}:proxy-identity/${identityId}`],
    ]);

    const listed = (await call("GET", path)).body.identities;
    assert.deepEqual(
      listed.find((each: { identityId: string }) => each.identityId === identityId),
      identity,
    );
    assert.deepEqual(
      listed
        .map(({ virtualNode, virtualGateway }: Record<string, string>) => virtualNode ?? virtualGateway)
        .sort(),
      ["catalog", "edge"],
    );
    const revoked = (await call("DELETE", `${path}/${identityId}`)).body.identity;
    assert.equal(revoked.status, "Revoked");
    assert.deepEqual((await call("DELETE", `${path}/${identityId}`)).body.identity, revoked);
  });

  const message = async (method: string, url: string, body?: object) => {
    const { status, type, body: answer } = await call(method, url, body);
    return [status, type, answer.message];
  };
  const bad = (text: string) => [400, "BadRequestException", text];

  it("refuses what makes no sense, and says why", async () => {
    assert.deepEqual(
      await message("POST", path, {}),
      bad("neither virtualNode nor virtualGateway was given; exactly one of them is required."),
    );
    assert.deepEqual(
      await message("POST", path, { virtualNode: "a", virtualGateway: "b" }),
      bad(
        "virtualNode and virtualGateway were given; exactly one of virtualNode and virtualGateway is allowed.",
      ),
    );
    assert.deepEqual(
      await message("POST", path, { virtualNode: "a", expiresInSeconds: 1 }),
      bad("expiresInSeconds: 1 was given; an integer from 60 to 34300800 is allowed."),
    );
    assert.deepEqual(
      await message("POST", path, { virtualNode: "a", kind: "password" }),
      bad('kind: "password" was given; "certificate" or "token" is allowed.'),
    );
    assert.deepEqual(await message("POST", "/v1/meshes/bank/identities", { virtualNode: "a" }), [
      404,
      "NotFoundException",
      `Mesh with name bank is not present for account ${ACCOUNT}`,
    ]);
    assert.deepEqual(await message("DELETE", `${path}/none`), [
      404,
      "NotFoundException",
      "nothing of the id 'none' was issued to a proxy of mesh shop",
    ]);
    assert.deepEqual(
      await message("POST", "/v1/identities/authorities", { purpose: "both" }),
      bad('purpose: "both" was given; "proxies" or "workloads" is allowed.'),
    );
    assert.deepEqual(
      await message("POST", "/v1/identities/revoke", { serialNumber: "12:34" }),
      bad(
        'serialNumber: "12:34" was given; a string of 1 to 40 characters hexadecimal digits, without what may stand between them is allowed.',
      ),
    );
  });

  it("tells authorities without their keys, and keeps the one that signs", async () => {
    await call("POST", path, { virtualNode: "catalog" });
    const { authorities, tokenKeys, trust } = (await call("GET", "/v1/identities/authorities")).body;
    assert.deepEqual(
      authorities.map((authority: object) => Object.keys(authority).sort()),
      [["authorityId", "certificate", "createdAt", "expiresAt", "purpose", "signs"]],
    );
    assert.deepEqual([tokenKeys, trust], [[], authorities[0].certificate]);
    const { authorityId } = authorities[0];
    assert.deepEqual(await message("DELETE", `/v1/identities/authorities/${authorityId}`), [
      409,
      "ConflictException",
      `authority '${authorityId}' signs the certificates of proxies. Create and use another one first`,
    ]);
    assert.deepEqual(await message("POST", "/v1/identities/authorities/none/use", {}), [
      404,
      "NotFoundException",
      "there is no authority 'none'",
    ]);
  });

  it("are told to come again where what signs them is away, and why it does not sign", async () => {
    const { certificate } = await makeAuthority("elsewhere", {
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 60_000),
    });
    let failure: Error = new AuthorityAway("the authority at PLACE is away");
    const issue = () => Promise.reject(failure);
    const open = async () => ({ certificate, issuers: "", anchor: certificate, issue });
    const identities = await ProxyIdentities.open(mesh.store, {
      account: ACCOUNT,
      trustDomain: "appmesh.local",
      authorityPlaces: { open },
    });
    await identities.authorities.register("proxies", "PLACE");
    await api.close();
    api = await apiOf(identities);
    assert.deepEqual(await message("POST", path, { virtualNode: "catalog" }), [
      503,
      "ServiceUnavailableException",
      "the authority at PLACE is away",
    ]);
    failure = new CertificateError("the authority at PLACE cannot be used: its key is disabled");
    assert.deepEqual(await message("POST", path, { virtualNode: "catalog" }), [
      409,
      "ConflictException",
      "the authority at PLACE cannot be used: its key is disabled",
    ]);
  });

  describe("of a mesh that is shared", () => {
    const shared = `${path}?meshOwner=${ACCOUNT}`;
    const asOther = (method: string, url: string, body?: object) =>
      callSigned(api, theirs, method, url, body, new Date());
    const refused = async (method: string, url: string, body?: object) => {
      const { status, type, body: answer } = await asOther(method, url, body);
      return [status, type, answer.message];
    };
    const invisible = [404, "NotFoundException", `Mesh with name shop is not present for account ${ACCOUNT}`];
    const forbidden = (what: string, owner: string) => [
      403,
      "ForbiddenException",
      `account ${OTHER} may not say who the proxies of ${what} are: only the account that created it, ${owner}, and the mesh's ` +
        `owner, ${ACCOUNT}, may`,
    ];
    beforeEach(async () => {
      await mesh.build(
        ["virtualNode", ["shop", "catalog"], {}],
        ["virtualGateway", ["shop", "edge"], { listeners: [] }],
      );
      await mesh.sharing.share(own, "shop", OTHER);
      await mesh.operations.create(other, "virtualNode", at("mesh", "shop"), {
        virtualNodeName: "reviews",
        spec: {},
      });
    });

    it("are issued by the account that has created the virtual node, for it and for no other", async () => {
      const { status, body } = await asOther("POST", shared, { virtualNode: "reviews" });
      const { identityId, createdAt, expiresAt } = body.identity;
      assert.equal(status, 200);
      assert.deepEqual(body.identity, {
        identityId,
        kind: "certificate",
        virtualNode: "reviews",
        nodeId: `mesh/shop@${ACCOUNT}/virtualNode/reviews`,
        account: OTHER,
        createdAt,
        expiresAt,
        status: "Active",
      });
      assert.deepEqual(
        await refused("POST", shared, { virtualNode: "catalog" }),
        forbidden("VirtualNode catalog", ACCOUNT),
      );
      assert.deepEqual(
        await refused("POST", shared, { virtualGateway: "edge" }),
        forbidden("VirtualGateway edge", ACCOUNT),
      );
      assert.deepEqual(
        await refused("POST", `${path}/revoke?meshOwner=${ACCOUNT}`, { virtualNode: "catalog" }),
        forbidden("VirtualNode catalog", ACCOUNT),
      );
      const [code] = await refused("POST", shared, { virtualNode: "none" });
      assert.equal(code, 404);
      // Without the owner, it is a mesh of its own that it asks for.
      assert.deepEqual((await refused("POST", path, { virtualNode: "reviews" }))[0], 404);
    });

    it("are listed and taken back by that account as far as they are its own, and by the mesh's owner", async () => {
      const owners = (await call("POST", path, { virtualNode: "catalog" })).body.identity;
      const issued = (await asOther("POST", shared, { virtualNode: "reviews", kind: "token" })).body.identity;
      const ids = (answer: { body: { identities: { identityId: string }[] } }) =>
        answer.body.identities.map(({ identityId }) => identityId).sort();
      assert.deepEqual(ids(await asOther("GET", shared)), [issued.identityId]);
      assert.deepEqual(ids(await call("GET", path)), [owners.identityId, issued.identityId].sort());
      assert.deepEqual(await refused("DELETE", `${path}/${owners.identityId}?meshOwner=${ACCOUNT}`), [
        404,
        "NotFoundException",
        `nothing of the id '${owners.identityId}' was issued to a proxy of mesh shop`,
      ]);
      const all = await asOther("POST", `${path}/revoke?meshOwner=${ACCOUNT}`, { virtualNode: "reviews" });
      assert.equal(all.status, 200);
      const [listed] = (await asOther("GET", shared)).body.identities;
      assert.deepEqual([listed.status, listed.revokedAt], ["Revoked", all.body.revokedAt]);

      // Once it is shared no longer, it is the owner's alone.
      const last = (await asOther("POST", shared, { virtualNode: "reviews" })).body.identity;
      await mesh.sharing.unshare(own, "shop", OTHER);
      for (const [method, url] of [
        ["GET", shared],
        ["POST", shared],
        ["DELETE", `${path}/${last.identityId}?meshOwner=${ACCOUNT}`],
      ] as const) {
        assert.deepEqual(
          await refused(method, url, method === "POST" ? { virtualNode: "reviews" } : undefined),
          invisible,
        );
      }
      assert.equal((await call("DELETE", `${path}/${last.identityId}`)).body.identity.status, "Revoked");
    });
  });
});
