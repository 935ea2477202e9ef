import { DEFAULT_LIFE } from "@pulumi-appmesh/control-plane/identity/proxies/issued.js";
import {
  exactlyOne,
  optional,
  required,
  string,
  structure,
  type Violation,
  validate,
} from "@pulumi-appmesh/model";
import { proxyIdentityInputs } from "../../extensions/proxy-identity.js";
import { renewalViolations } from "../../extensions/renewal.js";
import { isUnknown, type ObjectValue } from "../../server/values.js";
import type { ComponentInputs, ComponentType } from "../component.js";
import { storedSecretInputs } from "./stored-secret-args.js";

const inputs = { ...proxyIdentityInputs, ...storedSecretInputs } as const;

const { virtualNode, virtualGateway } = proxyIdentityInputs;
const proxy = structure(
  "NodeIdentityProxy",
  "Whose proxies it is for.",
  { virtualNode, virtualGateway },
  exactlyOne("virtualNode", "virtualGateway"),
);

function* rules(given: ObjectValue): Generator<Violation> {
  const named = Object.entries(given).filter(([name]) => name in proxy.members);
  yield* validate(proxy, Object.fromEntries(named), { isUnknown });
  yield* renewalViolations(given, DEFAULT_LIFE);
}

const valueFrom = (what: string) => `${what}, as in the valueFrom of ECS's secrets`;

/** What proves who the proxies of a virtual node are, where tasks of ECS find it. */
export const nodeIdentity: ComponentType = {
  name: "NodeIdentity",
  doc:
    "What the proxies of a virtual node or gateway prove to the control plane by who they are, in a secret of AWS Secrets " +
    "Manager: a `ProxyIdentity`, and where the tasks of `MeshTaskDefinition`, `MeshEcsService` and `MeshGateway` find it. When " +
    "it is renewed, by `pulumi up` in the last part of its life, the secret gets another version, task definitions that name " +
    "it get another revision, and services replace their tasks. The old one is taken back after that, as long as services are " +
    "waited for (`waitForSteadyState`, the default of this package's own).",
  inputs,
  outputs: {
    trustFrom: required(
      string(),
      `${valueFrom("Where the authorities are by which proxies know the control plane")}.`,
    ),
    certificateFrom: optional(string(), `${valueFrom("Where the certificate is")}. Unset for a token.`),
    privateKeyFrom: optional(
      string(),
      `${valueFrom("Where the certificate's private key is")}. Unset for a token.`,
    ),
    tokenFrom: optional(string(), `${valueFrom("Where the token is")}. Unset for a certificate.`),
    secretArn: required(
      string(),
      "ARN of the secret: JSON with `trust`, and `certificate` and `privateKey`, or `token`.",
    ),
    trust: required(
      string(),
      "The authorities by which proxies know the control plane, in PEM. They are no secret.",
    ),
    identityId: required(
      string(),
      "The certificate's serial number, or the token's id: what a revocation names.",
    ),
    expiresAt: required(string(), "When it ends, in ISO 8601 and UTC."),
    renewAt: required(string(), "From when on pulumi up puts another one in its place, in ISO 8601 and UTC."),
  },
  rules,
  load: async () => (await import("./node-identity.js")).NodeIdentity,
};

/** What `NodeIdentity` is given, once everything is known. */
export type NodeIdentityInputs = ComponentInputs<typeof inputs>;
