// The service account of a component's pods, and the IAM role that it has on EKS.
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import {
  all,
  type CustomResourceOptions,
  type Input,
  type Output,
  output,
  type Resource,
} from "@pulumi/pulumi";
import { podIdentityTrust, serviceAccountTrust } from "./iam.js";

export interface WorkloadIdentityArgs {
  readonly namespace: Output<string>;
  readonly serviceAccount: string;
  readonly podIdentity?:
    | { readonly clusterName: Input<string>; readonly roleArn?: Input<string> | undefined }
    | undefined;
  readonly serviceAccountRole?:
    | {
        readonly oidcProviderArn?: Input<string> | undefined;
        readonly roleArn?: Input<string> | undefined;
      }
    | undefined;
  /** What the role may do, where one is made. */
  readonly policy: () => Input<string>;
  readonly permissionsBoundary?: Input<string> | undefined;
  readonly tags?: Input<Record<string, Input<string>>> | undefined;
}

export interface WorkloadIdentity {
  /** All that pods need before they start. */
  readonly resources: readonly Resource[];
  readonly roleArn: Output<string> | undefined;
}

export function workloadIdentity(
  name: string,
  args: WorkloadIdentityArgs,
  child: CustomResourceOptions,
): WorkloadIdentity {
  const { namespace, serviceAccount, podIdentity, serviceAccountRole } = args;
  const made = (trust: Input<string>): [Output<string>, Resource[]] => {
    const { permissionsBoundary, tags } = args;
    const role = new Role(
      `${name}-role`,
      {
        assumeRolePolicy: trust,
        ...(permissionsBoundary !== undefined && { permissionsBoundary }),
        ...(tags !== undefined && { tags }),
      },
      child,
    );
    const policy = new RolePolicy(`${name}-role-policy`, { role: role.name, policy: args.policy() }, child);
    return [role.arn, [role, policy]];
  };
  const trustOfAccount = () =>
    all([serviceAccountRole?.oidcProviderArn, namespace]).apply(([provider, known]) =>
      serviceAccountTrust(String(provider), known, serviceAccount),
    );
  const given = podIdentity?.roleArn ?? serviceAccountRole?.roleArn;
  const [role, resources] = given
    ? [output(given), []]
    : podIdentity === undefined && serviceAccountRole === undefined
      ? [undefined, []]
      : made(podIdentity ? podIdentityTrust() : trustOfAccount());

  const account = new ServiceAccount(
    `${name}-service-account`,
    {
      metadata: {
        name: serviceAccount,
        namespace,
        ...(serviceAccountRole && role && { annotations: { "eks.amazonaws.com/role-arn": role } }),
      },
    },
    child,
  );
  const association =
    podIdentity && role
      ? new PodIdentityAssociation(
          `${name}-pod-identity`,
          { clusterName: podIdentity.clusterName, namespace, serviceAccount, roleArn: role },
          child,
        )
      : undefined;
  return { resources: [...resources, account, ...(association ? [association] : [])], roleArn: role };
}
