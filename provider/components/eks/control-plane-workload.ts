// The pods of a control plane in a cluster: replicas of a Deployment, or one of a StatefulSet.
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import { digest } from "./authorities.js";
import { CONTROL_PLANE, type ControlPlanePod, controlPlanePod, selector } from "./control-plane-pod.js";
import type { Place } from "./control-plane-secrets.js";
import type { Claim, MadeTable } from "./control-plane-store.js";
import { apiHost } from "./controller-deployment.js";
import type { KubernetesControlPlaneArgs } from "./kubernetes-control-plane-args.js";

export interface WorkloadParts {
  /** Either of them. */
  readonly table: MadeTable | undefined;
  readonly claim: Claim | undefined;
  readonly host: Output<string>;
  readonly serviceName: Output<string>;
  readonly authorities: Output<ControlPlanePod["authorities"]>;
  /** Names of Secrets. */
  readonly accessKey: Output<string>;
  readonly credentials: Input<string> | undefined;
  /** What pods read when they start: with other ones there must be other pods. */
  readonly read: readonly unknown[];
  /** All that pods need before they start. */
  readonly needed: readonly Resource[];
}

export function controlPlaneWorkload(
  name: string,
  args: KubernetesControlPlaneArgs,
  parts: WorkloadParts,
  { namespace, child }: Place,
): void {
  const { serviceAccountTokens: tokens, certificate } = args;
  const { claim } = parts;
  const hostNames = output({
    host: parts.host,
    namespace,
    region: args.region,
    more: args.service,
  }).apply(({ host, namespace, region, more }) => [
    host,
    `${CONTROL_PLANE}.${namespace}.svc`,
    `${CONTROL_PLANE}.${namespace}`,
    CONTROL_PLANE,
    apiHost(region),
    ...(more?.hostNames ?? []),
  ]);
  const pod = output({
    image: args.image,
    region: args.region,
    account: args.accountId,
    trustDomain: args.trustDomain,
    trustedNetworkPort: args.trustedNetworkPort,
    limits: args.limits,
    store: claim ? { claim: claim.name } : { table: parts.table?.tableName },
    certificate: certificate === undefined ? { names: hostNames } : { secret: certificate.secretName },
    authorities: parts.authorities,
    tokens: tokens && {
      issuer: tokens.issuer,
      audience: tokens.audience,
      hasKeys: tokens.keys !== undefined,
    },
    accessKey: parts.accessKey,
    credentials: parts.credentials,
    cpu: args.cpu,
    memory: args.memory,
    environment: args.environment,
    serviceAccountName: CONTROL_PLANE,
    requireSpread: args.requireSpread,
    nodeSelector: args.nodeSelector,
    tolerations: args.tolerations,
    priorityClassName: args.priorityClassName,
    imagePullSecretNames: args.imagePullSecretNames,
  }).apply((known) => controlPlanePod(known as ControlPlanePod));
  const labels = output(args.podLabels).apply((more) => ({ ...more, ...selector }));
  const read = output(parts.read).apply((all) => digest(JSON.stringify(all)));
  const annotations = output({ more: args.podAnnotations, read }).apply(({ more, read }) => ({
    ...more,
    "pulumi-appmesh/configuration": read,
  }));
  const metadata = { name: CONTROL_PLANE, namespace, labels: selector };
  const template = { metadata: { labels, annotations }, spec: pod as never };
  const opts = { ...child, dependsOn: [...parts.needed, ...(claim ? claim.resources : [])] };
  if (claim) {
    // Of a StatefulSet there is never more than one pod with the same volume, not even where a machine is lost.
    new StatefulSet(
      `${name}-replica`,
      {
        metadata,
        spec: {
          replicas: 1,
          serviceName: parts.serviceName,
          selector: { matchLabels: selector },
          template,
        },
      },
      opts,
    );
    return;
  }
  new Deployment(
    `${name}-replicas`,
    {
      metadata,
      spec: {
        replicas: (args.replicas ?? 2) as Input<number>,
        selector: { matchLabels: selector },
        // A new replica has the whole state before an old one ends.
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template,
      },
    },
    opts,
  );
  new PodDisruptionBudget(
    `${name}-disruptions`,
    {
      metadata: { name: CONTROL_PLANE, namespace },
      // One that is not well holds nobody up.
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selector },
      },
    },
    child,
  );
}
