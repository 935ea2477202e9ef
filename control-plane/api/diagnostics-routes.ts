import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Address } from "../mesh/address.js";
import type { Caller } from "../mesh/caller.js";
import { MeshError } from "../mesh/errors.js";
import type { PageRequest } from "../mesh/pages.js";
import { meshOwnerOf, pageOf, queryOf } from "./requests.js";

/** What finds the problems of a mesh. */
export interface Diagnosis {
  list(
    caller: Caller,
    mesh: Address<"mesh">,
    page: PageRequest,
  ): Promise<{ readonly items: readonly object[]; readonly nextToken: string | undefined }>;
}

/** What App Mesh took and never told: everything in a mesh that does not do what it says. */
export function diagnosticsRoutes(app: FastifyInstance, diagnosis: Diagnosis): void {
  const config = { operation: "ListDiagnostics", mesh: meshIn };
  app.get("/v1/diagnostics", { config }, async (request) => {
    const mesh = meshIn(request);
    if (mesh === undefined) {
      throw new MeshError("BadRequestException", "mesh: nothing was given; the name of a mesh is required.");
    }
    const { items, nextToken } = await diagnosis.list(request.caller, mesh, pageOf(request));
    return { diagnostics: items, ...(nextToken !== undefined && { nextToken }) };
  });
}

function meshIn(request: FastifyRequest): Address<"mesh"> | undefined {
  const name = queryOf(request, "mesh");
  const meshOwner = meshOwnerOf(request) ?? request.caller.account;
  return name === undefined ? undefined : { kind: "mesh", meshOwner, names: [name] };
}
