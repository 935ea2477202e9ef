import { X509Certificate as AuthorityCertificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import { type Proof, ProofError } from "./proof.js";
import { parseSpiffeId } from "./proxy-name.js";

export interface CertificateContext {
  readonly trustDomain: string;
  readonly account: string;
  /** The authorities that are trusted now. */
  trusted(): readonly AuthorityCertificate[];
}

/** What the certificate of a TLS client proves; undefined where it showed none. Throws ProofError. */
export function proofOfCertificate(socket: TLSSocket, context: CertificateContext): Proof | undefined {
  const peer = socket.getPeerCertificate();
  if (peer?.raw === undefined) return undefined;
  if (!socket.authorized) {
    const code = String(
      (socket.authorizationError as NodeJS.ErrnoException | null)?.code ?? socket.authorizationError,
    );
    throw new ProofError(
      "unauthenticated",
      `the proxy's certificate is refused: ${reasons[code] ?? code}. Give it one of the control plane's authority, by ` +
        "appmesh identities issue, or of one that --proxy-ca names",
    );
  }
  const { trustDomain, account } = context;
  const uris = urisOf(peer.raw);
  const proxies = uris.flatMap((uri) => parseSpiffeId(uri, trustDomain, account) ?? []);
  if (proxies.length === 0) {
    throw new ProofError(
      "unauthenticated",
      `the proxy's certificate names no virtual node or gateway: among its URIs (${uris.join(", ") || "it has none"}) ` +
        `must be one of the form spiffe://${trustDomain}/mesh/MESH/virtualNode/NAME`,
    );
  }
  return {
    kind: "certificate",
    id: peer.serialNumber.toLowerCase(),
    issuedAt: Date.parse(peer.valid_from) / 1000,
    expiresAt: Date.parse(peer.valid_to) / 1000,
    proxies,
    isBelieved: stillBelieved(peer.raw, () => context.trusted()),
  };
}

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "it is of an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "it is of an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "it is of an authority that is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "it is of an authority that is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it has signed itself",
  CERT_SIGNATURE_FAILURE: "its signature is not that of the authority that it names",
  INVALID_PURPOSE: "it is not one for TLS clients (extended key usage clientAuth)",
};

function urisOf(raw: Buffer): string[] {
  const names = new X509Certificate(raw).getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.filter(({ type }) => type === "url").map(({ value }) => value);
}

/**
 * Whether a certificate that was believed still would be: one of the authorities that are trusted has signed it, or all
 * that were trusted then still are. Node does not tell what was between the two; who is sent away for that comes back.
 */
function stillBelieved(raw: Buffer, trusted: () => readonly AuthorityCertificate[]): () => boolean {
  const certificate = new AuthorityCertificate(raw);
  const then = trusted();
  let last: readonly AuthorityCertificate[] | undefined;
  let believed = true;
  return () => {
    const now = trusted();
    if (now === last) return believed;
    last = now;
    believed =
      now.some(
        (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
      ) ||
      then.every((before) => now.some((authority) => authority.fingerprint256 === before.fingerprint256));
    return believed;
  };
}
