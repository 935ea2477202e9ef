// Every program in TypeScript that a reader may copy, checked by the compiler: those of the documents, of the schema's
// descriptions and of the examples. All at once, since the compiler spends its time on the types of Pulumi's packages;
// that the programs do what they say is told beside each document's and each example's own test.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The programs in a text; what has no import is a part of a program, which the compiler can say nothing of. */
const programsIn = (text: string): string[] =>
  [...text.matchAll(/```(?:ts|typescript)\n([\s\S]*?)```/g)].flatMap(([, code = ""]) =>
    /^import /m.test(code) ? [code] : [],
  );

function programs(): Record<string, string> {
  const documents = ["README.md", ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`)];
  const schema = JSON.parse(readFileSync(join(root, "provider/schema.json"), "utf8"));
  const texts = [
    ...documents
      .filter((file) => file.endsWith(".md"))
      .map((file) => [file, readFileSync(join(root, file), "utf8")] as const),
    ...Object.entries<{ description?: string }>({ ...schema.resources, ...schema.functions }).map(
      ([token, { description = "" }]) => [token, description] as const,
    ),
  ];
  return Object.fromEntries(
    texts.flatMap(([name, text]) =>
      programsIn(text).map((code, index) => [`${name.replaceAll(/\W+/g, "-")}-${index}.mts`, code]),
    ),
  );
}

describe("TypeScript that readers may copy", function () {
  this.timeout(300_000);
  let folder: string;
  before(() => {
    // Inside the clone, so that the programs find the SDK where any other program here does.
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/typescript-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const mistakes = (files: readonly string[]): string => {
    const program = ts.createProgram(files, {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    });
    return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => "\n",
    });
  };

  it("has no mistake", () => {
    const written = Object.entries(programs()).map(([name, code]) => {
      writeFileSync(join(folder, name), code);
      return name;
    });
    for (const some of ["docs-ecs-md-6.mts", "docs-eks-md-1.mts", "appmesh-index-Mesh-0.mts"])
      assert.ok(written.includes(some), `${some} is not among ${written.join()}`);
    const examples = readdirSync(join(root, "examples"))
      .map((example) => join(root, "examples", example, "index.ts"))
      .filter((file) => existsSync(file));
    assert.ok(examples.length >= 4, examples.join());
    assert.equal(mistakes([...written.map((name) => join(folder, name)), ...examples]), "");
  });

  it("is told where it has one", () => {
    writeFileSync(join(folder, "wrong.mts"), 'import "node:fs";\nexport const one: number = "1";\n');
    assert.equal(
      mistakes([join(folder, "wrong.mts")]),
      "wrong.mts(2,14): error TS2322: Type 'string' is not assignable to type 'number'.\n",
    );
  });
});
