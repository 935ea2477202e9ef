// A mesh whose virtual nodes are told exactly what a test says: for tests of the xDS server alone.

import type { MeshChange, MeshSource } from "@pulumi-appmesh/control-plane/source/mesh-source.js";
import type { MeshEntities, Proxy as MeshProxy } from "@pulumi-appmesh/control-plane/translate/entities.js";
import { packed } from "@pulumi-appmesh/control-plane/translate/extensions.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";

export type Lists = Partial<ProxyResources>;

export class FakeMesh implements MeshSource {
  readonly meshName = "shop";
  private readonly nodes = new Map<string, ProxyResources>();
  private readonly listeners = new Set<(change: MeshChange) => void>();

  constructor(nodes: Readonly<Record<string, Lists>> = {}) {
    for (const [name, lists] of Object.entries(nodes)) this.nodes.set(name, whole(lists));
  }

  /** Pass as XdsServer's `translate`. */
  readonly translate = (entities: MeshEntities, proxy: MeshProxy): ProxyResources =>
    entities.virtualNode(proxy.name) as unknown as ProxyResources;

  entities(meshName: string): MeshEntities {
    const none = (): undefined => undefined;
    return {
      meshName,
      mesh: () => (meshName === this.meshName ? {} : undefined),
      virtualNode: (name) => this.nodes.get(name) as never,
      virtualRouter: none,
      virtualService: none,
      virtualGateway: none,
      routes: () => [],
      gatewayRoutes: () => [],
    };
  }

  subscribe(listener: (change: MeshChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What proxies of that virtual node are told from now on. Without lists, the node is deleted. */
  set(name: string, lists: Lists | undefined): void {
    if (lists === undefined) this.nodes.delete(name);
    else this.nodes.set(name, whole(lists));
    this.touch(`virtualNode/${name}`);
  }

  /** As if those reads had changed. */
  touch(...reads: string[]): void {
    for (const listener of this.listeners)
      listener({ meshName: this.meshName, meshOwner: "000000000000", reads });
  }
}

const whole = (lists: Lists): ProxyResources => ({
  secrets: [],
  clusters: [],
  endpoints: [],
  listeners: [],
  routes: [],
  problems: [],
  ...lists,
});

/** A cluster that takes its endpoints from EDS. Another `timeout` makes it another version. */
export const edsCluster = (name: string, timeout = "1s"): ProxyResources["clusters"][number] => ({
  name,
  json: {
    name,
    type: "EDS",
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: "V3" } },
    connectTimeout: timeout,
  },
  entities: [`virtualNode/${name}`],
});

/** Trust in an authority, which every name has another of. Another `version` makes it another version. */
export const secret = (name: string, version = 0): ProxyResources["secrets"][number] => ({
  name,
  json: { name, validationContext: { trustedCa: { inlineString: `authority ${version} of ${name}` } } },
  entities: [`virtualNode/${name}`],
});

/** The endpoints of a cluster: ports of 127.0.0.1. */
export const assignment = (name: string, ...ports: number[]): ProxyResources["endpoints"][number] => ({
  name,
  json: {
    clusterName: name,
    endpoints: [
      {
        lbEndpoints: ports.map((portValue) => ({
          endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue } } },
        })),
      },
    ],
  },
  entities: [`virtualNode/${name}`],
});

/** An HTTP listener on a free port of 127.0.0.1, with those routes. */
export const listener = (
  name: string,
  routes: string,
  statPrefix = name,
): ProxyResources["listeners"][number] => ({
  name,
  json: {
    name,
    address: { socketAddress: { address: "127.0.0.1", portValue: 0 } },
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typedConfig: packed(
              "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              {
                statPrefix,
                rds: { routeConfigName: routes, configSource: { ads: {}, resourceApiVersion: "V3" } },
                httpFilters: [
                  {
                    name: "envoy.filters.http.router",
                    typedConfig: packed("envoy.extensions.filters.http.router.v3.Router", {}),
                  },
                ],
              },
            ),
          },
        ],
      },
    ],
  },
  entities: [`virtualNode/${name}`],
});

/** Routes that send everything to one cluster. */
export const routes = (name: string, cluster: string): ProxyResources["routes"][number] => ({
  name,
  json: {
    name,
    virtualHosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster } }] }],
  },
  entities: [`virtualRouter/${name}`, `virtualNode/${cluster}`],
});
