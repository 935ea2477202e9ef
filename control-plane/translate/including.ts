import type { MeshEntities } from "./entities.js";

/** The same entities, and what can be read beyond them. */
export function including(entities: MeshEntities, more: Partial<MeshEntities>): MeshEntities {
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
