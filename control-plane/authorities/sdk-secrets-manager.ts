// A module of our own, for the reason that sdk-kms.ts tells.
export { SecretsManager } from "@aws-sdk/client-secrets-manager";
