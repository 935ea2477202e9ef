import { isIP } from "node:net";
import type { AwsCloudMapServiceDiscovery, IpPreference } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { LocalityLbEndpointsJson } from "../gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { ClusterLoadAssignmentJson } from "../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Target } from "./clusters.js";
import type { Instance, Instances, MeshEntities } from "./entities.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem, Resource } from "./resources.js";
import type { Service } from "./services.js";

/** Where the endpoints are of those clusters that do not find them by themselves. */
export interface Endpoints {
  readonly resources: readonly Resource<ClusterLoadAssignmentJson>[];
  /** What has to be known first. */
  readonly waiting: string | undefined;
}

/** Reads the endpoints of the targets of `services`, as far as their `clusters` take them from the control plane. */
export function readEndpoints(
  entities: MeshEntities,
  mesh: Mesh,
  services: readonly Service[],
  clusters: readonly Resource<ClusterJson>[],
  problems: Problems,
): Endpoints {
  const open = new Set(clusters.filter(({ json }) => json.type === "EDS").map(({ name }) => name));
  const resources: Resource<ClusterLoadAssignmentJson>[] = [];
  let waiting: string | undefined;
  if (open.size === 0) return { resources, waiting };
  for (const { ports } of services) {
    for (const target of ports.flatMap(({ targets }) => targets)) {
      const cloudMap = target.found?.spec.serviceDiscovery?.awsCloudMap;
      const cluster = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
      if (cloudMap === undefined || !open.delete(cluster)) continue;
      const { namespaceName, serviceName, attributes } = cloudMap;
      const instances = entities.instances?.(namespaceName, serviceName, attributes) ?? nobodyLooks;
      const found = targetEndpoints(instances, mesh, target, cloudMap);
      if (found.resource) resources.push(found.resource);
      else if (instances.problem === undefined) {
        waiting ??= `service ${serviceName} in namespace ${namespaceName} is being looked up in AWS Cloud Map`;
      }
      problems.merge(found.problems);
    }
  }
  return { resources, waiting };
}

const nobodyLooks: Instances = {
  list: undefined,
  problem: "endpoints in AWS Cloud Map are not looked up here",
};

const targetEndpoints = memo(
  (
    instances: Instances,
    mesh: Mesh,
    target: Target,
    cloudMap: AwsCloudMapServiceDiscovery,
  ): {
    readonly resource?: Resource<ClusterLoadAssignmentJson>;
    readonly problems: readonly Problem[];
  } => {
    const entity = `virtualNode/${target.node}`;
    const problems = new Problems();
    const say = (message: string) => problems.add(entity, "spec.serviceDiscovery.awsCloudMap", message);
    if (instances.problem !== undefined) {
      say(`${instances.problem}; ${instances.list ? lastKnown : "callers that know no endpoints get 503"}`);
    }
    if (instances.list === undefined) return { problems: problems.all() };
    const matching = instances.list.filter(matches(cloudMap));
    if (matching.length === 0 && instances.list.length > 0) {
      say(
        `none of the ${instances.list.length} instances of service ${cloudMap.serviceName} has the attributes ` +
          `${(cloudMap.attributes ?? []).map(({ key, value }) => `${key}=${value}`).join(", ")}: callers get 503`,
      );
    }
    const healthy = matching.filter((instance) => instance.healthy);
    const byAddress = new Map<string, Instance>();
    const without: string[] = [];
    const preference = cloudMap.ipPreference ?? mesh.ipPreference;
    // As Cloud Map answers by default: where none is healthy, something that is down is better than nothing.
    for (const instance of healthy.length > 0 ? healthy : matching) {
      const address = addressOf(instance, preference);
      if (address === undefined) without.push(instance.id);
      else if (!byAddress.has(address)) byAddress.set(address, instance);
    }
    if (without.length > 0) {
      say(
        `${shown(without)} ${without.length === 1 ? "has" : "have"} no address in ${wanted(preference)}: ` +
          `${without.length === 1 ? "it gets" : "they get"} no traffic`,
      );
    }
    const name = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
    return {
      resource: {
        name,
        json: { clusterName: name, endpoints: localities(byAddress, target.port) },
        entities: [entity],
      },
      problems: problems.all(),
    };
  },
);

const lastKnown = "its last known endpoints stay in use";

const matches =
  ({ attributes = [] }: AwsCloudMapServiceDiscovery) =>
  (instance: Instance): boolean =>
    attributes.every(
      ({ key, value }) => Object.hasOwn(instance.attributes, key) && instance.attributes[key] === value,
    );

/** App Mesh's table: without a preference, IPv4 where there is any. */
function addressOf({ attributes }: Instance, preference: IpPreference | undefined): string | undefined {
  const four = isIP(attributes.AWS_INSTANCE_IPV4 ?? "") === 4 ? attributes.AWS_INSTANCE_IPV4 : undefined;
  const six = isIP(attributes.AWS_INSTANCE_IPV6 ?? "") === 6 ? attributes.AWS_INSTANCE_IPV6 : undefined;
  switch (preference) {
    case "IPv4_ONLY":
      return four;
    case "IPv6_ONLY":
      return six;
    case "IPv6_PREFERRED":
      return six ?? four;
    case "IPv4_PREFERRED":
    case undefined:
      return four ?? six;
  }
}

const wanted = (preference: IpPreference | undefined): string =>
  preference === "IPv4_ONLY"
    ? "AWS_INSTANCE_IPV4"
    : preference === "IPv6_ONLY"
      ? "AWS_INSTANCE_IPV6"
      : "AWS_INSTANCE_IPV4 or AWS_INSTANCE_IPV6";

function shown(ids: readonly string[]): string {
  const first = ids.slice(0, 3).join(", ");
  const rest = ids.length - 3;
  return `${ids.length === 1 ? "instance" : "instances"} ${first}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/**
 * Traffic goes to the listener's port, whatever AWS_INSTANCE_PORT says: proxies take it there, and an instance has one
 * such attribute where a virtual node may have many listeners.
 */
function localities(byAddress: ReadonlyMap<string, Instance>, port: number): LocalityLbEndpointsJson[] {
  const groups = new Map<string, LocalityLbEndpointsJson & { readonly lbEndpoints: object[] }>();
  for (const [address, { attributes }] of byAddress) {
    const { AVAILABILITY_ZONE: zone, REGION: region } = attributes;
    const key = JSON.stringify([zone, region]);
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        ...(zone ? { locality: { ...(region ? { region } : {}), zone } } : {}),
        lbEndpoints: [],
      };
      groups.set(key, group);
    }
    group.lbEndpoints.push({ endpoint: { address: { socketAddress: { address, portValue: port } } } });
  }
  return [...groups.values()];
}
