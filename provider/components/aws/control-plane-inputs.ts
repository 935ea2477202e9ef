// What a control plane is given wherever its replicas run: on ECS and on Kubernetes alike.
import { arn, boolean, integer, list, map, optional, required, string } from "@pulumi-appmesh/model";

export const sharedInputs = {
  image: required(
    string({ minLength: 1, maxLength: 512 }),
    "Image of the control plane, with a tag or digest: what the Dockerfile of this project makes, in a registry of yours.",
  ),
  certificateArns: optional(
    list(arn),
    "Certificates of ACM, and private authorities, that entities of the mesh name. A role that is made may read them.",
  ),
  trustDomain: optional(
    string({ minLength: 1, maxLength: 255 }),
    "Host part of the SPIFFE ids of the mesh's proxies. Defaults to appmesh.local.",
  ),
  limits: optional(
    map(integer({ min: 1 })),
    "How much there may be of each thing, such as virtualNodesPerMesh: 5000. Defaults to App Mesh's own quotas.",
  ),
  environment: optional(map(string()), "More environment variables of the replicas."),
  permissionsBoundary: optional(arn, "ARN of the policy that bounds the roles that are made."),
} as const;

export const replicas = integer({ min: 2, max: 10 });

export const deletionProtection = optional(
  boolean(),
  "Whether the table that is made refuses to be deleted; switch it off first to destroy the stack. Defaults to true.",
);

/** The port of those who prove nothing, and who is let in there. */
export const trustedNetworkPort = (whoMayCome = "") =>
  optional(
    integer({ min: 1024, max: 65535 }),
    "Port on which proxies are served without a proof of who they are, such as AWS's own sidecars: whoever reaches it gets " +
      `the configuration of every virtual node. ${whoMayCome}If unset, there is none.`,
  );

/** Where authorities' keys are in AWS, by what they sign, and what is so where they are not given. */
export const authorityArns = (unset: { readonly proxies: string; readonly workloads: string }) => ({
  proxies: optional(
    arn,
    "ARN of what signs certificates by which proxies and the control plane know each other: a secret of Secrets Manager with " +
      `an authority's certificates and key, in PEM, or a key of KMS (ECC_NIST_P256, to sign and verify). ${unset.proxies}`,
  ),
  workloads: optional(
    arn,
    "ARN of what signs certificates of managed TLS: a secret or a key as for proxies, or an authority of AWS Private CA, " +
      `which may be one for short-lived certificates. ${unset.workloads}`,
  ),
});

export const authoritiesDoc = (store: string) =>
  `Where the keys of certificate authorities are that ${store} is not to have. What signs for proxies and what signs for ` +
  "workloads are never the same. One that is given later is trusted at once, and signs when it is used, by " +
  "appmesh identities use-authority.";
