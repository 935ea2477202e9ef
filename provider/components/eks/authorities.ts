// The authorities that the controller's pods trust.
import { createHash, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/** The roots of AWS's own services: Amazon Trust Services. */
const OF_AWS = /^CN=(Amazon Root CA [1-4]|Starfield Services Root Certificate Authority - G2)$/m;

let ofAws: string | undefined;

/**
 * The control plane's authorities, and those of AWS where the pods call AWS as well: what they are given takes the place
 * of all that they trusted before.
 */
export function trusted(authorities: string, { callsAws }: { readonly callsAws: boolean }): string {
  if (!callsAws) return `${authorities.trim()}\n`;
  ofAws ??= rootCertificates.filter((each) => OF_AWS.test(new X509Certificate(each).subject)).join("\n");
  return `${authorities.trim()}\n${ofAws}\n`;
}

/** Tells one text from another. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
