import { accountId, formatViolation, validate } from "@pulumi-appmesh/model";
import type { FastifyRequest } from "fastify";
import type { Address } from "../mesh/address.js";
import { MeshError } from "../mesh/errors.js";
import type { PageRequest } from "../mesh/pages.js";
import type { Precondition } from "../mesh/rules/precondition.js";

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

/** The versions that `If-Match` asks for, each as in the ETag of an answer; undefined where any will do. */
export function preconditionOf(request: FastifyRequest): Precondition {
  const header = request.headers["if-match"];
  if (header === undefined || header.trim() === "*") return {};
  const tags = header.split(",").map((tag) => /^\s*"([1-9]\d{0,15})"\s*$/.exec(tag)?.[1]);
  if (tags.every((tag) => tag !== undefined)) return { versions: tags.map(Number) };
  throw new MeshError(
    "BadRequestException",
    `If-Match: ${JSON.stringify(header)} was given; the ETag of an earlier answer is allowed, which is the version in quotes: "3"`,
  );
}

/** Conditional requests are of use where something exists; elsewhere they are refused rather than passed over. */
export function refuseCondition(request: FastifyRequest, ...names: ("if-match" | "if-none-match")[]): void {
  for (const name of names) {
    if (request.headers[name] === undefined) continue;
    const title = name === "if-match" ? "If-Match" : "If-None-Match";
    throw new MeshError(
      "BadRequestException",
      `${title}: it was given to ${request.routeOptions.config.operation}; it is not supported there. Only If-Match is, on updates and deletions`,
    );
  }
}

/** The mesh of the caller's own account that the path names. */
export const ownMesh = ({ caller, params }: FastifyRequest): Address<"mesh"> => ({
  kind: "mesh",
  meshOwner: caller.account,
  names: [(params as { meshName: string }).meshName],
});

/** The mesh that the path names, of the owner that the query names; without one, of the caller's own account. */
export const meshIn = (request: FastifyRequest): Address<"mesh"> => ({
  kind: "mesh",
  meshOwner: meshOwnerOf(request) ?? request.caller.account,
  names: [(request.params as { meshName: string }).meshName],
});
