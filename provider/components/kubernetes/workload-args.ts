// What pods of the mesh are given that a component makes, be they of a virtual node or of a virtual gateway.
import { boolean, integer, json, optional, required, string } from "@pulumi-appmesh/model";
import { podOptions } from "./mesh-pod-options.js";

/** A name that a Service can have. */
export const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const label = string({
  minLength: 1,
  maxLength: 63,
  pattern: {
    regex: dnsLabel,
    says: "that is a label of DNS (lower-case letters, digits and hyphens, with a letter first, as catalog-v1)",
  },
});

export const workloadInputs = {
  namespace: required(
    string({
      minLength: 1,
      maxLength: 63,
      pattern: {
        regex: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
        says: "that is a label of DNS (lower-case letters, digits and hyphens, as shop)",
      },
    }),
    "Namespace of all that is made. It is there already.",
  ),
  serviceName: optional(
    label,
    "Name of the Deployment, the Service and the service account: a label of DNS. Defaults to the name of the component.",
  ),
  replicas: optional(
    integer({ min: 0 }),
    "How many pods there are. Unset, Kubernetes starts with one, and leaves it to an autoscaler from then on.",
  ),
  deployment: optional(
    json(),
    "More of the Deployment, in Kubernetes' words: {metadata: {annotations, labels}, spec: {strategy, minReadySeconds, …}}. " +
      "Unless it has a strategy, a pod ends when the next one is ready.",
  ),
  serviceAccount: optional(
    json(),
    "More of the service account that is made, in Kubernetes' words: {metadata: {annotations}}, such as the role of IAM that " +
      "it has.",
  ),
  serviceAccountName: optional(
    string({ minLength: 1, maxLength: 253 }),
    "Name of a service account that is there, as which the pods run. Unset, one is made for them alone, by whose tokens the " +
      "control plane tells them from others.",
  ),
  lookUpSecrets: optional(
    boolean(),
    "Whether the Secrets that controlPlane names are looked for, already in a preview: one that is missing keeps the pods from " +
      "starting, without a word in their logs. Pulumi keeps what it reads, encrypted. One that the program itself makes, whose " +
      "name is an output, is not looked for. Give false where they are made later, or may not be read. Defaults to true.",
  ),
  ...podOptions,
} as const;

/** The inputs of them that decide how much is made. */
export const plainWorkloadInputs = ["controlPlane", "lookUpSecrets"] as const;
