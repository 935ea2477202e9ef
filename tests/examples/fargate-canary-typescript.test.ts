import assert from "node:assert/strict";
import { fargateStory } from "./fargate-canary.js";
import { mistakesOfTypes, typescriptStack } from "./typescript.js";

const example = "fargate-canary-typescript";

fargateStory("TypeScript", example, (endpoint) =>
  typescriptStack(example, "fargate-canary", { APPMESH_ENDPOINT: endpoint }),
);

describe("the example of a canary on Fargate in TypeScript", function () {
  this.timeout(120_000);

  it("has no mistake of types", () => {
    assert.deepEqual(mistakesOfTypes(example), []);
  });
});
