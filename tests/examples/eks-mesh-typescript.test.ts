import { eksStory } from "./eks-mesh.js";
import { typescriptStack } from "./typescript.js";

const example = "eks-mesh-typescript";

eksStory("TypeScript", () => typescriptStack(example, "eks-mesh", {}));
