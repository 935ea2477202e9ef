import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ProxyIdentities,
  type ProxyIdentitiesOptions,
} from "@pulumi-appmesh/control-plane/identity/proxies/proxy-identities.js";
import { authoritiesIn, ProxyAccess } from "@pulumi-appmesh/control-plane/proxy-access.js";
import { SqliteStore } from "@pulumi-appmesh/control-plane/store/sqlite-store.js";
import { RefusalLog } from "@pulumi-appmesh/control-plane/xds/refusal-log.js";
import { XdsServer } from "@pulumi-appmesh/control-plane/xds/server.js";
import type { Address } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { exportJWK, SignJWT } from "jose";
import { pino } from "pino";
import { AdsClient, type ShownByClient } from "../support/ads-client.js";
import { TestAuthority } from "../support/certificates.js";
import { temporaryFolder } from "../support/control-plane.js";
import { edsCluster, FakeMesh } from "../support/fake-mesh.js";

const ACCOUNT = "123456789012";
const shop = { meshName: "shop", meshOwner: ACCOUNT };
const OTHER = "210987654321";
const minute = 60_000;
const web = `mesh/shop@${ACCOUNT}/virtualNode/web`;

interface WorldOptions extends Partial<ProxyIdentitiesOptions> {
  /** Files of further authorities. */
  readonly authorities?: readonly string[];
}

/** An xDS server over TLS, one that asks for no proof, and one in plain text. */
class World {
  /** How far the control plane's clock is off, in milliseconds. */
  skew = 0;
  identities!: ProxyIdentities;
  server!: XdsServer;
  proven!: Address;
  trusted!: Address;
  loopback!: Address;
  log = "";
  readonly refused: number[] = [];
  /** How many configurations were made for proxies that are told nothing secret. */
  unproven = 0;
  readonly #closers: (() => unknown)[] = [];

