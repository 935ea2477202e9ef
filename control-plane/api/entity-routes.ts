import { type EntityType, entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Address, lineage, meshOf } from "../mesh/address.js";
import type { Description } from "../mesh/description.js";
import type { Operations } from "../mesh/operations.js";
import { bodyOf, meshOwnerOf, pageOf, preconditionOf, refuseCondition } from "./requests.js";

/** The five operations of every kind of entity, at the paths that App Mesh gave them. */
export function entityRoutes(app: FastifyInstance, operations: Operations): void {
  for (const type of Object.values(entityTypes)) {
    const { kind, title } = type;
    const collection = collectionPath(type);
    const entity = `${collection}/:${type.nameMember}`;
    const config = (verb: string) => ({
      config: {
        operation: `${verb}${title}`,
        mesh: (request: FastifyRequest) => meshOf(addressIn(request, kind)),
      },
    });
    const meshAbove = (request: FastifyRequest) => {
      const parent = parentIn(request, kind);
      return parent ? meshOf(parent) : newMesh(request);
    };
    const create = { config: { operation: `Create${title}`, mesh: meshAbove } };
    const list = {
      config: {
        operation: `List${plural(title)}`,
        mesh: kind === "mesh" ? ("seen" as const) : meshAbove,
      },
    };

    app.put(collection, create, async (request, reply) => {
      refuseCondition(request, "if-match", "if-none-match");
      const { caller } = request;
      return tagged(reply, await operations.create(caller, kind, parentIn(request, kind), bodyOf(request)));
    });
    app.get(collection, list, (request) => {
      const { items, nextToken } = operations.list(
        request.caller,
        kind,
        parentIn(request, kind),
        pageOf(request),
      );
      return { [type.listMember]: items, ...(nextToken !== undefined && { nextToken }) };
    });
    app.get(entity, config("Describe"), (request, reply) =>
      tagged(reply, operations.describe(request.caller, addressIn(request, kind))),
    );
    app.put(entity, config("Update"), async (request, reply) => {
      refuseCondition(request, "if-none-match");
      const address = addressIn(request, kind);
      const precondition = preconditionOf(request);
      return tagged(reply, await operations.update(request.caller, address, bodyOf(request), precondition));
    });
    app.delete(entity, config("Delete"), (request) => {
      refuseCondition(request, "if-none-match");
      return operations.delete(request.caller, addressIn(request, kind), preconditionOf(request));
    });
  }

  function addressIn(request: FastifyRequest, kind: Kind): Address {
    const names = lineage(kind).map((ancestor) => nameIn(request, ancestor));
    return { kind, meshOwner: ownerIn(request, kind), names };
  }

  function parentIn(request: FastifyRequest, kind: Kind): Address | undefined {
    const parent = entityTypes[kind].parent;
    if (parent === undefined) return undefined;
    const names = lineage(parent).map((ancestor) => nameIn(request, ancestor));
    return { kind: parent, meshOwner: ownerIn(request, kind), names };
  }

  /** A mesh itself is always the caller's own, in App Mesh, when it is created, updated or deleted. */
  function ownerIn(request: FastifyRequest, kind: Kind): string {
    const own = kind === "mesh" && request.method !== "GET";
    return own ? request.caller.account : (meshOwnerOf(request) ?? request.caller.account);
  }
}

/** The mesh that a request is to create; undefined where it names none, which its handler refuses. */
function newMesh(request: FastifyRequest): Address<"mesh"> | undefined {
  const { meshName } = Object(bodyOf(request)) as { meshName?: unknown };
  return typeof meshName === "string"
    ? { kind: "mesh", meshOwner: request.caller.account, names: [meshName] }
    : undefined;
}

/** Says which version an answer shows, in a form that a change can be made conditional on. */
function tagged(reply: FastifyReply, answer: Description): Description {
  reply.header("etag", `"${answer.metadata.version}"`);
  return answer;
}

/** `/v20190125/meshes/:meshName/virtualRouter/:virtualRouterName/routes` */
function collectionPath(type: EntityType): string {
  const ancestors = lineage(type.kind).slice(0, -1);
  const above = ancestors.map(
    (kind) => `${entityTypes[kind].parentSegment}/:${entityTypes[kind].nameMember}`,
  );
  return ["/v20190125", ...above, type.collection].join("/");
}

const nameIn = (request: FastifyRequest, kind: Kind): string =>
  (request.params as Record<string, string>)[entityTypes[kind].nameMember] as string;

const plural = (title: string): string => (title === "Mesh" ? "Meshes" : `${title}s`);
