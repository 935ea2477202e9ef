import { issueCertificate, makeAuthorityOf } from "../identity/certificates.js";
import type { PlacedAuthority, PlacedCertificates } from "../identity/issuer.js";
import { asked, patiently, regionOf, type Times } from "./aws.js";
import { chainOf, unusable } from "./bundle.js";

const DAY = 24 * 60 * 60 * 1000;
const YEARS_10 = 10 * 365 * DAY;

/**
 * A key that never leaves AWS KMS: each certificate costs one signature. The authority's own certificate is made once, and
 * known to the store from then on.
 */
export async function atKms(
  place: string,
  commonName: string,
  known: PlacedCertificates | undefined,
  endpoint: string | undefined,
  { openMillis, issueMillis }: Times,
): Promise<PlacedAuthority> {
  const { KMS } = await import("./sdk-kms.js");
  // `patiently` repeats what is refused: the SDK's own ways give up, or come to a standstill, where many ask at once.
  const client = new KMS({ region: regionOf(place), maxAttempts: 1, ...(endpoint ? { endpoint } : {}) });
  const { PublicKey, KeyUsage, ...told } = await asked(place, "kms:GetPublicKey and kms:Sign", () =>
    patiently(openMillis, (abortSignal) => client.getPublicKey({ KeyId: place }, { abortSignal })),
  ).catch((error) => {
    // It is opened anew when it is tried again.
    client.destroy();
    // What KMS says of a symmetric key.
    if (/UnsupportedOperationException|ValidationException/.test(error.message))
      throw unusable(place, wrongKind);
    throw error;
  });
  // The second is what it was called first.
  const KeySpec = told.KeySpec ?? told.CustomerMasterKeySpec;
  if (PublicKey === undefined || KeySpec !== "ECC_NIST_P256" || KeyUsage !== "SIGN_VERIFY") {
    client.destroy();
    throw unusable(
      place,
      `${wrongKind} This one is ${KeySpec ?? "of no such kind"}, for ${KeyUsage ?? "nothing"}`,
    );
  }
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    const { Signature } = await asked(place, "kms:Sign", () =>
      patiently(issueMillis, (abortSignal) =>
        client.sign(
          // A certificate fits into the 4 KB that KMS takes as they are.
          { KeyId: place, Message: data, MessageType: "RAW", SigningAlgorithm: "ECDSA_SHA_256" },
          { abortSignal },
        ),
      ),
    );
    return Signature ?? new Uint8Array();
  };
  const now = Date.now();
  const certificates =
    known ??
    chainOf(
      await makeAuthorityOf(Uint8Array.from(PublicKey), sign, commonName, {
        notBefore: new Date(now - DAY / 24),
        notAfter: new Date(now + YEARS_10),
      }),
      place,
    );
  const { certificate, issuers, anchor } = certificates;
  return {
    certificate,
    issuers,
    anchor,
    issue: (options) => issueCertificate({ certificate, sign }, options),
  };
}

const wrongKind =
  "the key must be an asymmetric one of the kind ECC_NIST_P256, to sign and verify (SIGN_VERIFY).";
