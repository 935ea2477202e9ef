import type { MeshEntities } from "../translate/entities.js";
import type { MeshChange, MeshSource } from "./mesh-source.js";

/** What can be read of a mesh beyond its entities: instances of services elsewhere, certificates. */
export interface Extension {
  /** The further reads of these entities; `mesh` names who reads, as `meshKey` makes it. */
  reads(entities: MeshEntities, mesh: string): Partial<MeshEntities>;
  /** No proxy of that mesh is told of this any more; as `forget` of MeshSource. */
  forget(read: string, mesh: string): void;
}

export interface ExtendedSource extends MeshSource {
  /** Something that was read beyond the entities has another value. */
  tell(mesh: string, read: string): void;
}

/** The same source, and what can be read beyond it. */
export function extended(source: MeshSource, extension: Extension): ExtendedSource {
  const listeners = new Set<(change: MeshChange) => void>();
  return {
    entities(meshName, meshOwner) {
      const entities = source.entities(meshName, meshOwner);
      return including(entities, extension.reads(entities, meshKey(meshName, meshOwner)));
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
      extension.forget(read, meshKey(meshName, meshOwner));
    },
    tell(mesh, read) {
      const { meshName, meshOwner = "" } = meshOfKey(mesh);
      for (const listener of [...listeners]) listener({ meshName, meshOwner, reads: [read] });
    },
  };
}

/** Names a mesh in one string: meshes of different owners may have the same name. */
export const meshKey = (meshName: string, meshOwner: string | undefined): string =>
  JSON.stringify([meshName, meshOwner ?? null]);

export function meshOfKey(key: string): { meshName: string; meshOwner: string | undefined } {
  const [meshName, meshOwner] = JSON.parse(key) as [string, string | null];
  return { meshName, meshOwner: meshOwner ?? undefined };
}

function including(entities: MeshEntities, more: Partial<MeshEntities>): MeshEntities {
  const bound = <M extends keyof MeshEntities>(member: M) => {
    const method = entities[member];
    return typeof method === "function" ? { [member]: method.bind(entities) } : {};
  };
  return {
    meshName: entities.meshName,
    mesh: () => entities.mesh(),
    virtualNode: (name) => entities.virtualNode(name),
    virtualRouter: (name) => entities.virtualRouter(name),
    virtualService: (name) => entities.virtualService(name),
    virtualGateway: (name) => entities.virtualGateway(name),
    routes: (name) => entities.routes(name),
    gatewayRoutes: (name) => entities.gatewayRoutes(name),
    ...bound("settings"),
    ...bound("instances"),
    ...bound("certificate"),
    ...bound("certificateAuthority"),
    ...bound("managedTls"),
    ...bound("workloadCertificate"),
    ...bound("workloadTrust"),
    ...more,
  };
}
