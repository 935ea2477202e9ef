// The namespaces whose pods get a proxy, and what tells those pods of the control plane.
import { MutatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/mutatingAdmissionPolicy.js";
import { MutatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/mutatingAdmissionPolicyBinding.js";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy.js";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding.js";
import { NamespacePatch } from "@pulumi/kubernetes/core/v1/namespacePatch.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import type { Chart } from "@pulumi/kubernetes/helm/v4/chart.js";
import { all, type CustomResourceOptions, type Input, Output, output, type Resource } from "@pulumi/pulumi";
import type { AppMeshControllerArgs } from "./given-controller.js";
import {
  injectedTracing,
  OTLP_PORT,
  TRACING_FILE,
  TRACING_FOLDER,
  TRACING_SECRET,
  TRACING_VARIABLE,
} from "./injected-tracing.js";
import { hostNetworkPolicy, INJECTION_LABEL, TRUST_FILE, TRUST_FOLDER, tellingPolicy } from "./injection.js";
import { takenOver } from "./kubernetes-names.js";

/** The name that the namespaces' Secret has in them. */
const XDS_AUTHORITIES = "appmesh-xds-authorities";

/** Gives back what is to be there before pods get proxies, and with it what is made last. */
export function injectedNamespaces(
  name: string,
  args: AppMeshControllerArgs,
  injection: NonNullable<AppMeshControllerArgs["injection"]>,
  child: CustomResourceOptions,
  chart: Chart,
): Resource[] {
  const authorities = injection.caCertificate ?? args.controlPlane?.caCertificate;
  // Policies are of the whole cluster: two components must not have one of the same name.
  const policyName = `appmesh-${name}-injection`;
  const tracing = openTelemetry(args);
  const mounts = {
    ...(authorities !== undefined && { [XDS_AUTHORITIES]: TRUST_FOLDER }),
    ...(tracing && { [TRACING_SECRET]: TRACING_FOLDER }),
  };
  const spec = all([injection.xdsEndpoint, injection.environment]).apply(([xdsEndpoint, environment]) =>
    tellingPolicy({
      xdsEndpoint,
      mounts,
      environment: { ...(tracing && TRACING_VARIABLE), ...environment },
    }),
  );
  const policy = new MutatingAdmissionPolicy(
    `${name}-injection`,
    { metadata: { name: policyName }, spec: spec as never },
    child,
  );
  const bound = new MutatingAdmissionPolicyBinding(
    `${name}-injection-binding`,
    { metadata: { name: policyName }, spec: { policyName: policy.metadata.name } },
    child,
  );
  const networkName = `appmesh-${name}-host-network`;
  const network = new ValidatingAdmissionPolicy(
    `${name}-host-network`,
    { metadata: { name: networkName }, spec: hostNetworkPolicy() as never },
    child,
  );
  const networkBound = new ValidatingAdmissionPolicyBinding(
    `${name}-host-network-binding`,
    {
      metadata: { name: networkName },
      spec: { policyName: network.metadata.name, validationActions: ["Deny"] },
    },
    child,
  );
  const prepared = Object.entries(injection.namespaces ?? {}).map(([namespace, given]) => {
    const file = (suffix: string, secretName: string, fileName: string, text: Input<string>) =>
      new Secret(
        `${name}-${namespace}-${suffix}`,
        { metadata: { name: secretName, namespace }, stringData: { [fileName]: text } },
        child,
      );
    const files = [
      ...(authorities === undefined ? [] : [file("authorities", XDS_AUTHORITIES, TRUST_FILE, authorities)]),
      ...(tracing === undefined
        ? []
        : [file("tracing", TRACING_SECRET, TRACING_FILE, tracingFile(namespace, tracing))]),
    ];
    const labels = output(given as InjectedGiven).apply((each) => ({
      ...each?.labels,
      [INJECTION_LABEL]: "enabled",
    }));
    // Last of all: from then on pods of the namespace wait for the controller, and need what it gives them.
    return new NamespacePatch(
      `${name}-${namespace}`,
      { metadata: { name: namespace, labels, annotations: takenOver } },
      { ...child, dependsOn: [chart, bound, ...files] },
    );
  });
  return [...prepared, networkBound];
}

/** What is told of a collector of OpenTelemetry; undefined where it is somebody else, or nobody. */
export function openTelemetry({ tracing }: AppMeshControllerArgs): AppMeshControllerArgs["tracing"] {
  if (Output.isInstance(tracing?.provider)) {
    throw new Error(
      "tracing.provider: an output was given; it decides what is made, and must be plain, such as opentelemetry.",
    );
  }
  return tracing?.provider === "opentelemetry" ? tracing : undefined;
}

const tracingFile = (
  namespace: string,
  { address, port }: NonNullable<AppMeshControllerArgs["tracing"]>,
): Output<string> =>
  all([address, port]).apply(([host, known]) => injectedTracing(namespace, String(host), known ?? OTLP_PORT));

type InjectedGiven = { readonly labels?: Readonly<Record<string, string>> } | undefined;
