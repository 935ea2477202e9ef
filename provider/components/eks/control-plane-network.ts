// Who reaches the replicas of a control plane in a cluster.
import { ports } from "../aws/serve-arguments.js";
import { selector } from "./control-plane-pod.js";
import { INJECTION_LABEL } from "./injection.js";

export interface Client {
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly cidr?: string;
}

export interface ControlPlaneNetwork {
  /** Default: all pods of the cluster. */
  readonly clients: readonly Client[] | undefined;
  readonly trustedNetworkPort: number | undefined;
  /** Whether there are several, which tell each other of changes. */
  readonly several: boolean;
  readonly monitored: boolean;
}

/** The spec of a NetworkPolicy. Machines reach their own pods, for probes, whatever it says. */
export function controlPlaneNetwork({
  clients,
  trustedNetworkPort,
  several,
  monitored,
}: ControlPlaneNetwork) {
  const tcp = (...all: readonly number[]) => all.map((port) => ({ protocol: "TCP", port }));
  const anyPod = { namespaceSelector: {} };
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress"],
    ingress: [
      { from: clients?.map(peer) ?? [anyPod], ports: tcp(ports.api, ports.xds) },
      ...(trustedNetworkPort === undefined
        ? []
        : [
            {
              from: [{ namespaceSelector: { matchLabels: { [INJECTION_LABEL]: "enabled" } } }],
              ports: tcp(trustedNetworkPort),
            },
          ]),
      ...(several
        ? [
            {
              from: [{ podSelector: { matchLabels: selector } }],
              ports: [{ protocol: "UDP", port: ports.notices }],
            },
          ]
        : []),
      // Metrics are told to those alone who have the token.
      ...(monitored ? [{ from: [anyPod], ports: tcp(ports.health) }] : []),
    ],
  };
}

const peer = ({ namespaceLabels, podLabels, cidr }: Client) =>
  cidr === undefined
    ? {
        namespaceSelector: { matchLabels: namespaceLabels ?? {} },
        ...(podLabels && { podSelector: { matchLabels: podLabels } }),
      }
    : { ipBlock: { cidr } };
