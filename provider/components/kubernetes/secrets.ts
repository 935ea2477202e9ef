import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { type CustomResourceOptions, Output, output, unsecret } from "@pulumi/pulumi";
import type { Place, WorkloadArgs } from "./workload.js";

/** Where the options of a pod name a value of a Secret. */
const members = ["trustFrom", "certificateFrom", "privateKeyFrom", "tokenFrom"] as const;

interface Reference {
  readonly name: string;
  readonly key: string;
}

/** Pulumi makes what a program's own resource is named by before the pods, and in a preview it may not be there yet. */
const isMade = (reference: unknown): boolean =>
  Output.isInstance(reference) || Output.isInstance((reference as { readonly name?: unknown }).name);

/**
 * Looks for the Secrets that pods need to start, and for the values in them, unless the program makes them itself. What is
 * missing is told in a preview, by a resource that is named for the input.
 */
export function secretsOf(
  name: string,
  { controlPlane, lookUpSecrets }: WorkloadArgs,
  { namespace }: Place,
  child: CustomResourceOptions,
): Output<readonly true[]> {
  if (lookUpSecrets === false) return output([]);
  const given = (controlPlane ?? {}) as Readonly<Record<string, unknown>>;
  return output(
    members
      .filter((member) => given[member] !== undefined && given[member] !== null && !isMade(given[member]))
      .map((member) => {
        const reference = output(given[member] as Reference);
        const id = output({ namespace, reference }).apply(
          (known) => `${known.namespace}/${known.reference.name}`,
        );
        const found = Secret.get(`${name}-controlPlane-${member}`, id, {
          ...child,
          additionalSecretOutputs: ["data"],
        });
        // Whether it is there is no secret, as what it says is: else the whole Deployment would be one.
        return unsecret(
          output({ id, key: reference.apply(({ key }) => key), data: found.data }).apply(
            ({ id, key, data = {} }): true => {
              if (Object.hasOwn(data, key)) return true;
              const keys = Object.keys(data).sort().join(", ") || "no values";
              throw new Error(
                `controlPlane.${member}.key: ${JSON.stringify(key)} was given; the Secret ${id} has ${keys}. Put it there, or name one of those.`,
              );
            },
          ),
        );
      }),
  );
}
