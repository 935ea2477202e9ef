/** Without what is not given, at any depth: languages say it in several ways. */
export function given<T>(value: T): T {
  if (Array.isArray(value)) return value.map(given) as T;
  if (typeof value !== "object" || value === null || "__pulumiOutput" in value || value instanceof Promise)
    return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, given(member)])) as T;
}

/** The given members of an object whose names are among those of another. */
export function membersOf<T extends object>(names: object, value: T): Partial<T> {
  const found = Object.entries(value).filter(([name, member]) => name in names && member !== undefined);
  return Object.fromEntries(found) as Partial<T>;
}
