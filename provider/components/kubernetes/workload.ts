// What becomes of pods that a component makes, be they of a virtual node or of a virtual gateway.
import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import {
  type CustomResourceOptions,
  type Input,
  type Inputs,
  type Output,
  output,
  type Resource,
} from "@pulumi/pulumi";
import { proxyServiceAccount } from "../../extensions/proxy-service-account.js";
import { merged, type Values } from "../eks/chart-values.js";
import { ExtensionResource } from "../extension-resource.js";
import { given } from "../given.js";
import { addMeshToPod } from "./add-mesh-to-pod.js";
import { type MeshPodOptions, podOptions } from "./mesh-pod-options.js";
import type { PodSpec } from "./pod-spec.js";
import { secretsOf } from "./secrets.js";
import { injector, podLabel } from "./workload-rules.js";

/** What is common to the components' arguments; any part may be an output. */
export interface WorkloadArgs {
  readonly namespace: Input<string>;
  readonly serviceName?: Input<string | undefined>;
  readonly serviceAccountName?: Input<string>;
  readonly podTemplate?: Input<unknown>;
  readonly deployment?: Input<unknown>;
  readonly statefulSet?: Input<unknown>;
  readonly daemonSet?: Input<unknown>;
  readonly service?: Input<unknown>;
  readonly serviceAccount?: Input<unknown>;
  readonly replicas?: Input<unknown>;
  readonly [other: string]: unknown;
}

/** How the objects are called, and where they are. */
export interface Place {
  readonly name: Output<string>;
  readonly namespace: Output<string>;
  readonly labels: Output<Record<string, string>>;
}

export function placeOf(name: string, { serviceName, namespace }: WorkloadArgs): Place {
  const called = output(serviceName).apply((known) => known ?? name);
  return {
    name: called,
    namespace: output(namespace),
    labels: called.apply((known): Record<string, string> => ({ [podLabel]: known })),
  };
}

/** The service account as which the pods run: the one that is named, or one that is made for them. */
export function accountOf(
  name: string,
  args: WorkloadArgs,
  place: Place,
  child: CustomResourceOptions,
): Output<string> {
  if (args.serviceAccountName !== undefined) return output(args.serviceAccountName);
  const said = output((args.serviceAccount ?? {}) as Input<Values>);
  const account = new ServiceAccount(
    `${name}-service-account`,
    {
      ...Object.fromEntries(
        accountMembers.map((member) => [member, said.apply((known) => known[member] ?? undefined)]),
      ),
      metadata: metadataOf(args.serviceAccount, place),
    },
    child,
  );
  return account.metadata.name;
}

/**
 * Tells the control plane that these proxies, and no others, run as the service account that was made for them; nothing
 * where they prove by something else who they are. Where the account, or the mesh, is somebody else's, that is theirs to say.
 */
export function provenBy(
  name: string,
  args: WorkloadArgs,
  { namespace }: Place,
  serviceAccountName: Output<string>,
  proxies: Inputs,
  child: CustomResourceOptions,
): readonly Resource[] {
  const { certificateFrom, tokenFrom, plaintext } = (args.controlPlane ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const otherwise = [args.serviceAccountName, args.meshOwner, certificateFrom, tokenFrom];
  if (plaintext === true || otherwise.some((each) => each !== undefined && each !== null)) return [];
  const { meshName } = args;
  const said = { meshName, namespace, serviceAccountName, ...proxies };
  return [new ExtensionResource(proxyServiceAccount, `${name}-proxies`, said, child)];
}

/** A Service that leads to the pods. */
export function serviceOf(
  name: string,
  args: WorkloadArgs,
  place: Place,
  spec: Input<Values>,
  child: CustomResourceOptions,
): Service {
  const own = output({ spec, selector: place.labels }).apply((known) => ({
    ...known.spec,
    selector: known.selector,
  }));
  return new Service(
    `${name}-service`,
    { metadata: metadataOf(args.service, place), spec: specOf(args.service, own) as never },
    child,
  );
}

/** No pod ends before the next one is ready. */
const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } };

/**
 * The Deployment of the pods, or their StatefulSet or DaemonSet, with Envoy in them.
 *
 * @param proxy What they are one of, and on which ports they listen.
 * @param serviceName Of the Service by which the pods of a StatefulSet have names.
 */
export function setOf(
  name: string,
  args: WorkloadArgs,
  place: Place,
  serviceAccountName: Input<string>,
  proxy: object,
  child: CustomResourceOptions,
  serviceName?: Input<string>,
): Deployment | StatefulSet | DaemonSet {
  const own = podsOf(name, args, place, serviceAccountName, proxy, child);
  if (args.statefulSet !== undefined && args.statefulSet !== null) {
    const named = output({ own, serviceName }).apply((known) =>
      given({ ...known.own, serviceName: known.serviceName }),
    );
    return new StatefulSet(
      `${name}-stateful-set`,
      {
        metadata: metadataOf(args.statefulSet, place),
        spec: specOf(args.statefulSet, named) as never,
      },
      child,
    );
  }
  if (args.daemonSet !== undefined && args.daemonSet !== null) {
    return new DaemonSet(
      `${name}-daemon-set`,
      { metadata: metadataOf(args.daemonSet, place), spec: specOf(args.daemonSet, own) as never },
      child,
    );
  }
  const spec = specOf(args.deployment, own).apply((known) => ({ strategy, ...known }));
  return new Deployment(
    `${name}-deployment`,
    { metadata: metadataOf(args.deployment, place), spec: spec as never },
    child,
  );
}

/** How many pods there are, how they are found, and what they are. */
function podsOf(
  name: string,
  args: WorkloadArgs,
  place: Place,
  serviceAccountName: Input<string>,
  proxy: object,
  child: CustomResourceOptions,
): Output<Values> {
  const options = {
    ...Object.fromEntries(Object.keys(podOptions).map((member) => [member, args[member]])),
    interception: args.interception,
    ...proxy,
  };
  return output({
    podTemplate: args.podTemplate,
    replicas: args.replicas,
    labels: place.labels,
    options,
    serviceAccountName,
    secrets: secretsOf(name, args, place, child),
  }).apply((known): Values => {
    const { metadata = {}, spec = { containers: [] } } = given(known.podTemplate ?? {}) as PodTemplate;
    const pod = addMeshToPod(spec, given(known.options) as unknown as MeshPodOptions);
    return given({
      replicas: known.replicas,
      selector: { matchLabels: known.labels },
      template: {
        metadata: merged(metadata, { labels: known.labels, annotations: { [injector]: "disabled" } }),
        spec: { ...pod, serviceAccountName: known.serviceAccountName },
      },
    });
  });
}

/** What a service account has beside its metadata. */
const accountMembers = ["automountServiceAccountToken", "imagePullSecrets", "secrets"] as const;

interface PodTemplate {
  readonly metadata?: Values;
  readonly spec?: PodSpec;
}

/** What the program says of an object that the component makes, without the members that it does not say. */
const partOf = (given: Input<unknown>, member: string): Output<Values> =>
  output(given as Input<Values | undefined>).apply((known) => (known?.[member] ?? {}) as Values);

const metadataOf = (under: Input<unknown>, { name, namespace }: Place): Output<Values> =>
  output({ under: partOf(under, "metadata"), name, namespace }).apply((known) =>
    merged(given(known.under), { name: known.name, namespace: known.namespace }),
  );

/** The component's own members over those that the program says. */
const specOf = (under: Input<unknown>, own: Input<Values>): Output<Values> =>
  output({ under: partOf(under, "spec"), own }).apply((known) => merged(given(known.under), known.own));
