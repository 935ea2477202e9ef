import assert from "node:assert/strict";
import { eksStory } from "./eks-mesh.js";
import { mistakesOfTypes, typescriptStack } from "./typescript.js";

const example = "eks-mesh-typescript";

eksStory("TypeScript", () => typescriptStack(example, "eks-mesh", {}));

describe("the example of a mesh on Kubernetes in TypeScript, read by a compiler", function () {
  this.timeout(120_000);

  it("has no mistake of types", () => {
    assert.deepEqual(mistakesOfTypes(example), []);
  });
});
