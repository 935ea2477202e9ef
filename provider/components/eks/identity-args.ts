// How pods on EKS have an IAM role, in words that components share.
import { arn, optional, required, string, structure } from "@pulumi-appmesh/model";

export const PodIdentity = structure(
  "EksPodIdentity",
  "An IAM role by EKS Pod Identity. The cluster needs the add-on eks-pod-identity-agent.",
  {
    clusterName: required(string({ minLength: 1 }), "Name of the EKS cluster."),
    roleArn: optional(arn, "ARN of the role. If unset, one is made that may do what the pods do."),
  },
);

export const ServiceAccountRole = structure(
  "EksServiceAccountRole",
  "An IAM role for the service account (IRSA), which trusts the OIDC provider of the cluster.",
  {
    oidcProviderArn: optional(
      arn,
      "ARN of the cluster's OIDC provider in IAM. A role that trusts it is made. Needed where roleArn is not given.",
    ),
    roleArn: optional(arn, "ARN of the role. If unset, one is made that may do what the pods do."),
  },
);
