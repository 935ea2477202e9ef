import type { FastifyInstance } from "fastify";
import type { MeshSettingsOperations } from "../mesh/mesh-settings.js";
import { bodyOf, ownMesh } from "./requests.js";

/** Settings of meshes: an API of this control plane's own, for the owners of meshes. */
export function settingsRoutes(app: FastifyInstance, settings: MeshSettingsOperations): void {
  const path = "/v1/meshes/:meshName/settings";
  const config = (operation: string) => ({ config: { operation, mesh: ownMesh } });
  app.get<{ Params: Mesh }>(path, config("DescribeMeshSettings"), ({ caller, params }) =>
    settings.describe(caller, params.meshName),
  );
  app.put<{ Params: Mesh }>(path, config("UpdateMeshSettings"), (request) =>
    settings.update(request.caller, request.params.meshName, bodyOf(request)),
  );
}

interface Mesh {
  meshName: string;
}
