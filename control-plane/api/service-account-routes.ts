import type { FastifyInstance } from "fastify";
import type { ServiceAccounts } from "../mesh/service-accounts.js";
import { bodyOf, ownMesh } from "./requests.js";

/** As which Kubernetes service accounts proxies run: an API of this control plane's own, for the owners of meshes. */
export function serviceAccountRoutes(app: FastifyInstance, accounts: ServiceAccounts): void {
  const path = "/v1/meshes/:meshName/service-accounts";
  const one = `${path}/:serviceAccount`;
  const config = (operation: string) => ({ config: { operation, mesh: ownMesh } });
  app.get<{ Params: Mesh }>(path, config("ListServiceAccounts"), ({ caller, params }) => ({
    serviceAccounts: accounts.list(caller, params.meshName),
  }));
  app.get<{ Params: Account }>(one, config("DescribeServiceAccount"), ({ caller, params }) =>
    accounts.get(caller, params.meshName, params.serviceAccount),
  );
  app.put<{ Params: Account }>(one, config("PutServiceAccount"), (request) =>
    accounts.put(request.caller, request.params.meshName, request.params.serviceAccount, bodyOf(request)),
  );
  app.delete<{ Params: Account }>(one, config("DeleteServiceAccount"), ({ caller, params }) =>
    accounts.delete(caller, params.meshName, params.serviceAccount),
  );
}

interface Mesh {
  meshName: string;
}

interface Account extends Mesh {
  serviceAccount: string;
}
