import type { ClientPolicyTls } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { type Cluster, closedCluster, egressCluster, type Target } from "./clusters.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import type { Place } from "./secrets.js";
import type { Service } from "./services.js";
import { ABSENT } from "./targets.js";
import { policyApplies } from "./tls.js";

/** A client policy's TLS, and where it stands. */
export interface Policy {
  readonly tls: ClientPolicyTls;
  readonly place: Place;
}

/**
 * The clusters of what a proxy calls: one for each listener, whichever virtual services lead to it. So what one
 * policy asks for holds for all of them: one that is enforced goes before one that is not, and any before none.
 */
export class EgressClusters {
  readonly #clusters = new Map<string, { readonly cluster: Cluster; readonly rank: number }>();

  constructor(
    private readonly mesh: Mesh,
    private readonly problems: Problems,
  ) {}

  /** Adds what leads to the service, under the policy where it says anything of the ports. */
  add(service: Service, policy: Policy | undefined): void {
    if (policy === undefined) {
      for (const [target, cluster] of openClusters(service, this.mesh)) this.#merge(target, cluster, 0);
      return;
    }
    const { tls, place } = policy;
    for (const { port, targets } of service.ports) {
      for (const target of targets) {
        if (policyApplies(tls, [port, target.port])) {
          const cluster = egressCluster(target, this.mesh, tls, place.entity, place.path);
          this.#merge(target, cluster, (tls.enforce ?? true) ? 2 : 1, place);
        } else {
          this.#merge(target, openCluster(target, this.mesh), 0);
        }
      }
    }
  }

  all(): readonly Resource<ClusterJson>[] {
    return [...this.#clusters.values()].map(({ cluster }) => {
      this.problems.merge(cluster.problems);
      return cluster.resource;
    });
  }

  #merge(target: Target, cluster: Cluster, rank: number, place?: Place): void {
    const { name } = cluster.resource;
    const known = this.#clusters.get(name);
    if (known === undefined || rank > known.rank) this.#clusters.set(name, { cluster, rank });
    else if (rank === known.rank && place !== undefined && !same(cluster, known.cluster)) {
      this.problems.add(
        place.entity,
        place.path,
        `virtual node ${target.node} is called at port ${target.port} by another backend as well, under a policy that ` +
          "asks for other TLS: calls get 503. Give both backends the same policy",
      );
      this.#clusters.set(name, { cluster: closedCluster(target, this.mesh), rank: 3 });
    }
  }
}

/** Policies may say the same in two places. */
const same = (a: Cluster, b: Cluster): boolean =>
  a.resource === b.resource || JSON.stringify(a.resource.json) === JSON.stringify(b.resource.json);

const openCluster = (target: Target, mesh: Mesh): Cluster => egressCluster(target, mesh, ABSENT, "", "");

/** Where callers without a policy send. */
const openClusters = memo((service: Service, mesh: Mesh): readonly (readonly [Target, Cluster])[] =>
  service.ports.flatMap(({ targets }) =>
    targets.map((target) => [target, openCluster(target, mesh)] as const),
  ),
);
