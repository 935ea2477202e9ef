// The library describes its structures by decorators, which need this before it is loaded.
import "reflect-metadata";
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its private key (P-256), both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface LeafOptions extends Validity {
  /** The subject's common name, for people; programs go by `names` and `uris`. */
  readonly commonName: string;
  /** DNS names and IP addresses that it is valid for, in the subject's alternative names. */
  readonly names?: readonly string[];
  /** URIs that it is valid for, such as SPIFFE ids. */
  readonly uris?: readonly string[];
  /** What it may be used for: to serve, to be a client, or both. */
  readonly usages: readonly ("server" | "client")[];
}

/** The curve that every TLS library knows and that is fast to sign with. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate authority: its own root, or one below `issuer`. */
export async function makeAuthority(
  commonName: string,
  validity: Validity,
  issuer?: CertifiedKey,
): Promise<CertifiedKey> {
  return make(commonName, validity, issuer, [
    // An authority below another one signs no further authorities.
    new BasicConstraintsExtension(true, issuer ? 0 : undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]);
}

/** A certificate of an authority, for a server or a client. */
export async function issueCertificate(issuer: CertifiedKey, options: LeafOptions): Promise<CertifiedKey> {
  const { commonName, names = [], uris = [], usages } = options;
  const alternatives: JsonGeneralNames = [
    ...names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return make(commonName, options, issuer, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(
      usages.map((usage) => (usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth)),
    ),
    ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
  ]);
}

async function make(
  commonName: string,
  { notBefore, notAfter }: Validity,
  issuer: CertifiedKey | undefined,
  extensions: readonly Extension[],
): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  // Said to be text, since the library else reads what it is given as an encoded name.
  const subject = new Name([{ CN: [{ utf8String: commonName }] }]);
  const authority = issuer && new X509Certificate(issuer.certificate);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: authority?.subjectName ?? subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: issuer ? await signingKey(issuer) : keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority?.publicKey ?? keys.publicKey),
    ],
  });
  return {
    certificate: `${certificate.toString("pem").trim()}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const signingKey = ({ key }: CertifiedKey): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey(
    "pkcs8",
    createPrivateKey(key).export({ type: "pkcs8", format: "der" }),
    ALGORITHM,
    false,
    ["sign"],
  );

/** 16 random bytes, the first of which makes the number positive and of full length, as RFC 5280 4.1.2.2 asks for. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
