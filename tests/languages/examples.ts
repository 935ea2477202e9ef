// The examples of the package's descriptions: one of each language for every resource, component and function.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const schema = JSON.parse(readFileSync(join(root, "provider/schema.json"), "utf8"));

export type Language = "typescript" | "python" | "go" | "csharp" | "java" | "yaml";

/** By the name of the resource, component or function: VirtualNode, getVirtualNode. */
export function examplesIn(language: Language): ReadonlyMap<string, string> {
  const described: Record<string, { description: string }> = { ...schema.resources, ...schema.functions };
  const found = Object.entries(described).map(([token, { description }]): [string, string] => {
    const [, program] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(description) ?? [];
    if (program === undefined) throw new Error(`${token} has no example in ${language}`);
    return [token.replace("appmesh:index:", ""), program];
  });
  return new Map(found);
}
