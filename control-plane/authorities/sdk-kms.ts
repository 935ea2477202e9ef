// A module of our own, which is imported lazily in the SDK's place: bundlers lose the names of what a CommonJS package
// exports where the package itself is imported so.
export { KMS } from "@aws-sdk/client-kms";
