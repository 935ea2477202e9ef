import { extended } from "../source/extended.js";
import type { MeshSource } from "../source/mesh-source.js";
import type { CloudMap, CloudMapService } from "./cloud-map.js";
import { CloudMapInstances } from "./instances.js";

export interface WithCloudMapOptions {
  readonly cloudMap: CloudMap;
  /** As for CloudMapInstances. */
  readonly intervalMillis?: number;
}

export interface CloudMapSource extends MeshSource {
  /** The services that are looked up because a proxy is told of them. */
  readonly services: readonly CloudMapService[];
  /** Ends all lookups. */
  close(): void;
}

/**
 * A source of meshes that knows the instances of services in AWS Cloud Map too. A service is looked up from the first
 * time that it is read until it is forgotten, once for all meshes that read it.
 */
export function withCloudMap(source: MeshSource, options: WithCloudMapOptions): CloudMapSource {
  const instances = new CloudMapInstances({
    ...options,
    changed: (service, meshes) => {
      for (const mesh of meshes) known.tell(mesh, readName(service));
    },
  });
  const known = extended(source, {
    reads: (_, mesh) => ({
      instances: (namespaceName, serviceName, attributes = []) =>
        instances.read({ namespaceName, serviceName }, mesh, JSON.stringify(attributes)),
    }),
    forget(read, mesh) {
      for (const service of instances.services) {
        if (readName(service) === read) instances.forget(service, mesh);
      }
    },
  });
  return {
    ...known,
    get services() {
      return instances.services;
    },
    close: () => instances.close(),
  };
}

const readName = ({ namespaceName, serviceName }: CloudMapService) =>
  `instances/${serviceName}.${namespaceName}`;
