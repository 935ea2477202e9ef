import { Secret, type SecretArgs } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import {
  type CustomResourceOptions,
  type Input,
  interpolate,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";

export interface StoredSecretArgs {
  readonly description: string;
  /** What is in it, by the keys of its JSON. */
  readonly values: Input<Readonly<Record<string, string>>>;
  readonly secretName?: Input<string>;
  readonly kmsKeyArn?: Input<string>;
  readonly recoveryWindowInDays?: Input<number>;
  readonly region?: Input<string>;
  readonly tags?: SecretArgs["tags"];
}

/** One secret of AWS Secrets Manager with several values, by the keys of its JSON. */
export class StoredSecret {
  readonly arn: Output<string>;
  readonly #version: Output<string>;

  constructor(name: string, args: StoredSecretArgs, child: CustomResourceOptions) {
    const { description, values, secretName, kmsKeyArn, recoveryWindowInDays, region, tags } = args;
    const there = region === undefined ? {} : { region };
    const held = new Secret(
      `${name}-secret`,
      {
        description,
        ...(secretName !== undefined && { name: secretName }),
        ...(kmsKeyArn !== undefined && { kmsKeyId: kmsKeyArn }),
        ...(recoveryWindowInDays !== undefined && { recoveryWindowInDays }),
        tags,
        ...there,
      },
      child,
    );
    const version = new SecretVersion(
      `${name}-secret-version`,
      {
        secretId: held.id,
        secretString: secret(output(values).apply((known) => JSON.stringify(known))),
        ...there,
      },
      child,
    );
    this.arn = held.arn;
    this.#version = version.versionId;
  }

  /**
   * A value as ECS names it. It names the version, too: other values make other task definitions, so that tasks that were
   * started with the ones before are replaced.
   */
  from(key: string): Output<string> {
    return interpolate`${this.arn}:${key}::${this.#version}`;
  }
}