  static async start({ authorities = [], ...options }: WorldOptions = {}): Promise<World> {
    const world = new World();
    const log = pino({ level: "trace" }, { write: (line: string) => (world.log += line) });
    const store = SqliteStore.open(temporaryFolder());
    world.identities = await ProxyIdentities.open(store, {
      account: ACCOUNT,
      trustDomain: "appmesh.local",
      furtherTrust: authoritiesIn(authorities, log),
      now: () => Date.now() + world.skew,
      ...options,
    });
    const onRefused = ({ code }: { code: number }) => world.refused.push(code);
    const refusals = new RefusalLog({ log });
    const access = await ProxyAccess.open({
      identities: world.identities,
      account: ACCOUNT,
      certificate: { names: ["127.0.0.1"] },
      log,
      refusals,
      onRefused,
    });
    const mesh = new FakeMesh({
      web: { clusters: [edsCluster("a")] },
      other: { clusters: [edsCluster("b")] },
    });
    world.server = new XdsServer({
      source: mesh,
      translate: (entities, proxy) => {
        if (proxy.unproven) world.unproven++;
        return mesh.translate(entities, proxy);
      },
      log,
      onRefused,
      timing: { recheckMillis: 20, closeMillis: 100 },
    });
    world.proven = await world.server.listen("127.0.0.1", 0, access.overTls(true));
    world.trusted = await world.server.listen("127.0.0.1", 0, access.overTls(false));
    world.loopback = await world.server.listen("127.0.0.1", 0, access.loopback());
    world.#closers.push(
      () => world.server.close(),
      () => access.close(),
      () => store.close(),
    );
    return world;
  }

  /** A proxy that asks for clusters; it trusts the control plane's authorities. */
  open(shown: ShownByClient, nodeId = web, address = this.proven): AdsClient {
    const trust = this.identities.authorities.trust("proxies");
    const client = new AdsClient(
      address,
      "incremental",
      address === this.loopback ? shown : { trust, ...shown },
    );
    this.#closers.unshift(() => client.close());
    client.send({ nodeId, kind: "clusters" });
    return client;
  }

  /** How a stream ends. */
  async end(shown: ShownByClient, nodeId?: string, address?: Address) {
    const { code, details } = await this.open(shown, nodeId, address).ended;
    return { code, details };
  }

  async token(body: object = {}): Promise<string> {
    const { token } = await this.identities.issue(shop, { virtualNode: "web", kind: "token", ...body });
    return token as string;
  }

  async certificate(body: object = {}) {
    const {
      identity,
      certificate = "",
      privateKey = "",
    } = await this.identities.issue(shop, {
      virtualNode: "web",
      ...body,
    });
    return { id: identity.identityId, certificate: { certificate, key: privateKey } };
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

const denied = (what: string) => ({
  code: 7,
  details: `the proxy is not one of mesh/shop@${ACCOUNT}/virtualNode/other: ${what}`,
});
const isProofOfWeb = `what it has shown is a proof of ${web}`;
const unauthenticated = (details: string) => ({ code: 16, details });
const takenBack = unauthenticated(
  "what the proxy has shown has been taken back. Issue it another one, by appmesh identities issue",
);
const refusedCertificate = (why: string) =>
  unauthenticated(
    `the proxy's certificate is refused: ${why}. Give it one of the control plane's authority, by appmesh identities ` +
      "issue, or of one that --proxy-ca names",
  );
const notOurs = unauthenticated("the proxy's token is none that this control plane has issued");
const expiredToken = unauthenticated("the proxy's token has expired");
const noLonger = unauthenticated("what the proxy has shown is signed with what is not trusted any more");
const nothingShown = unauthenticated(
  "the proxy has not shown who it is: give it a certificate or a token, by appmesh identities issue",
);

describe("A proxy off this machine", function () {
  this.timeout(180_000);
  let world: World;
  afterEach(() => world.stop());
  const clusters = async (client: AdsClient) => (await client.next()).names;

  it("gets the configuration of the node that its certificate names, and of no other", async () => {
    world = await World.start();
    const { id, certificate } = await world.certificate();
    assert.deepEqual(await clusters(world.open({ certificate })), ["a"]);
    // Without an owner, the mesh is the control plane's own account's.
    assert.deepEqual(await clusters(world.open({ certificate }, "mesh/shop/virtualNode/web")), ["a"]);
    assert.deepEqual(
      world.server.proxies().map(({ identity }) => identity),
      [`certificate ${id}`, `certificate ${id}`],
    );
    for (const [nodeId, name] of [
      [`mesh/shop@${ACCOUNT}/virtualNode/other`, `mesh/shop@${ACCOUNT}/virtualNode/other`],
      [`mesh/shop@${ACCOUNT}/virtualGateway/web`, `mesh/shop@${ACCOUNT}/virtualGateway/web`],
      ["mesh/shop@210987654321/virtualNode/web", "mesh/shop@210987654321/virtualNode/web"],
      ["mesh/shop2/virtualNode/web", `mesh/shop2@${ACCOUNT}/virtualNode/web`],
    ] as const) {
      assert.deepEqual(await world.end({ certificate }, nodeId), {
        code: 7,
        details: `the proxy is not one of ${name}: ${isProofOfWeb}`,
      });
    }
    assert.deepEqual(world.refused, [7, 7, 7, 7]);
  });

  it("gets the configuration of the node that its token is for, and of no other", async () => {
    world = await World.start();
    const token = await world.token();
    assert.deepEqual(await clusters(world.open({ authorization: token })), ["a"]);
    assert.deepEqual(await clusters(world.open({ authorization: `Bearer ${token}` })), ["a"]);
    const other = `mesh/shop@${ACCOUNT}/virtualNode/other`;
    assert.deepEqual(await world.end({ authorization: token }, other), denied(isProofOfWeb));
  });

  it("gets nothing where it shows nothing, or nothing genuine", async () => {
    world = await World.start();
    const other = await World.start();
    const token = await world.token();
    const [header = "", payload = "", signature = ""] = token.split(".");
    const forged = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(payload, "base64url").toString()),
        sub: `mesh/shop@${ACCOUNT}/virtualNode/other`,
      }),
    ).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const stranger = await other.certificate();
    const foreignToken = await other.token();
    await other.stop();
    const notSigned =
      "the proxy's token is signed with a key that this control plane does not have, or has no longer";
    const cases: [ShownByClient, ReturnType<typeof unauthenticated>][] = [
      [{}, nothingShown],
      [{ authorization: "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/appmesh" }, nothingShown],
      [{ authorization: "nonsense" }, notOurs],
      [{ authorization: "Basic dXNlcjpwYXNz" }, notOurs],
      [{ authorization: `${header}.${forged}.${signature}` }, notOurs],
      [{ authorization: `${none}.${payload}.` }, unauthenticated(notSigned)],
      [{ authorization: foreignToken }, unauthenticated(notSigned)],
      [
        { certificate: stranger.certificate },
        refusedCertificate("it is of an authority that is not trusted"),
      ],
      // A certificate that is refused is not made up for by a token.
      [
        { certificate: stranger.certificate, authorization: token },
        refusedCertificate("it is of an authority that is not trusted"),
      ],
    ];
    for (const [shown, refusal] of cases) assert.deepEqual(await world.end(shown), refusal);
    assert.deepEqual(
      world.refused,
      cases.map(() => 16),
    );
  });

  it("is sent away when what it has shown ends, and not let in with it again", async () => {
    world = await World.start();
    const token = await world.token({ expiresInSeconds: 60 });
    const { certificate } = await world.certificate({ expiresInSeconds: 60 });
    const [byToken, byCertificate] = [world.open({ authorization: token }), world.open({ certificate })];
    await clusters(byToken);
    await clusters(byCertificate);
    world.skew = 61_000;
    const ended = unauthenticated("the proxy's certificate has expired");
    assert.deepEqual(await status(byToken), expiredToken);
    assert.deepEqual(await status(byCertificate), ended);
    // Whoever stole them has nothing any more.
    assert.deepEqual(await world.end({ authorization: token }), expiredToken);
    assert.deepEqual(await world.end({ certificate }), ended);
  });

  it("is believed where clocks are five minutes apart", async () => {
    world = await World.start();
    world.skew = 5 * minute;
    const [token, { certificate }] = [await world.token(), await world.certificate()];
    world.skew = 1000;
    assert.deepEqual(await clusters(world.open({ authorization: token })), ["a"]);
    assert.deepEqual(await clusters(world.open({ certificate })), ["a"]);
  });

  it("is sent away when its certificate, its token or all of its node's are taken back", async () => {
    world = await World.start();
    const token = await world.token();
    const [first, second] = [await world.certificate(), await world.certificate()];
    const clients = {
      token: world.open({ authorization: token }),
      first: world.open({ certificate: first.certificate }),
      second: world.open({ certificate: second.certificate }),
    };
    for (const client of Object.values(clients)) await clusters(client);
    await world.identities.revoke(shop, first.id);
    assert.deepEqual(await status(clients.first), takenBack);
    assert.deepEqual(await world.end({ certificate: first.certificate }), takenBack);
    assert.equal(world.server.proxies().length, 2);
    await world.identities.revokeProxy(shop, { virtualNode: "web" });
    assert.deepEqual(await status(clients.token), takenBack);
    assert.deepEqual(await status(clients.second), takenBack);
    assert.deepEqual(await world.end({ authorization: token }), takenBack);
    // What is issued after it is believed.
    world.skew = 1000;
    assert.deepEqual(await clusters(world.open({ authorization: await world.token() })), ["a"]);
    assert.deepEqual(
      world.identities
        .list(shop)
        .map(({ kind, revokedAt }) => `${kind} ${revokedAt === undefined ? "" : "revoked"}`)
        .sort(),
      ["certificate revoked", "certificate revoked", "token ", "token revoked"],
    );
  });

  it("is that of the account that was issued its proof, as long as the virtual node is", async () => {
    let owner: string | undefined = OTHER;
    world = await World.start({ ownerOf: () => owner });
    const issued = await world.identities.issue(shop, { virtualNode: "web" }, OTHER);
    const certificate = { certificate: issued.certificate ?? "", key: issued.privateKey ?? "" };
    const client = world.open({ certificate });
    assert.deepEqual(await clusters(client), ["a"]);
    const theirs = {
      code: 7,
      details: `the proxy is not one of ${web} of account ${OTHER}, which what it has shown is a proof of`,
    };
    for (const now of [ACCOUNT, undefined]) {
      owner = now;
      assert.deepEqual(await world.end({ certificate }), theirs);
    }
    // Found by itself; entities that change say so at once.
    const { code, details } = await client.ended;
    assert.deepEqual({ code, details }, theirs);
    owner = OTHER;
    assert.deepEqual(await clusters(world.open({ certificate })), ["a"]);
  });

  it("may have a certificate of the user's own authority, several at once, until it is taken back", async () => {
    const [own, next, stranger] = [
      await TestAuthority.make("own"),
      await TestAuthority.make("next"),
      await TestAuthority.make("stranger"),
    ];
    world = await World.start({ authorities: [own.certificateFile, next.certificateFile] });
    const uris = ["spiffe://appmesh.local/mesh/shop/virtualNode/web"];
    const certificateOf = async (authority: TestAuthority, options: object = {}) => {
      const { chain, key } = await authority.issue({ uris, usages: ["client"], ...options });
      return { certificate: chain, key };
    };
    for (const authority of [own, next, await own.intermediate()]) {
      const certificate = await certificateOf(authority);
      assert.deepEqual(await clusters(world.open({ certificate })), ["a"]);
    }
    for (const [certificate, refusal] of [
      [await certificateOf(own, { when: "expired" }), refusedCertificate("it has expired")],
      [await certificateOf(own, { when: "not yet" }), refusedCertificate("it is not valid yet")],
      [await certificateOf(stranger), refusedCertificate("it is of an authority that is not trusted")],
      [
        await certificateOf(own, { usages: ["server"] }),
        refusedCertificate("it is not one for TLS clients (extended key usage clientAuth)"),
      ],
      [
        await certificateOf(own, { uris: ["spiffe://elsewhere/mesh/shop/virtualNode/web", "https://x"] }),
        unauthenticated(
          "the proxy's certificate names no virtual node or gateway: among its URIs " +
            "(spiffe://elsewhere/mesh/shop/virtualNode/web, https://x) must be one of the form " +
            "spiffe://appmesh.local/mesh/MESH/virtualNode/NAME",
        ),
      ],
    ] as const) {
      assert.deepEqual(await world.end({ certificate }), refusal);
    }
    const certificate = await certificateOf(own);
    const client = world.open({ certificate });
    await clusters(client);
    const { X509Certificate } = await import("node:crypto");
    const { serialNumber } = new X509Certificate(certificate.certificate);
    await world.identities.revokeCertificate({ serialNumber });
    assert.deepEqual(await status(client), takenBack);
    assert.deepEqual(await world.end({ certificate }), takenBack);
  });

  it("keeps its stream while authorities and the key of tokens are replaced, until the old ones are removed", async () => {
    world = await World.start();
    const before = world.identities.authorities.list();
    assert.equal(before.length, 1);
    const [old] = before;
    const oldTrust = world.identities.authorities.trust("proxies");
    const { certificate } = await world.certificate();
    const token = await world.token();
    const [byCertificate, byToken] = [world.open({ certificate }), world.open({ authorization: token })];
    await clusters(byCertificate);
    await clusters(byToken);

    const next = await world.identities.authorities.create("proxies");
    // Whoever still trusts the old one alone knows the control plane until the new one is used.
    assert.deepEqual(await clusters(world.open({ certificate, trust: oldTrust })), ["a"]);
    await world.identities.authorities.use(next.authorityId);
    const renewed = await world.certificate();
    const known = async (trust: string) => {
      // The server's own certificate follows a moment later.
      for (;;) {
        const client = world.open({ certificate: renewed.certificate, trust });
        const answer = await Promise.race([client.next().catch(() => undefined), client.ended]);
        if (answer && "names" in answer) return answer.names;
        await sleep(10);
      }
    };
    assert.deepEqual(await known(next.certificate), ["a"]);
    await world.identities.tokenKeys.rotate(3600);
    const renewedToken = await world.token();
    assert.deepEqual(await clusters(world.open({ authorization: renewedToken })), ["a"]);
    assert.deepEqual(await clusters(world.open({ authorization: token })), ["a"]);
    await assert.rejects(world.identities.authorities.remove(next.authorityId), {
      code: "ConflictException",
      message: `authority '${next.authorityId}' signs the certificates of proxies. Create and use another one first`,
    });
    assert.equal(byCertificate.received.length + byToken.received.length, 0);
    await Promise.race([byCertificate.ended, byToken.ended, sleep(100)]);

    await world.identities.authorities.remove(old?.authorityId ?? "");
    assert.deepEqual(await status(byCertificate), noLonger);
    world.skew = 3_601_000;
    assert.deepEqual(await status(byToken), noLonger);
    assert.deepEqual(await clusters(world.open({ authorization: renewedToken })), ["a"]);
  });

  describe("in a Kubernetes cluster", () => {
    const issuer = "https://cluster.example.com";
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const token = (claims: object = {}, options: { sub?: string; aud?: string; expires?: number } = {}) => {
      const seconds = Math.floor(Date.now() / 1000);
      return new SignJWT({ "kubernetes.io": { namespace: "shop" }, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "cluster-1" })
        .setIssuer(issuer)
        .setSubject(options.sub ?? "system:serviceaccount:shop:web")
        .setAudience(options.aud ?? "appmesh")
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + (options.expires ?? 3600))
        .sign(privateKey);
    };
    const jwksFile = async (kid = "cluster-1") => {
      const file = join(temporaryFolder(), "jwks.json");
      writeFileSync(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: "RS256" }] }));
      return file;
    };

    it("proves by its service account's token who it is, as long as its mesh says so", async () => {
      let accounts = ["shop:web"];
      world = await World.start({
        serviceAccounts: { jwks: await jwksFile(), issuer },
        runsAs: ({ name }, account) => name === "web" && accounts.includes(account),
      });
      const authorization = await token();
      const client = world.open({ authorization });
      assert.deepEqual(await clusters(client), ["a"]);
      assert.deepEqual(
        world.server.proxies().map(({ identity }) => identity),
        ["service account shop:web"],
      );
      const notItsOwn = "service account shop:web is not one that it runs as, by the mesh's service accounts";
      assert.deepEqual(
        await world.end({ authorization }, `mesh/shop@${ACCOUNT}/virtualNode/other`),
        denied(notItsOwn),
      );
      const refused = (why: string) => unauthenticated(`the proxy's token is refused: ${why}`);
      for (const [given, refusal] of [
        [
          await token({}, { aud: "sts.amazonaws.com" }),
          refused(`its aud is not what is asked for, of tokens of ${issuer}`),
        ],
        [await token({}, { expires: -1 }), expiredToken],
        [
          await token({}, { sub: "system:node:one" }),
          unauthenticated("the proxy's token is not one of a Kubernetes service account"),
        ],
        [`${authorization.slice(0, -8)}AAAAAAAA`, refused("its signature is wrong")],
      ] as const) {
        assert.deepEqual(await world.end({ authorization: given }), refusal);
      }
      accounts = [];
      assert.deepEqual(await status(client), {
        code: 7,
        details: `the proxy is not one of ${web}: ${notItsOwn}`,
      });
    });

    it("is checked by the keys that its cluster has by now, and let in later where they cannot be read", async () => {
      const file = await jwksFile("another");
      world = await World.start({ serviceAccounts: { jwks: file, issuer }, runsAs: () => true });
      const authorization = await token();
      assert.deepEqual(
        await world.end({ authorization }),
        unauthenticated(`the proxy's token is refused: it is signed with a key that ${issuer} does not have`),
      );
      writeFileSync(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "cluster-1" }] }));
      assert.deepEqual(await clusters(world.open({ authorization })), ["a"]);
      await world.stop();

      let answers = false;
      const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "cluster-1", alg: "RS256" }] };
      const cluster = createServer((_, response) => {
        if (answers) response.setHeader("content-type", "application/json").end(JSON.stringify(jwks));
        else response.writeHead(503).end();
      });
      await new Promise<void>((resolve) => cluster.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(cluster.address() as AddressInfo).port}/openid/v1/jwks`;
      try {
        world = await World.start({ serviceAccounts: { jwks: url, issuer }, runsAs: () => true });
        assert.deepEqual(await world.end({ authorization }), {
          code: 14,
          details: `the proxy's token cannot be checked now: the keys of ${issuer} cannot be read`,
        });
        answers = true;
        assert.deepEqual(await clusters(world.open({ authorization })), ["a"]);
      } finally {
        cluster.close();
        cluster.closeAllConnections();
      }
    });
  });

  it("needs no proof where its network is trusted, or on this machine, and is held to one that it shows", async () => {
    world = await World.start();
    const token = await world.token();
    const other = `mesh/shop@${ACCOUNT}/virtualNode/other`;
    assert.deepEqual(await clusters(world.open({ authorization: token }, web, world.trusted)), ["a"]);
    assert.deepEqual(await clusters(world.open({}, web, world.loopback)), ["a"]);
    assert.equal(world.unproven, 0);
    assert.deepEqual(await clusters(world.open({}, web, world.trusted)), ["a"]);
    assert.equal(world.unproven, 1);
    for (const address of [world.trusted, world.loopback]) {
      assert.deepEqual(await clusters(world.open({}, web, address)), ["a"]);
      assert.deepEqual(await clusters(world.open({}, other, address)), ["b"]);
      assert.deepEqual(
        await clusters(world.open({ authorization: "AWS4-HMAC-SHA256 Credential=AKID" }, other, address)),
        ["b"],
      );
      assert.deepEqual(await world.end({ authorization: token }, other, address), denied(isProofOfWeb));
    }
  });

  it("leaves nothing secret in the log", async () => {
    world = await World.start();
    const [token, { certificate }] = [await world.token(), await world.certificate()];
    await clusters(world.open({ authorization: token }));
    await clusters(world.open({ certificate }));
    await world.end({ authorization: `${token}x` });
    await world.end({ authorization: token }, `mesh/shop@${ACCOUNT}/virtualNode/other`);
    await world.end({ certificate }, `mesh/shop@${ACCOUNT}/virtualNode/other`);
    await world.end({ authorization: "Basic dXNlcjpwYXNz" });
    const keyLine = certificate.key.split("\n")[1] as string;
    const secrets = [...token.split("."), keyLine, "dXNlcjpwYXNz", "PRIVATE KEY", "BEGIN CERTIFICATE"];
    assert.deepEqual(
      secrets.filter((secret) => world.log.includes(secret)),
      [],
    );
    assert.match(world.log, /proxy refused: the proxy's token is none that this control plane has issued/);
  });

  it("has one line for refusals of one machine for one reason, however often it comes back", async () => {
    world = await World.start();
    const token = await world.token();
    const node = `mesh/shop@${ACCOUNT}/virtualNode/other`;
    for (let again = 0; again < 10; again++) {
      await world.end({ authorization: `${token}x` });
      await world.end({ authorization: token }, node);
    }
    const lines = world.log.split("\n").filter((line) => /"msg":"(proxy|stream) refused/.test(line));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map(({ code, nodeId }) => [code, nodeId]),
      [
        [16, undefined],
        [7, node],
      ],
    );
    assert.equal(world.refused.length, 20);
  });

  const status = async (client: AdsClient) => {
    const { code, details } = await client.ended;
    return { code, details };
  };
});
