// Values for tests of everything that takes specs. Not published: package.json leaves this folder out.
export { arbitrary } from "./arbitrary.js";
export { arbitrarySpec } from "./arbitrary-spec.js";
export { type Breakage, type Broken, breakages } from "./breakage.js";
