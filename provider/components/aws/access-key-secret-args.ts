import { optional, required, string, type Violation } from "@pulumi-appmesh/model";
import { accessKeyInputs } from "../../extensions/access-key.js";
import { renewalViolations } from "../../extensions/renewal.js";
import type { ObjectValue } from "../../server/values.js";
import type { ComponentInputs, ComponentType } from "../component.js";
import { storedSecretInputs } from "./stored-secret-args.js";

const inputs = { ...accessKeyInputs, ...storedSecretInputs } as const;

/** An access key where programs on AWS find it. */
export const accessKeySecret: ComponentType = {
  name: "AccessKeySecret",
  doc:
    "A key of the App Mesh API in a secret of AWS Secrets Manager, where CI and tasks of ECS find it: an `AccessKey`, and " +
    "JSON with `accessKeyId` and `secretAccessKey`. Where a program takes the key from the stack itself, as " +
    "`AppMeshController` does, `AccessKey` alone is enough.",
  inputs,
  outputs: {
    secretArn: required(string(), "ARN of the secret: JSON with `accessKeyId` and `secretAccessKey`."),
    accessKeyIdFrom: required(string(), "Where the key's id is, as in the valueFrom of ECS's secrets."),
    secretAccessKeyFrom: required(
      string(),
      "Where the key's secret part is, as in the valueFrom of ECS's secrets.",
    ),
    accessKeyId: required(string(), "The key's id, which is no secret."),
    expiresAt: optional(string(), "When it ends, in ISO 8601 and UTC. Unset where it does not end."),
    renewAt: optional(
      string(),
      "From when on pulumi up puts another one in its place, in ISO 8601 and UTC. Unset where it does not end.",
    ),
  },
  rules: (given: ObjectValue): Iterable<Violation> => renewalViolations(given, undefined),
  load: async () => (await import("./access-key-secret.js")).AccessKeySecret,
};

/** What `AccessKeySecret` is given, once everything is known. */
export type AccessKeySecretInputs = ComponentInputs<typeof inputs>;
