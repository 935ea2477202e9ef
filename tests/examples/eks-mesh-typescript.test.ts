import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { eksStory } from "./eks-mesh.js";
import { mainOf, typescriptStack } from "./typescript.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const example = "eks-mesh-typescript";

eksStory("TypeScript", () => typescriptStack(example, "eks-mesh", {}));

describe("the example of a mesh on Kubernetes in TypeScript, read by a compiler", function () {
  this.timeout(120_000);

  it("has no mistake of types", () => {
    const program = ts.createProgram([mainOf(example)], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    });
    assert.deepEqual(
      program
        .getSemanticDiagnostics(program.getSourceFile(mainOf(example)))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
      [],
    );
  });
});
