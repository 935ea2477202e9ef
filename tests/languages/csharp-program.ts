// A program in C# against the SDK of .NET, by their words alone: no .NET is needed, and nothing is compiled or run. What
// is named must be there; whether the types fit is not seen.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./examples.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Class or enum of the SDK → its public properties, functions or values. */
export function sdkMembers(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const files = readdirSync(join(root, "sdk/dotnet"), { recursive: true, encoding: "utf8" });
  for (const file of files.filter((each) => each.endsWith(".cs"))) {
    let current: Set<string> | undefined;
    for (const line of read(join("sdk/dotnet", file)).split("\n")) {
      const declared = /^\s*public (?:sealed |partial |static |readonly )*(?:class|struct) (\w+)/.exec(
        line,
      )?.[1];
      if (declared) {
        current = new Set();
        found.set(declared, current);
      }
      const property = /^\s*public (?:static )?[\w.<>?, ]+ (\w+)\s*(?:\{ get;|\(|$)/.exec(line)?.[1];
      if (property) current?.add(property);
    }
  }
  return found;
}

export interface Named {
  readonly type: string;
  readonly member: string;
}

/** A program without its comments and texts, in which braces and names could be. */
export const bare = (program: string): string =>
  program.replaceAll(/\/\/.*$/gm, "").replaceAll(/"[^"]*"/g, '""');

/** Every `new T { Member = … }` and `T.Member` of a program, T being one of these types. */
export function named(program: string, types: ReadonlySet<string>): Named[] {
  const all: Named[] = [];
  const open: (string | undefined)[] = [];
  const tokens = program.matchAll(
    /new (\w+)\s*(?=\{)|static (\w+) \w+\([^)]*\) =>\s*new\(\)\s*(?=\{)|\{|\}|(\w+)\.(\w+)|(\w+)\s*=(?![=>])/g,
  );
  let made: string | undefined;
  for (const [token, type, returned, owner, value, member] of tokens) {
    if (type ?? returned) made = type ?? returned;
    else if (token === "{") {
      open.push(made);
      made = undefined;
    } else if (token === "}") open.pop();
    else if (owner && value && types.has(owner)) all.push({ type: owner, member: value });
    else if (member) {
      const around = open.at(-1);
      if (around && types.has(around)) all.push({ type: around, member });
    }
  }
  assert.deepEqual(open, [], "every brace that is opened is closed");
  return all;
}
