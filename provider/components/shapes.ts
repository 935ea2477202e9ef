// Shapes that the inputs of many components have.
import { string } from "@pulumi-appmesh/model";

export const text = string({ minLength: 1 });

/** An image of containers, by its reference. */
export const image = string({ minLength: 1, maxLength: 512 });
