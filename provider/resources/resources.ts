import { extensions } from "../extensions/extensions.js";
import { entity } from "./entity.js";
import type { Resource } from "./resource.js";
import { resourceTypes } from "./types.js";

/** The resources that the provider has, by token. */
export const resources: ReadonlyMap<string, Resource> = new Map(
  [...[...resourceTypes.values()].map(entity), ...extensions].map((resource) => [resource.token, resource]),
);
