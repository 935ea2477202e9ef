import { including } from "../translate/including.js";
import type { MeshChange, MeshSource } from "../xds/source.js";
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
  const listeners = new Set<(change: MeshChange) => void>();
  const instances = new CloudMapInstances({
    ...options,
    changed: (service, lookers) => {
      for (const looker of lookers) {
        const [meshName = "", meshOwner = ""] = JSON.parse(looker) as string[];
        for (const listener of [...listeners]) listener({ meshName, meshOwner, reads: [readName(service)] });
      }
    },
  });
  return {
    get services() {
      return instances.services;
    },
    entities(meshName, meshOwner) {
      const looker = lookerOf(meshName, meshOwner);
      return including(source.entities(meshName, meshOwner), {
        instances: (namespaceName, serviceName) => instances.read({ namespaceName, serviceName }, looker),
      });
    },
    subscribe(listener) {
      const unsubscribe = source.subscribe(listener);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        unsubscribe();
      };
    },
    forget(meshName, meshOwner, read) {
      source.forget?.(meshName, meshOwner, read);
      for (const service of instances.services) {
        if (readName(service) === read) instances.forget(service, lookerOf(meshName, meshOwner));
      }
    },
    close: () => instances.close(),
  };
}

/** Meshes of different owners may have the same name. */
const lookerOf = (meshName: string, meshOwner = "") => JSON.stringify([meshName, meshOwner]);

const readName = ({ namespaceName, serviceName }: CloudMapService) =>
  `instances/${serviceName}.${namespaceName}`;
