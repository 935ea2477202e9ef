import { Table } from "@pulumi/aws/dynamodb/table.js";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";

export interface ControlPlaneTable {
  readonly kmsKeyArn: Input<string>;
  readonly deletionProtection: Input<boolean> | undefined;
  readonly tags: Input<Record<string, Input<string>>> | undefined;
}

/** The table that replicas share, as `appmesh table create` makes it. */
export const controlPlaneTable = (
  name: string,
  { kmsKeyArn, deletionProtection, tags }: ControlPlaneTable,
  opts: CustomResourceOptions,
): Table =>
  new Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey: "pk",
      rangeKey: "sk",
      attributes: [
        { name: "pk", type: "S" },
        { name: "sk", type: "S" },
      ],
      ttl: { attributeName: "expires", enabled: true },
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true, kmsKeyArn },
      deletionProtectionEnabled: deletionProtection ?? true,
      ...(tags !== undefined && { tags }),
    },
    opts,
  );
