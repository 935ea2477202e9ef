/** A program that shows a resource or a function, from which the languages' examples are written. */
export interface Example {
  readonly title: string;
  /** What is looked up, before anything is made. */
  readonly lookups?: readonly Looked[];
  readonly resources: readonly Made[];
  /** What the program tells its user, by name. */
  readonly outputs?: Readonly<Record<string, Output>>;
}

/** One resource of an example. */
export interface Made {
  readonly variable: string;
  /** MeshService */
  readonly type: string;
  readonly name: string;
  readonly inputs: Inputs;
}

/** One call of a function. */
export interface Looked {
  readonly variable: string;
  /** getMesh */
  readonly function: string;
  readonly inputs: Inputs;
}

export type Inputs = Readonly<{ [name: string]: Input }>;
export type Input = string | number | boolean | Output | Secret | readonly Input[] | Inputs;

export class Output {
  constructor(
    readonly variable: string,
    readonly property: string,
  ) {}
}

/** An output of another resource or lookup of the example. */
export const output = (variable: string, property: string): Output => new Output(variable, property);

export class Secret {
  constructor(readonly value: string) {}
}

/** A text that Pulumi keeps secret. */
export const secret = (value: string): Secret => new Secret(value);

/** What an example's input is, for whoever writes it in a language. */
export type Written<T> = {
  readonly text: (value: string) => T;
  readonly scalar: (value: number | boolean) => T;
  readonly output: (value: Output) => T;
  readonly secret: (value: string) => T;
  readonly list: (items: readonly Input[]) => T;
  readonly object: (members: Inputs) => T;
};

export function write<T>(value: Input, as: Written<T>): T {
  if (typeof value === "string") return as.text(value);
  if (typeof value !== "object") return as.scalar(value);
  if (value instanceof Output) return as.output(value);
  if (value instanceof Secret) return as.secret(value.value);
  return isList(value) ? as.list(value) : as.object(value);
}

const isList = (value: readonly Input[] | Inputs): value is readonly Input[] => Array.isArray(value);

/** The languages of an example, by the names that Pulumi's generators and its Registry know them by. */
export const languages = ["typescript", "python", "go", "csharp", "java", "yaml"] as const;

/** An example as a program of each language. */
export type Programs = Readonly<Record<(typeof languages)[number], string>>;

/**
 * The part of a description that shows the example. Pulumi's generators keep what is in their own language, and the
 * Registry lets its reader choose.
 */
export function exampleSection({ title }: Example, programs: Programs): string {
  return [
    "{{% examples %}}",
    "## Example Usage",
    "{{% example %}}",
    `### ${title}`,
    ...languages.flatMap((language) => ["", `\`\`\`${language}\n${programs[language].trim()}\n\`\`\``]),
    "{{% /example %}}",
    "{{% /examples %}}",
  ].join("\n");
}
