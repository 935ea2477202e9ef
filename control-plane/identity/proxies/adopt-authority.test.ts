import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../store/sqlite-store.js";
import type { Store } from "../../store/store.js";
import { type CertifiedKey, issueCertificate, makeAuthority } from "../certificates.js";
import { validity } from "../own-certificate.js";
import { adoptAuthority } from "./adopt-authority.js";
import { Authorities, authorityIdOf } from "./authorities.js";

const ten = () => validity(Date.now(), 10);

describe("An authority that was made elsewhere", () => {
  let folder: string;
  let store: Store;
  let warned: unknown[];
  const log = { warn: (given: unknown) => warned.push(given) };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "appmesh-authority-"));
    store = SqliteStore.open(folder);
    warned = [];
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const adopt = async (given: CertifiedKey) => {
    const authorities = await Authorities.open(store);
    await adoptAuthority(authorities, given, log);
    return authorities;
  };

  it("is the first one of a store, signs, and is the same after the next start", async () => {
    const given = await makeAuthority("shop", ten());
    const authorities = await adopt(given);
    assert.equal((await authorities.signer("proxies")).certificate, given.certificate);
    assert.equal(authorities.trust("proxies"), given.certificate);
    const again = await adopt(given);
    assert.deepEqual(
      again.list().map(({ authorityId, signs }) => [authorityId, signs]),
      [[authorityIdOf(given.certificate), true]],
    );
    // Proxies know each other by another one.
    assert.notEqual((await again.signer("workloads")).certificate, given.certificate);
    assert.deepEqual(warned, []);
  });

  it("is left where the store has one already, which is told", async () => {
    const own = await (await Authorities.open(store)).signer("proxies");
    const given = await makeAuthority("late", ten());
    const authorities = await adopt(given);
    assert.equal((await authorities.signer("proxies")).certificate, own.certificate);
    assert.deepEqual(warned, [
      { given: authorityIdOf(given.certificate), signs: authorityIdOf(own.certificate) },
    ]);
  });

  it("is still one of them, without a word, when another has come to sign", async () => {
    const given = await makeAuthority("first", ten());
    const authorities = await adopt(given);
    await authorities.use((await authorities.create("proxies")).authorityId);
    await adopt(given);
    assert.deepEqual(warned, []);
  });

  it("is refused where it cannot sign", async () => {
    const good = await makeAuthority("good", ten());
    const other = await makeAuthority("other", ten());
    const ended = await makeAuthority("ended", { notBefore: new Date(0), notAfter: new Date(1000) });
    const leaf = await issueCertificate(good, { ...ten(), commonName: "leaf", usages: ["server"] });
    const { privateKey: p384 } = generateKeyPairSync("ec", {
      namedCurve: "P-384",
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const refused = async (given: CertifiedKey) => {
      const error = await adopt(given).then(
        () => assert.fail("it was taken"),
        (failure: Error) => failure,
      );
      assert.equal(error.name, "CertificateError");
      const [, reason] =
        /^the authority in APPMESH_AUTHORITY_CERTIFICATE and APPMESH_AUTHORITY_PRIVATE_KEY cannot be used: (.*)\. Give the PEM of one authority and its P-256 key, or neither, to have one made$/.exec(
          error.message,
        ) ?? [];
      return reason;
    };
    assert.equal(await refused(leaf), "the certificate is not one of an authority");
    assert.equal(await refused({ ...good, key: other.key }), "the key is not the certificate's");
    assert.equal(await refused({ ...good, key: p384 }), "the key is not the certificate's");
    assert.equal(await refused(ended), "the certificate has ended");
    assert.equal(
      await refused({ ...good, certificate: good.certificate + other.certificate }),
      "there is more than one certificate",
    );
    assert.match((await refused({ ...good, certificate: "none" })) ?? "", /PEM/);
    assert.deepEqual((await Authorities.open(store)).list(), []);
  });
});
