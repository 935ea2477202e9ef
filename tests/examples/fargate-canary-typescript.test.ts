import { fargateStory } from "./fargate-canary.js";
import { typescriptStack } from "./typescript.js";

const example = "fargate-canary-typescript";

fargateStory("TypeScript", example, (endpoint) =>
  typescriptStack(example, "fargate-canary", { APPMESH_ENDPOINT: endpoint }),
);
