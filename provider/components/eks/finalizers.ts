// What keeps the controller while there are objects that it alone lets go: AWS's controller puts finalizers on each object,
// and takes them off when the entity is gone from the mesh. Without it no such object could be deleted any more.
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy.js";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding.js";
import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole.js";
import type { CustomResourceOptions, Resource } from "@pulumi/pulumi";
import { apiVersion } from "@pulumi-appmesh/model/kubernetes";

/** What the finalizers of AWS's controller begin with. */
const FINALIZERS = "finalizers.appmesh.k8s.aws/";

/**
 * Lets an inert object of the cluster, a ClusterRole, go only when no Mesh has such a finalizer. A Mesh is the last to lose
 * its own: the controller keeps it until all members are gone.
 */
function finalizersPolicy(clusterRole: string) {
  return {
    paramKind: { apiVersion, kind: "Mesh" },
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          apiVersions: ["v1"],
          operations: ["DELETE"],
          resources: ["clusterroles"],
          resourceNames: [clusterRole],
        },
      ],
    },
    failurePolicy: "Fail",
    validations: [
      {
        expression: `!has(params.metadata.finalizers) || !params.metadata.finalizers.exists(each, each.startsWith('${FINALIZERS}'))`,
        messageExpression:
          "'the Mesh ' + params.metadata.name + ' is there: it and its members could not be deleted any more without the controller, which " +
          "takes its finalizers off them. Delete them while it runs (kubectl delete), and then destroy it; or, to keep the mesh, or where the " +
          "controller is gone already, take the finalizers off yourself, as docs/eks.md says under Finalizers'",
        reason: "Forbidden",
      },
    ],
  };
}

/** All meshes are looked at; where there are none, nothing is kept. */
const ofAllMeshes = { selector: {}, parameterNotFoundAction: "Allow" } as const;

/** What is destroyed first of all, and cannot be while objects have the controller's finalizers. */
export function keptWhileNeeded(
  name: string,
  definitions: readonly Resource[],
  all: readonly Resource[],
  child: CustomResourceOptions,
): void {
  const policyName = `appmesh-${name}-finalizers`;
  const clusterRole = `appmesh-${name}-controller-is-needed`;
  const policy = new ValidatingAdmissionPolicy(
    `${name}-finalizers`,
    { metadata: { name: policyName }, spec: finalizersPolicy(clusterRole) as never },
    { ...child, dependsOn: [...definitions] },
  );
  const bound = new ValidatingAdmissionPolicyBinding(
    `${name}-finalizers-binding`,
    {
      metadata: { name: policyName },
      spec: {
        policyName: policy.metadata.name,
        paramRef: ofAllMeshes,
        validationActions: ["Deny"],
      },
    },
    child,
  );
  new ClusterRole(
    `${name}-controller-is-needed`,
    { metadata: { name: clusterRole }, rules: [] },
    { ...child, dependsOn: [bound, ...all] },
  );
}
