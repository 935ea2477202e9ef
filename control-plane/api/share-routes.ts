import type { FastifyInstance } from "fastify";
import type { Sharing } from "../mesh/sharing.js";
import { ownMesh } from "./requests.js";

/** Sharing of meshes with other accounts: an API of this control plane's own, for the owners of meshes. */
export function shareRoutes(app: FastifyInstance, sharing: Sharing): void {
  const shares = "/v1/meshes/:meshName/shares";
  const reading = (operation: string) => ({ config: { operation, mesh: ownMesh } });
  // Who is let into a mesh is not for keys that are for that mesh alone: nothing is said of which mesh it is about.
  const changing = (operation: string) => ({ config: { operation, ofEveryAccount: true as const } });

  app.get<{ Params: Mesh }>(shares, reading("ListMeshShares"), ({ caller, params }) => ({
    shares: sharing.list(caller, params.meshName),
  }));
  app.get<{ Params: Share }>(`${shares}/:account`, reading("DescribeMeshShare"), ({ caller, params }) =>
    sharing.get(caller, params.meshName, params.account),
  );
  app.put<{ Params: Share }>(`${shares}/:account`, changing("ShareMesh"), ({ caller, params }) =>
    sharing.share(caller, params.meshName, params.account),
  );
  app.delete<{ Params: Share }>(`${shares}/:account`, changing("UnshareMesh"), ({ caller, params }) =>
    sharing.unshare(caller, params.meshName, params.account),
  );
}

interface Mesh {
  meshName: string;
}
interface Share extends Mesh {
  account: string;
}
