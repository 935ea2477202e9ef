import type { MeshEntities } from "../translate/entities.js";

/** Reads from `entities`, and adds the name of each read to `reads`, as MeshChange names them. */
export function trackReads(entities: MeshEntities, reads: Set<string>): MeshEntities {
  const read = (name: string): void => {
    reads.add(name);
  };
  return {
    meshName: entities.meshName,
    mesh() {
      read("mesh");
      return entities.mesh();
    },
    virtualNode(name) {
      read(`virtualNode/${name}`);
      return entities.virtualNode(name);
    },
    virtualRouter(name) {
      read(`virtualRouter/${name}`);
      return entities.virtualRouter(name);
    },
    virtualService(name) {
      read(`virtualService/${name}`);
      return entities.virtualService(name);
    },
    virtualGateway(name) {
      read(`virtualGateway/${name}`);
      return entities.virtualGateway(name);
    },
    routes(virtualRouterName) {
      read(`routes/${virtualRouterName}`);
      return entities.routes(virtualRouterName);
    },
    gatewayRoutes(virtualGatewayName) {
      read(`gatewayRoutes/${virtualGatewayName}`);
      return entities.gatewayRoutes(virtualGatewayName);
    },
  };
}
