import { arn, integer, optional, string } from "@pulumi-appmesh/model";
import { text } from "../shapes.js";
import { componentTags } from "../tags.js";

/** Where a component keeps what was issued. */
export const storedSecretInputs = {
  secretName: optional(
    string({ minLength: 1, maxLength: 512 }),
    "Name of the secret in AWS Secrets Manager. If unset, one is made up. Changing it makes another secret.",
  ),
  kmsKeyArn: optional(
    arn,
    "KMS key that encrypts the secret. Whoever reads it needs that key, too. Defaults to the one that AWS manages for " +
      "Secrets Manager.",
  ),
  recoveryWindowInDays: optional(
    integer({ min: 0, max: 30 }),
    "Days for which a secret that was deleted can be restored: 7 to 30, or 0 for none, which frees its name at once. Defaults to 30.",
  ),
  region: optional(text, "Region of the secret: that of the tasks. Defaults to that of the provider."),
  tags: componentTags,
} as const;
