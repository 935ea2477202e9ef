import { map, optional, string } from "@pulumi-appmesh/model";
import { TAGS_DOC } from "../resources/types.js";

/** The tags of a component. */
export const componentTags = optional(
  map(string()),
  `${TAGS_DOC} They go to everything that the component makes.`,
);
