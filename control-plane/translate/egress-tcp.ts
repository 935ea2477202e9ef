import type { Logging } from "@pulumi-appmesh/model";
import type { FilterChainJson } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import { accessLog } from "./access-log.js";
import { byWeight, type Choice } from "./chain-choice.js";
import { tcp } from "./filters.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { clusterShares } from "./routes.js";
import type { ServicePort } from "./services.js";
import { type Absent, unlessAbsent } from "./targets.js";
import { idleTimeout } from "./timeouts.js";

/** What takes the connections to a port. */
export interface PortEgress {
  readonly port: number;
  readonly chains: readonly FilterChainJson[];
  /** Missing: none of them, connections are closed. */
  readonly choice?: Choice;
}

/**
 * One filter chain for each target, those that have no share now included, so that a change of weights ends no
 * connection, neither at once nor when Envoy has drained. undefined if none has a share.
 */
export const tcpEgress = memo(
  (
    port: ServicePort,
    mesh: Mesh,
    logging: Logging | Absent,
  ): (PortEgress & { readonly choice: Choice }) | undefined => {
    const shares = clusterShares(mesh, port.shares).map(({ name: cluster, weight }) => ({
      chain: names.tcpChain(port.port, cluster),
      cluster,
      weight,
    }));
    const choice = byWeight(shares);
    if (choice === undefined) return undefined;
    const log = accessLog(unlessAbsent(logging));
    return {
      port: port.port,
      chains: shares.map(({ chain, cluster }) => ({
        name: chain,
        filters: [tcp(names.egressStatistics, cluster, idleTimeout(port.timeout), log)],
      })),
      choice,
    };
  },
);
