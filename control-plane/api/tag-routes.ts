import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Address, meshOf, parseArn } from "../mesh/address.js";
import { MeshError } from "../mesh/errors.js";
import type { Tagging } from "../mesh/tagging.js";
import { bodyOf, pageOf, queryOf } from "./requests.js";

/** The three operations on the tags of an entity. */
export function tagRoutes(app: FastifyInstance, tagging: Tagging): void {
  const config = (operation: string) => ({ config: { operation, mesh: meshIn } });
  app.get("/v20190125/tags", config("ListTagsForResource"), (request) => {
    const { tags, nextToken } = tagging.list(request.caller, arnIn(request), pageOf(request));
    return { tags, ...(nextToken !== undefined && { nextToken }) };
  });
  app.put("/v20190125/tag", config("TagResource"), async (request) => {
    await tagging.tag(request.caller, arnIn(request), bodyOf(request));
    return {};
  });
  app.put("/v20190125/untag", config("UntagResource"), async (request) => {
    await tagging.untag(request.caller, arnIn(request), bodyOf(request));
    return {};
  });
}

function meshIn(request: FastifyRequest): Address<"mesh"> | undefined {
  const address = parseArn(arnIn(request));
  return address && meshOf(address);
}

function arnIn(request: FastifyRequest): string {
  const arn = queryOf(request, "resourceArn");
  if (arn !== undefined) return arn;
  throw new MeshError(
    "BadRequestException",
    "resourceArn: nothing was given; the ARN of an entity is required.",
  );
}
