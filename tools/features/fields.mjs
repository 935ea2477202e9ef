// The fields of the model, the tests that show what they do, and how the one finds the other.

/** Every field of every kind's spec that holds a value of its own, as `virtualNode.listeners[].tls.mode`. */
export function fieldsOf(entityTypes) {
  const fields = [];
  const walk = (shape, path) => {
    if (shape.kind === "list") walk(shape.item, `${path}[]`);
    // A duration is one value, in two members.
    else if (shape.kind !== "structure" || shape.name === "Duration") fields.push(path);
    else for (const [name, member] of Object.entries(shape.members)) walk(member.shape, `${path}.${name}`);
  };
  for (const [kind, { spec }] of Object.entries(entityTypes)) walk(spec, kind);
  return fields;
}

/**
 * The tags of a test file: comments `// Shows: FIELDS` right above a test. Of each, the fields and the test's title.
 * FIELDS are paths with commas between, in which `{a,b}` stands for either and `*` for anything.
 */
export function tagsOf(text) {
  const tags = [];
  let pending = "";
  for (const line of text.split("\n")) {
    const [, said] = /^\s*\/\/ Shows: (.*)$/.exec(line) ?? [];
    const [, more] = pending.endsWith(",") ? (/^\s*\/\/ (.*)$/.exec(line) ?? []) : [];
    if (said !== undefined || more !== undefined) {
      pending += said ?? more;
      continue;
    }
    if (pending === "") continue;
    const [, , title] = /^\s*it\((["'`])(.*)\1/.exec(line) ?? [];
    if (title === undefined)
      throw new Error(`"// Shows: ${pending}" stands above no test, but above: ${line.trim()}`);
    tags.push({ patterns: patterns(pending), title });
    pending = "";
  }
  return tags;
}

/** The patterns of a list, in which commas within braces are their own. */
export const patterns = (list) =>
  list
    .split(/,(?![^{]*\})/)
    .map((pattern) => pattern.trim())
    .filter(Boolean);

/** The fields that a pattern names. Throws where it names none: they may have another name by now. */
export function matching(pattern, fields) {
  const parts = pattern.split(/(\{[^}]*\}|\*)/).map((part) => {
    if (part === "*") return ".*";
    const literal = (text) => text.replace(/[.[\]]/g, "\\$&");
    return part.startsWith("{")
      ? `(?:${part.slice(1, -1).split(",").map(literal).join("|")})`
      : literal(part);
  });
  const found = fields.filter((field) => new RegExp(`^${parts.join("")}$`).test(field));
  if (found.length === 0) throw new Error(`no field of the model is called ${pattern}`);
  return found;
}

/**
 * What stands in the table for each field: the tests that show it, or why none does. Throws where a field has neither,
 * and where an exception is made of one that has a test.
 */
export function rowsOf(fields, tests, exceptions) {
  const rows = new Map(fields.map((field) => [field, { tests: [], why: undefined }]));
  for (const { file, tags } of tests) {
    for (const { patterns, title } of tags) {
      for (const field of new Set(patterns.flatMap((pattern) => matching(pattern, fields)))) {
        rows.get(field).tests.push({ file, title });
      }
    }
  }
  for (const { fields: list, why } of exceptions) {
    for (const field of patterns(list).flatMap((pattern) => matching(pattern, fields))) {
      const row = rows.get(field);
      if (row.tests.length > 0)
        throw new Error(`${field} is shown by a test, and excepted all the same: ${why}`);
      if (row.why !== undefined) throw new Error(`${field} is excepted twice`);
      row.why = why;
    }
  }
  const bare = fields.filter(
    (field) => rows.get(field).tests.length === 0 && rows.get(field).why === undefined,
  );
  if (bare.length > 0) {
    throw new Error(
      `no test shows what these fields do: ${bare.join(", ")}. Put "// Shows: FIELD" above the test that does, or, with ` +
        "the reason, an exception into tools/features/exceptions.mjs",
    );
  }
  return rows;
}
