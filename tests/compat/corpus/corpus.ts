// Requests of the kinds that App Mesh's users send: stories (one JSON file each, of inputs as the AWS CLI takes them
// by --cli-input-json), templates in CloudFormation's words, and variations of one member at a time.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requestsOf, type Template } from "./cloudformation.js";
import { variations } from "./variations.js";

export interface Request {
  /** As AWS names it: CreateVirtualNode. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Story {
  readonly name: string;
  /** In the order in which they are sent. */
  readonly requests: readonly Request[];
}

// The JSON files stay beside the sources: nothing compiles them.
const folder = fileURLToPath(new URL("../../../compat/corpus/", import.meta.url));

export function corpus(): Story[] {
  return [
    ...files("stories", ({ requests }: { requests: Request[] }) => requests),
    ...files("templates", (template: Template) => requestsOf(template)),
    ...variations(),
  ];
}

const files = <T>(kind: string, read: (content: T) => Request[]): Story[] =>
  readdirSync(join(folder, kind))
    .sort()
    .map((file) => ({
      name: `${kind}/${file}`,
      requests: read(JSON.parse(readFileSync(join(folder, kind, file), "utf8"))),
    }));
