// How a control plane in a cluster is reached: its Service, who is let in, and who collects its metrics.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { output } from "@pulumi/pulumi";
import { ports } from "../aws/serve-arguments.js";
import { type Client, controlPlaneNetwork } from "./control-plane-network.js";
import { CONTROL_PLANE, METRICS_TOKEN, names, selector } from "./control-plane-pod.js";
import type { Place } from "./control-plane-secrets.js";
import type { KubernetesControlPlaneArgs } from "./kubernetes-control-plane-args.js";

export function controlPlaneService(
  name: string,
  { service, trustedNetworkPort }: KubernetesControlPlaneArgs,
  { namespace, child }: Place,
): Service {
  const spec = output({ service, trustedNetworkPort }).apply(({ service, trustedNetworkPort }) => ({
    type: service?.type ?? "ClusterIP",
    selector,
    ...(service?.loadBalancerClass !== undefined && { loadBalancerClass: service.loadBalancerClass }),
    ports: [
      // AWS's clients know no other port.
      { name: "api", port: 443, targetPort: "api" },
      { name: "xds", port: ports.xds, targetPort: "xds" },
      ...(trustedNetworkPort === undefined
        ? []
        : [{ name: "xds-trusted", port: trustedNetworkPort, targetPort: "xds-trusted" }]),
    ],
  }));
  const annotations = output(service).apply((given) => given?.annotations ?? {});
  return new Service(
    `${name}-service`,
    {
      metadata: { name: CONTROL_PLANE, namespace, labels: selector, annotations },
      spec: spec as never,
    },
    child,
  );
}

export function networkPolicy(
  name: string,
  args: KubernetesControlPlaneArgs,
  { namespace, child }: Place,
): void {
  const spec = output({
    clients: args.clients === undefined ? undefined : Object.values(args.clients),
    trustedNetworkPort: args.trustedNetworkPort,
  }).apply((known) =>
    controlPlaneNetwork({
      clients: known.clients as readonly Client[] | undefined,
      trustedNetworkPort: known.trustedNetworkPort,
      several: args.table !== undefined,
      monitored: args.serviceMonitor !== undefined,
    }),
  );
  new NetworkPolicy(
    `${name}-network`,
    { metadata: { name: CONTROL_PLANE, namespace }, spec: spec as never },
    child,
  );
}

export function monitor(
  name: string,
  { serviceMonitor }: KubernetesControlPlaneArgs,
  { namespace, child }: Place,
): void {
  const labels = { "app.kubernetes.io/name": names.metrics };
  const metadata = { name: names.metrics, namespace };
  const service = new Service(
    `${name}-metrics`,
    {
      metadata: { ...metadata, labels },
      spec: {
        clusterIP: "None",
        selector,
        ports: [{ name: "metrics", port: ports.health, targetPort: "health" }],
      },
    },
    child,
  );
  new CustomResource(
    `${name}-monitor`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { ...metadata, labels: serviceMonitor?.labels ?? {} },
      spec: {
        selector: { matchLabels: labels },
        endpoints: [
          {
            port: "metrics",
            interval: output(serviceMonitor?.intervalSeconds).apply((seconds) => `${seconds ?? 30}s`),
            authorization: { type: "Bearer", credentials: { name: names.metrics, key: METRICS_TOKEN } },
          },
        ],
      },
    } as never,
    { ...child, dependsOn: [service] },
  );
}
