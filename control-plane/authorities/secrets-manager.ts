import { asked, patiently, regionOf, type Times } from "./aws.js";
import { unusable } from "./bundle.js";

/** The text of a secret. */
export async function bundleInSecret(
  place: string,
  endpoint: string | undefined,
  { openMillis }: Times,
): Promise<string> {
  const { SecretsManager } = await import("./sdk-secrets-manager.js");
  const client = new SecretsManager({
    region: regionOf(place),
    maxAttempts: 1,
    ...(endpoint ? { endpoint } : {}),
  });
  try {
    const { SecretString } = await asked(place, "secretsmanager:GetSecretValue", () =>
      patiently(openMillis, (abortSignal) => client.getSecretValue({ SecretId: place }, { abortSignal })),
    );
    if (SecretString === undefined) throw unusable(place, "the secret is binary. It must be PEM, as text");
    return SecretString;
  } finally {
    client.destroy();
  }
}
