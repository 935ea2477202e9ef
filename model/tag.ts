import { type Infer, list, required, string, structure } from "./shape.js";

export const tagKey = string({ minLength: 1, maxLength: 128 });
export const tagValue = string({ minLength: 0, maxLength: 256 });

export const TagRef = structure("TagRef", "A label of an entity: a key and its value.", {
  key: required(tagKey, "Name of the tag, 1 to 128 characters. An entity has each key once."),
  value: required(tagValue, "Value of the tag, at most 256 characters; it may be empty."),
});
export type TagRef = Infer<typeof TagRef>;

export const TagList = list(TagRef, { minItems: 0, maxItems: 50 });
export type TagList = Infer<typeof TagList>;

export const TagKeyList = list(tagKey, { minItems: 0, maxItems: 50 });
export type TagKeyList = Infer<typeof TagKeyList>;
