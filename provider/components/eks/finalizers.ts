// What keeps the controller while there are objects that it alone lets go: AWS's controller puts finalizers on each object,
// and takes them off when the entity is gone from the mesh. Without it no such object could be deleted any more.
import { apiVersion } from "@pulumi-appmesh/model/kubernetes";

/** What the finalizers of AWS's controller begin with. */
const FINALIZERS = "finalizers.appmesh.k8s.aws/";

/**
 * Lets an inert object of the cluster, a ClusterRole, go only when no Mesh has such a finalizer. A Mesh is the last to lose
 * its own: the controller keeps it until all members are gone.
 */
export function finalizersPolicy(clusterRole: string) {
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
export const ofAllMeshes = { selector: {}, parameterNotFoundAction: "Allow" } as const;
