import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { fargateStory } from "./fargate-canary.js";
import { mainOf, typescriptStack } from "./typescript.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const example = "fargate-canary-typescript";

fargateStory("TypeScript", example, (endpoint) =>
  typescriptStack(example, "fargate-canary", { APPMESH_ENDPOINT: endpoint }),
);

describe("the example of a canary on Fargate in TypeScript", function () {
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
