// Authorities whose keys are not in the store: in files, and at AWS as authority-aws.py plays it.
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { authorityPlaces } from "@pulumi-appmesh/control-plane/authorities/places.js";
import { Authorities } from "@pulumi-appmesh/control-plane/identity/proxies/authorities.js";
import type { Purpose } from "@pulumi-appmesh/control-plane/identity/proxies/purpose.js";
import { SqliteStore } from "@pulumi-appmesh/control-plane/store/sqlite-store.js";
import type { Store } from "@pulumi-appmesh/control-plane/store/store.js";
import { AuthorityAws } from "../support/authority-aws.js";
import { runAppmesh, startControlPlane, temporaryFolder } from "../support/control-plane.js";

const HOUR = 60 * 60 * 1000;
const name = "spiffe://appmesh.local/mesh/shop/virtualNode/catalog";
const leaf = () => {
  // Certificates know whole seconds.
  const now = Math.floor(Date.now() / 1000) * 1000;
  return {
    commonName: "catalog",
    uris: [name],
    usages: ["server", "client"] as const,
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + 24 * HOUR),
  };
};

describe("Authorities whose keys are not in the store", function () {
  this.timeout(180_000);
  let aws: AuthorityAws;
  let file: string;
  let places: ReturnType<typeof authorityPlaces>;
  const environment = { ...process.env };
  before(async () => {
    aws = await AuthorityAws.start();
    // AWS's SDK finds credentials in the environment of the process.
    Object.assign(process.env, aws.env);
    file = join(temporaryFolder(), "authority.pem");
    writeFileSync(file, aws.bundle);
    places = authorityPlaces({
      kmsEndpoint: aws.url,
      secretsManagerEndpoint: aws.url,
      acmPcaEndpoint: aws.url,
    });
  });
  after(async () => {
    for (const key of Object.keys(aws.env)) delete process.env[key];
    Object.assign(process.env, environment);
    await aws.stop();
  });
  afterEach(() => aws.fault());

  const open = (place: string) => places.open(place, "appmesh workloads", undefined);
  const refused = (place: string) =>
    open(place).then(
      () => "it can be used",
      (error: Error) => `${error.name}: ${error.message.replaceAll(place, "PLACE")}`,
    );
  const good = () => ({
    files: `files:${file}`,
    "a secret": aws.secrets.good as string,
    "a secret with an authority below a root": aws.secrets.below as string,
    "a key of KMS": aws.kms.good,
    "Private CA": aws.authorities.good,
    "Private CA below a root": aws.authorities.below,
    "Private CA with an RSA key": aws.authorities.rsa,
  });

  it("sign what is asked for, below what is to be trusted", async () => {
    for (const [what, place] of Object.entries(good())) {
      const authority = await open(place);
      const asked = leaf();
      const { certificate, key } = await authority.issue(asked);
      const made = new X509Certificate(certificate);
      const [signer, anchor] = [
        new X509Certificate(authority.certificate),
        new X509Certificate(authority.anchor),
      ];
      assert.deepEqual(
        {
          what,
          names: made.subjectAltName,
          // Of servers and of clients.
          usages: made.keyUsage,
          ca: made.ca,
          from: made.validFromDate,
          to: made.validToDate,
          signed: made.verify(signer.publicKey) && made.checkIssued(signer),
          anchored: anchor.verify(anchor.publicKey) && signer.checkIssued(anchor),
          ofKey: made.checkPrivateKey(createPrivateKey(key)),
        },
        {
          what,
          names: `URI:${name}`,
          usages: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
          ca: false,
          from: asked.notBefore,
          to: asked.notAfter,
          signed: true,
          anchored: true,
          ofKey: true,
        },
      );
    }
  });

  it("that cannot be used say why, and what to do", async () => {
    const unusable = "CertificateError: the authority at PLACE cannot be used:";
    const wrongKind =
      "the key must be an asymmetric one of the kind ECC_NIST_P256, to sign and verify (SIGN_VERIFY).";
    const of = (told: Readonly<Record<string, string>>, key: string) => told[key] as string;
    const missing = join(temporaryFolder(), "ca.pem");
    assert.deepEqual(
      [
        await refused(`files:${missing}`),
        await refused(of(aws.secrets, "without-key")),
        await refused(of(aws.secrets, "without-root")),
        await refused(of(aws.secrets, "other-key")),
        await refused(of(aws.secrets, "p384")),
        (await refused(of(aws.secrets, "ended"))).replace(/\d{4}-\S+Z/, "WHEN"),
        await refused(of(aws.secrets, "binary")),
        await refused(`${of(aws.secrets, "good")}x`),
        await refused(aws.kms.rsa),
        await refused(aws.kms.symmetric),
        await refused(aws.kms.encrypts),
        await refused(aws.kms.disabled),
        await refused(`${aws.kms.good}x`),
        await refused(aws.authorities.pending),
        await refused("arn:aws:s3:::bucket"),
      ],
      [
        `${unusable} ENOENT: no such file or directory, open '${missing}'`,
        `${unusable} there is no private key in it. It must be PEM, without a passphrase`,
        `${unusable} the certificate of "CN=Example root" is missing. Add those above the authority's, up to the root: it is what is trusted`,
        `${unusable} the key is not that of the first certificate. Put the certificate of what signs first`,
        `${unusable} the key is not one of the curve P-256, with which the control plane signs`,
        `${unusable} the certificate of "CN=Example ended" has ended, WHEN. Give one that is valid`,
        `${unusable} the secret is binary. It must be PEM, as text`,
        `${unusable} it does not exist. Create it, or name another`,
        `${unusable} ${wrongKind} This one is RSA_2048, for SIGN_VERIFY`,
        `${unusable} ${wrongKind}`,
        `${unusable} ${wrongKind} This one is ECC_NIST_P256, for KEY_AGREEMENT`,
        `${unusable} the key is disabled. Enable it, or name another`,
        `${unusable} it does not exist. Create it, or name another`,
        `${unusable} it is not in a state to be used: The certificate authority is not in the correct state`,
        'CertificateError: "PLACE" is no place of an authority: give files:CA.PEM,CA-KEY.PEM, or the ARN of a secret of AWS Secrets ' +
          "Manager, of a key of AWS KMS, or of an authority of AWS Private CA",
      ],
    );
    await aws.fault("denied");
    const allow = (actions: string) =>
      `${unusable} AWS refuses it (AccessDeniedException). Allow the control plane's role ${actions} on it`;
    assert.deepEqual(
      [
        await refused(aws.kms.good),
        await refused(of(aws.secrets, "good")),
        await refused(aws.authorities.good),
      ],
      [
        allow("kms:GetPublicKey and kms:Sign"),
        allow("secretsmanager:GetSecretValue"),
        allow("acm-pca:GetCertificateAuthorityCertificate"),
      ],
    );
  });

  it("give many proxies their certificates at once, also where AWS throttles", async () => {
    await aws.fault("throttle");
    for (const place of [aws.kms.good, aws.authorities.good]) {
      const authority = await open(place);
      const issued = await Promise.all(Array.from({ length: 24 }, () => authority.issue(leaf())));
      const serials = new Set(issued.map(({ certificate }) => new X509Certificate(certificate).serialNumber));
      assert.equal(serials.size, 24);
    }
    const { Sign = 0, IssueCertificate = 0 } = await aws.counts();
    assert.ok(Sign > 24 && IssueCertificate > 24, JSON.stringify(await aws.counts()));
  });

  describe("and the store", () => {
    let store: Store;
    beforeEach(() => {
      store = SqliteStore.open(temporaryFolder());
    });
    afterEach(() => store.close());
    const opened = () => Authorities.open(store, Date.now, places);
    const signers = (authorities: Authorities, purpose: Purpose) =>
      authorities
        .list()
        .filter((authority) => authority.purpose === purpose)
        .map(({ place, signs }) => `${place ?? "store"} ${signs}`);

    it("have nothing secret in it, and are the same after the next start", async () => {
      for (const place of Object.values(good())) {
        const authorities = await opened();
        const { authorityId } = await authorities.register("workloads", place);
        await authorities.use(authorityId);
        await (await authorities.signer("workloads")).issue(leaf());
        const again = await opened();
        assert.equal((await again.register("workloads", place)).authorityId, authorityId);
        const { certificate, issuers } = await (await again.signer("workloads")).issue(leaf());
        const [next = ""] = issuers.split(/(?<=-----END CERTIFICATE-----\n)/);
        const above = next === "" ? again.trust("workloads") : next;
        const trusted = above
          .split(/(?<=-----END CERTIFICATE-----\n)/)
          .map((pem) => new X509Certificate(pem));
        assert.ok(
          trusted.some((by) => new X509Certificate(certificate).checkIssued(by)),
          place,
        );
      }
      const { records } = await store.load();
      const kept = [...records].filter(([key]) => key.startsWith("identity/authorities/"));
      assert.equal(kept.length, Object.keys(good()).length);
      assert.deepEqual(
        kept.filter(([, value]) => /PRIVATE|"key"/.test(value)),
        [],
      );
    });

    it("sign at once only where they are the first, and are replaced like others", async () => {
      const authorities = await opened();
      const own = await authorities.create("workloads");
      const placed = await authorities.register("workloads", aws.kms.good);
      assert.deepEqual(signers(authorities, "workloads"), [
        "store true",
        "store false",
        `${aws.kms.good} false`,
      ]);
      await authorities.use(placed.authorityId);
      await authorities.remove(own.authorityId);
      assert.deepEqual(signers(authorities, "workloads"), ["store false", `${aws.kms.good} true`]);
      assert.deepEqual(signers(authorities, "proxies"), []);
      await assert.rejects(authorities.create("workloads"), {
        name: "IdentityError",
        message:
          "keys of authorities of workloads are not to be in the store: the control plane was started with --authority " +
          `workloads=${aws.kms.good}. Start it with another place to have the authority there trusted, and then use that`,
      });
    });

    it("of one key are one, whichever control plane makes its certificate", async () => {
      const [first, second] = await Promise.all([opened(), opened()]);
      const [a, b] = await Promise.all([
        first.register("workloads", aws.kms.good),
        second.register("workloads", aws.kms.good),
      ]);
      assert.equal(a.authorityId, b.authorityId);
      for (const authorities of [first, second]) {
        const { certificate } = await (await authorities.signer("workloads")).issue(leaf());
        assert.ok(new X509Certificate(certificate).checkIssued(new X509Certificate(a.certificate)));
      }
    });

    it("are not below one root for both purposes", async () => {
      const authorities = await opened();
      await authorities.register("proxies", aws.secrets.below as string);
      await assert.rejects(authorities.register("workloads", aws.secrets.sibling as string), {
        name: "CertificateError",
        message:
          `the authority at ${aws.secrets.sibling} is below the same root as that of proxies: what one of them signs would be ` +
          "taken for what the other does. Give workloads another one",
      });
    });

    it("are waited for where they are known and away, and not where they are not known", async () => {
      const impatient = authorityPlaces({ kmsEndpoint: aws.url, timeoutMillis: 500 });
      await (await opened()).register("workloads", aws.kms.good);
      await aws.fault("away");
      const authorities = await Authorities.open(store, Date.now, impatient);
      const told: string[] = [];
      await authorities.register("workloads", aws.kms.good, ({ message }) => told.push(message));
      assert.equal(told.length, 1);
      await assert.rejects((await authorities.signer("workloads")).issue(leaf()), {
        name: "CertificateError",
      });
      await aws.fault();
      await (await authorities.signer("workloads")).issue(leaf());
      await aws.fault("away");
      await assert.rejects(authorities.register("proxies", aws.kms.good), { name: "CertificateError" });
    });
  });

  describe("on the command line", () => {
    const serve = async (...args: string[]) => {
      const { code, stdout, stderr } = await runAppmesh(
        "serve",
        [
          "--api",
          "127.0.0.1:0",
          "--xds",
          "127.0.0.1:0",
          "--data",
          temporaryFolder(),
          "--log-level",
          "silent",
          ...args,
        ],
        { env: aws.env },
      );
      assert.deepEqual([code, stdout], [1, ""]);
      return stderr.trim();
    };

    it("are refused where they make no sense", async () => {
      const [good, other] = [aws.kms.good, aws.kms.rsa];
      assert.deepEqual(
        [
          await serve("--authority", good),
          await serve("--authority", `proxies=${aws.authorities.good}`),
          await serve("--authority", `workloads=${good}`, "--authority", `proxies=${good}`),
          await serve("--authority", `workloads=${good}`, "--authority", `workloads=${other}`),
          await serve("--authority", `workloads=${other}`),
        ],
        [
          `error: option '--authority <purpose=place>' argument '${good}' is invalid. It must be proxies=PLACE or workloads=PLACE, a place ` +
            "being files:CA.PEM,CA-KEY.PEM, or the ARN of a secret of AWS Secrets Manager, of a key of AWS KMS, or of an authority " +
            "of AWS Private CA.",
          `error: option '--authority <purpose=place>' argument 'proxies=${aws.authorities.good}' is invalid. AWS Private CA is for workloads: ` +
            "what it is asked for proxies would last for months, and each would be paid for.",
          `error: option '--authority <purpose=place>' argument 'proxies=${good}' is invalid. Proxies and workloads need authorities of their own: ` +
            "what one has signed must be nothing to those who ask for the other.",
          `error: option '--authority <purpose=place>' argument 'workloads=${other}' is invalid. The place of workloads was given already.`,
          `appmesh serve: the authority at ${other} cannot be used: the key must be an asymmetric one of the kind ECC_NIST_P256, to sign and ` +
            "verify (SIGN_VERIFY). This one is RSA_2048, for SIGN_VERIFY",
        ],
      );
    });

    it("sign what the control plane shows, and tell that another one signs so far", async () => {
      const data = temporaryFolder();
      const first = await startControlPlane({ data, args: ["--xds-tls-self-signed"] });
      await first.stop();
      const place = aws.secrets.below as string;
      const second = await startControlPlane({
        data,
        args: ["--xds-tls-self-signed", "--authority", `proxies=${place}`],
        env: aws.env,
      });
      const { authorities } = (await second.call("GET", "/v1/identities/authorities")).body;
      assert.deepEqual(
        authorities.map((of: { place?: string; signs: boolean }) => [of.place, of.signs]),
        [
          [undefined, true],
          [place, false],
        ],
      );
      assert.match(
        second.log(),
        /"signs":"[0-9a-f]{16}","msg":"another authority signs until this one is used, by appmesh identities use-authority"/,
      );
      await second.stop();
    });
  });
});
