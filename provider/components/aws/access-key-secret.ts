import {
  ComponentResource,
  type ComponentResourceOptions,
  type Inputs,
  type Output,
  output,
} from "@pulumi/pulumi";
import { accessKey, accessKeyInputs } from "../../extensions/access-key.js";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs } from "../deep-input.js";
import { ExtensionResource } from "../extension-resource.js";
import { membersOf } from "../given.js";
import { type AccessKeySecretInputs, accessKeySecret } from "./access-key-secret-args.js";
import { StoredSecret } from "./stored-secret.js";

export type AccessKeySecretArgs = DeepInputs<AccessKeySecretInputs>;

/** A key of the App Mesh API in AWS Secrets Manager. */
export class AccessKeySecret extends ComponentResource {
  readonly secretArn: Output<string>;
  readonly accessKeyIdFrom: Output<string>;
  readonly secretAccessKeyFrom: Output<string>;
  readonly accessKeyId: Output<string>;
  readonly expiresAt: Output<string | undefined>;
  readonly renewAt: Output<string | undefined>;

  constructor(name: string, args: AccessKeySecretArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:AccessKeySecret",
      name,
      checkedArgs(accessKeySecret, name, args) as unknown as Inputs,
      opts,
    );
    const child = { parent: this };
    const issued = new ExtensionResource(accessKey, `${name}-key`, membersOf(accessKeyInputs, args), child);
    this.accessKeyId = issued.get("accessKeyId");
    this.expiresAt = issued.get("expiresAt");
    this.renewAt = issued.get("renewAt");
    const stored = new StoredSecret(
      name,
      {
        ...args,
        description: "Access key of a control plane of App Mesh",
        values: output({
          accessKeyId: this.accessKeyId,
          secretAccessKey: issued.get<string>("secretAccessKey"),
        }),
      },
      child,
    );
    this.secretArn = stored.arn;
    this.accessKeyIdFrom = stored.from("accessKeyId");
    this.secretAccessKeyFrom = stored.from("secretAccessKey");
    this.registerOutputs({
      secretArn: this.secretArn,
      accessKeyIdFrom: this.accessKeyIdFrom,
      secretAccessKeyFrom: this.secretAccessKeyFrom,
      accessKeyId: this.accessKeyId,
      expiresAt: this.expiresAt,
      renewAt: this.renewAt,
    });
  }
}
