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
  Pkcs10CertificateRequestGenerator,
  PublicKey,
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

/** What signs for an authority: its key (PEM), or what has that: it gives an ECDSA signature with SHA-256, in DER. */
export type Signer = { readonly key: string } | { readonly sign: (data: Uint8Array) => Promise<Uint8Array> };

export type SigningAuthority = { readonly certificate: string } & Signer;

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

/** The certificate of an authority whose key (SPKI, DER) is where it signs: its own root. PEM. */
export async function makeAuthorityOf(
  publicKey: Uint8Array<ArrayBuffer>,
  sign: (data: Uint8Array) => Promise<Uint8Array>,
  commonName: string,
  { notBefore, notAfter }: Validity,
): Promise<string> {
  const key = new PublicKey(publicKey);
  const subject = nameOf(commonName);
  return signed({ subject, issuer: subject, notBefore, notAfter, publicKey: key }, { sign }, [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(key),
    await AuthorityKeyIdentifierExtension.create(key),
  ]);
}

/** A certificate of an authority, for a server or a client. */
export const issueCertificate = (issuer: SigningAuthority, options: LeafOptions): Promise<CertifiedKey> =>
  make(options.commonName, options, issuer, leafExtensions(options));

/** A new key, and what asks an authority elsewhere for its certificate (PKCS #10), both PEM. */
export async function requestCertificate(
  options: LeafOptions,
): Promise<{ readonly request: string; readonly key: string }> {
  const keys = await newKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: nameOf(options.commonName),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [...leafExtensions(options)],
  });
  return { request: `${request.toString("pem").trim()}\n`, key: pemOf(keys.privateKey) };
}

function leafExtensions({ names = [], uris = [], usages }: LeafOptions): readonly Extension[] {
  const alternatives: JsonGeneralNames = [
    ...names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(
      usages.map((usage) => (usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth)),
    ),
    ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
  ];
}

async function make(
  commonName: string,
  { notBefore, notAfter }: Validity,
  issuer: SigningAuthority | undefined,
  extensions: readonly Extension[],
): Promise<CertifiedKey> {
  const keys = await newKeys();
  const key = pemOf(keys.privateKey);
  const subject = nameOf(commonName);
  const authority = issuer && new X509Certificate(issuer.certificate);
  const certificate = await signed(
    { subject, issuer: authority?.subjectName ?? subject, notBefore, notAfter, publicKey: keys.publicKey },
    issuer ?? { key },
    [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority?.publicKey ?? keys.publicKey),
    ],
  );
  return { certificate, key };
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

const pemOf = (key: webcrypto.CryptoKey): string =>
  KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();

/** Said to be text, since the library else reads what it is given as an encoded name. */
const nameOf = (commonName: string): Name => new Name([{ CN: [{ utf8String: commonName }] }]);

async function signed(
  of: {
    readonly subject: Name;
    readonly issuer: Name;
    readonly notBefore: Date;
    readonly notAfter: Date;
    readonly publicKey: webcrypto.CryptoKey | PublicKey;
  },
  by: Signer,
  extensions: readonly Extension[],
): Promise<string> {
  const params = {
    ...of,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    extensions: [...extensions],
  };
  const certificate =
    "key" in by
      ? await X509CertificateGenerator.create({ ...params, signingKey: await signingKey(by.key) })
      : await X509CertificateGenerator.create({ ...params, signingKey: elsewhere }, signingBy(by.sign));
  return `${certificate.toString("pem").trim()}\n`;
}

/** Stands for a key that is not here. */
const elsewhere = { algorithm: ALGORITHM, extractable: false, type: "private", usages: ["sign"] } as const;

/** The machine's own cryptography, but for signatures. */
const signingBy = (sign: (data: Uint8Array) => Promise<Uint8Array>): webcrypto.Crypto =>
  ({
    subtle: {
      exportKey: (format: "spki", key: webcrypto.CryptoKey) => webcrypto.subtle.exportKey(format, key),
      sign: async (_algorithm: object, _key: object, data: ArrayBuffer) => {
        const signature = await sign(new Uint8Array(data));
        return integersOf(signature);
      },
    },
  }) as unknown as webcrypto.Crypto;

/** The two numbers of an ECDSA signature in DER (RFC 3279 2.2.3), 32 bytes each. */
function integersOf(der: Uint8Array): ArrayBuffer {
  const numbers = new Uint8Array(64);
  // A SEQUENCE of at most 70 bytes; in it INTEGERs, each with a zero before a first bit that is set.
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    const trimmed = number.subarray(Math.max(0, number.length - 32));
    numbers.set(trimmed, end - trimmed.length);
    at += 2 + length;
  }
  return numbers.buffer;
}

const signingKey = (key: string): Promise<webcrypto.CryptoKey> =>
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
