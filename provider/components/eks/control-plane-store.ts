// Where a control plane in a cluster keeps the mesh: a table that replicas share, or the volume of the only one.
import { Key } from "@pulumi/aws/kms/key.js";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { type CustomResourceOptions, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import { controlPlaneTable } from "../aws/control-plane-table.js";
import { names } from "./control-plane-pod.js";
import type { Place } from "./control-plane-secrets.js";
import type { KubernetesControlPlaneArgs, Tags } from "./kubernetes-control-plane-args.js";

export interface MadeTable {
  readonly arn: Output<string>;
  readonly tableName: Output<string>;
  readonly kmsKeyArn: Output<string> | undefined;
  readonly resources: readonly Resource[];
}

export interface Claim {
  readonly name: Output<string>;
  readonly resources: readonly Resource[];
}

export function madeTable(
  name: string,
  { table, tags }: KubernetesControlPlaneArgs,
  child: CustomResourceOptions,
): MadeTable | undefined {
  if (table === undefined) return undefined;
  const given = (key: "tableArn" | "kmsKeyArn") =>
    table[key] === undefined ? undefined : output(table[key] as Input<string>);
  const arn = given("tableArn");
  if (arn !== undefined) {
    const tableName = arn.apply((known) => known.slice(known.indexOf("/") + 1));
    return { arn, tableName, kmsKeyArn: given("kmsKeyArn"), resources: [] };
  }
  const kmsKeyArn =
    given("kmsKeyArn") ??
    new Key(
      `${name}-key`,
      {
        description: "What a control plane of App Mesh keeps in its table.",
        enableKeyRotation: true,
        ...(tags !== undefined && { tags: tags as Tags }),
      },
      child,
    ).arn;
  const { deletionProtection } = table;
  const made = controlPlaneTable(
    `${name}-table`,
    {
      kmsKeyArn,
      deletionProtection: deletionProtection as Input<boolean> | undefined,
      tags: tags as Tags,
    },
    child,
  );
  return { arn: made.arn, tableName: made.name, kmsKeyArn, resources: [made] };
}

export function madeClaim(
  name: string,
  volume: NonNullable<KubernetesControlPlaneArgs["volume"]>,
  { namespace, child }: Place,
): Claim {
  if (volume.claimName !== undefined)
    return { name: output(volume.claimName as Input<string>), resources: [] };
  const { size = "1Gi", storageClassName } = volume;
  const made = new PersistentVolumeClaim(
    `${name}-data`,
    {
      metadata: {
        name: names.data,
        namespace,
        // Many classes make a volume only where the pod is that asks for it.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: size as Input<string> } },
        ...(storageClassName !== undefined && { storageClassName: storageClassName as Input<string> }),
      },
    },
    child,
  );
  return { name: made.metadata.name, resources: [made] };
}
