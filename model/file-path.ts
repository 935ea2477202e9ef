import { string } from "./shape.js";

/** A path in the file system that the proxy sees. */
export const filePath = string({ minLength: 1, maxLength: 255 });
