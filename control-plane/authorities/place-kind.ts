/** Where the keys of authorities may be, beside the store. */
export const placesForms =
  "files:CA.PEM,CA-KEY.PEM, or the ARN of a secret of AWS Secrets Manager, of a key of AWS KMS, or of an authority of AWS Private CA";

/** What kind of place it is; undefined where it is none. */
export function placeKind(place: string): "files" | "secret" | "kms" | "private-ca" | undefined {
  if (/^files:./.test(place)) return "files";
  const service =
    /^arn:aws[a-z-]*:([a-z-]+):[a-z0-9-]+:\d{12}:(secret:|key\/|alias\/|certificate-authority\/)./.exec(
      place,
    );
  switch (`${service?.[1]}:${service?.[2]}`) {
    case "secretsmanager:secret:":
      return "secret";
    case "kms:key/":
    case "kms:alias/":
      return "kms";
    case "acm-pca:certificate-authority/":
      return "private-ca";
    default:
      return undefined;
  }
}
