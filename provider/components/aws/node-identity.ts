import {
  ComponentResource,
  type ComponentResourceOptions,
  type Inputs,
  type Output,
  output,
} from "@pulumi/pulumi";
import { proxyIdentity, proxyIdentityInputs } from "../../extensions/proxy-identity.js";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs } from "../deep-input.js";
import { ExtensionResource } from "../extension-resource.js";
import { membersOf } from "../given.js";
import { type NodeIdentityInputs, nodeIdentity } from "./node-identity-args.js";
import { StoredSecret } from "./stored-secret.js";

export type NodeIdentityArgs = DeepInputs<NodeIdentityInputs>;

/** What the proxies of a virtual node or gateway prove who they are by, in AWS Secrets Manager. */
export class NodeIdentity extends ComponentResource {
  readonly trustFrom: Output<string>;
  readonly certificateFrom: Output<string | undefined>;
  readonly privateKeyFrom: Output<string | undefined>;
  readonly tokenFrom: Output<string | undefined>;
  readonly secretArn: Output<string>;
  readonly trust: Output<string>;
  readonly identityId: Output<string>;
  readonly expiresAt: Output<string>;
  readonly renewAt: Output<string>;

  constructor(name: string, args: NodeIdentityArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:NodeIdentity",
      name,
      checkedArgs(nodeIdentity, name, args) as unknown as Inputs,
      opts,
    );
    const child = { parent: this };
    const issued = new ExtensionResource(
      proxyIdentity,
      `${name}-identity`,
      membersOf(proxyIdentityInputs, args),
      child,
    );
    this.trust = issued.get("trust");
    this.identityId = issued.get("identityId");
    this.expiresAt = issued.get("expiresAt");
    this.renewAt = issued.get("renewAt");
    const kind = output(args.kind).apply((given) => given ?? "certificate");
    const stored = new StoredSecret(
      name,
      {
        ...args,
        description: "What a proxy of App Mesh proves to the control plane by who it is",
        // In a preview, an output that is not there counts as one that is not known yet: none is asked for in vain.
        values: kind.apply((given) => {
          const names = ["trust", ...(given === "token" ? ["token"] : ["certificate", "privateKey"])];
          return output(Object.fromEntries(names.map((name) => [name, issued.get<string>(name)])));
        }),
      },
      child,
    );
    const only = (wanted: string, key: string) =>
      output({ kind, from: stored.from(key) }).apply((known) =>
        known.kind === wanted ? known.from : undefined,
      );
    this.secretArn = stored.arn;
    this.trustFrom = stored.from("trust");
    this.certificateFrom = only("certificate", "certificate");
    this.privateKeyFrom = only("certificate", "privateKey");
    this.tokenFrom = only("token", "token");
    this.registerOutputs({
      trustFrom: this.trustFrom,
      certificateFrom: this.certificateFrom,
      privateKeyFrom: this.privateKeyFrom,
      tokenFrom: this.tokenFrom,
      secretArn: this.secretArn,
      trust: this.trust,
      identityId: this.identityId,
      expiresAt: this.expiresAt,
      renewAt: this.renewAt,
    });
  }
}
