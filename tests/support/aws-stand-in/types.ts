// Whether what a stand-in was given is what the real provider takes, as far as the types of its package tell.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import type { Call } from "./definition.js";

const require = createRequire(import.meta.url);

/** `aws:iam/role:Role` is the class Role of @pulumi/aws/iam/role. */
function classOf(type: string): { readonly module: string; readonly name: string } {
  const [, path = "", name = ""] = type.split(":");
  return { module: path, name };
}

/**
 * What TypeScript says of the inputs of resources, by their type and name as `StandIn.made` has them, when they are
 * written as the arguments of their classes. Unknown members, missing ones and values of the wrong kind are told.
 */
export function typeErrors(
  packageName: string,
  made: Readonly<Record<string, Call["inputs"]>>,
): readonly string[] {
  const root = dirname(require.resolve(`${packageName}/package.json`));
  const file = join(root, "stand-in-inputs.ts");
  const entries = Object.entries(made);
  const lines = entries.map(([key, inputs], index) => {
    const { module, name } = classOf(key.split(" ")[0] ?? "");
    return `import type { ${name}Args as Args${index} } from "./${module}";\nexport const a${index}: Args${index} = ${written(inputs)};`;
  });
  const source = lines.join("\n");
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    ignoreDeprecations: "6.0",
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? source : readFile(path));
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, source, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  const program = ts.createProgram([file], options, host);
  const checked = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(checked), ...program.getSemanticDiagnostics(checked)].map(
    ({ messageText, start = 0 }) => {
      const line = source.slice(0, start).split("\n").length - 1;
      return `${entries[Math.floor(line / 2)]?.[0]}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    },
  );
}

/** As a literal: what is not known yet may be anything, and what is secret is what it is. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if ("$unknown" in value) return "undefined as any";
  if ("$secret" in value) return written(value.$secret);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${written(member)}`,
  );
  return `{${members.join(", ")}}`;
}
