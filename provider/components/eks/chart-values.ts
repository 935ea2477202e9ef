// The values of the chart: the component's own over the program's.

export type Values = { readonly [name: string]: unknown };

/** Members of `over` take the place of those of `under`, objects member by member; what is undefined takes none. */
export function merged(under: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = result[name];
    result[name] = isObject(value) && isObject(below) ? merged(below, value) : value;
  }
  return result;
}

/** An object of values, and no output of Pulumi's. */
const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !("__pulumiOutput" in value);
