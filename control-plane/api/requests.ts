import { accountId, formatViolation, validate } from "@pulumi-appmesh/model";
import type { FastifyRequest } from "fastify";
import { MeshError } from "../mesh/errors.js";
import type { PageRequest } from "../mesh/pages.js";

/** The JSON that a request carries; an empty object where it carries nothing. */
export function bodyOf(request: FastifyRequest): unknown {
  const bytes = request.body as Buffer | null | undefined;
  if (!bytes || bytes.length === 0) return {};
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new MeshError("BadRequestException", "the request's body is not UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MeshError("BadRequestException", `the request's body is not JSON: ${(error as Error).message}`);
  }
}

/** A query parameter, which may be given once. */
export function queryOf(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  if (Array.isArray(value))
    throw new MeshError("BadRequestException", `${name}: it is given twice; give it once`);
  return value;
}

export function meshOwnerOf(request: FastifyRequest): string | undefined {
  const meshOwner = queryOf(request, "meshOwner");
  if (meshOwner === undefined) return undefined;
  const [violation] = validate(accountId, meshOwner, { path: ["meshOwner"] });
  if (violation) throw new MeshError("BadRequestException", formatViolation(violation));
  return meshOwner;
}

export function pageOf(request: FastifyRequest): PageRequest {
  const limit = queryOf(request, "limit");
  return {
    // What is no number becomes NaN, and is refused with the limits of the list.
    limit: limit === undefined ? undefined : /^\d+$/.test(limit) ? Number(limit) : Number.NaN,
    nextToken: queryOf(request, "nextToken"),
  };
}
