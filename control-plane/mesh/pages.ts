import { MeshError } from "./errors.js";

/** Which part of a list a client asks for. */
export interface PageRequest {
  readonly limit?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** As many as App Mesh gives at once, of entities. */
export const ENTITIES_A_PAGE = 100;
/** And of tags. */
export const TAGS_A_PAGE = 50;

export function checkLimit(limit: number | undefined, most: number): number {
  if (limit === undefined) return most;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new MeshError(
    "BadRequestException",
    `limit: ${limit} is given; an integer from 1 to ${most} is allowed`,
  );
}

/** A token says after which id the next page begins, and of which list, so that it is of no use in another one. */
export const pageToken = (list: string, last: string | undefined): string | undefined =>
  last === undefined ? undefined : Buffer.from(JSON.stringify([list, last])).toString("base64url");

export function lastOfPage(list: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  try {
    const [of, last] = JSON.parse(Buffer.from(token, "base64url").toString());
    if (of === list && typeof last === "string") return last;
  } catch {
    // Not one of ours either.
  }
  throw new MeshError(
    "BadRequestException",
    "nextToken: the token is not from the last page of this list. Begin again without one",
  );
}
