/**
 * A backup as text, one JSON value a line, so that it can be read, compared and searched with the tools for that: first
 * what it is, then each record, in the order of their keys.
 *
 *     {"format":"appmesh-export","version":1,"revision":42,"identity":false,"records":2}
 *     {"key":"000000000000/mesh/shop","value":{"metadata":{…},"spec":{},"tags":[],"calls":{…}}}
 */
export interface Backup {
  /** Of the store when the backup was made. */
  readonly revision: number;
  /** Whether it says who may call and connect: access keys, authorities and tokens, with their secrets. */
  readonly identity: boolean;
  /** Values as stores keep them, each a JSON text. */
  readonly records: ReadonlyMap<string, string>;
}

/** Why a text is no backup that can be brought back. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

const FORMAT = "appmesh-export";
const VERSION = 1;
/** All that makes somebody be trusted. */
export const isIdentity = (key: string): boolean => key.startsWith("identity/");

export function* writeBackup({ revision, identity, records }: Backup): Generator<string> {
  const chosen = [...records]
    .filter(([key]) => identity || !isIdentity(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const head = { format: FORMAT, version: VERSION, revision, identity, records: chosen.length };
  yield `${JSON.stringify(head)}\n`;
  // The value's own text, so that it comes back as it was to the last digit.
  for (const [key, value] of chosen) {
    // What is damaged must not spoil the rest, and is not lost either.
    const member = isJson(value) ? `"value":${value}` : `"text":${JSON.stringify(value)}`;
    yield `{"key":${JSON.stringify(key)},${member}}\n`;
  }
}

/** Throws BackupError, with the line, for anything but a whole backup. */
export function readBackup(text: string): Backup {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const head = parsed(first, 1);
  if (head.format !== FORMAT) {
    throw new BackupError(`line 1: this is no export of a mesh; those begin with {"format":"${FORMAT}"`);
  }
  if (head.version !== VERSION) {
    throw new BackupError(
      `line 1: version ${head.version} of the format is not known here, which is ${VERSION}. Use the appmesh that made it, or a later one`,
    );
  }
  const { revision, identity, records: count } = head;
  if (!Number.isSafeInteger(revision) || typeof identity !== "boolean" || !Number.isSafeInteger(count)) {
    throw new BackupError("line 1: revision, identity and records are needed");
  }
  if (lines.length !== count) {
    throw new BackupError(
      `${lines.length} records follow line 1, which says that there are ${count}: the file is cut off, or was changed`,
    );
  }
  const records = new Map<string, string>();
  for (const [n, line] of lines.entries()) {
    const { key, value, ...rest } = parsed(line, n + 2);
    if (typeof key === "string" && typeof rest.text === "string") {
      throw new BackupError(
        `line ${n + 2}: ${key} was damaged when the backup was made, and is no JSON. Give it a "value" in place of its "text", or ` +
          "take the line out, and one off the records in line 1",
      );
    }
    if (typeof key !== "string" || key === "" || value === undefined || Object.keys(rest).length > 0) {
      throw new BackupError(`line ${n + 2}: a record is {"key": …, "value": …}`);
    }
    if (records.has(key))
      throw new BackupError(`line ${n + 2}: there is a record ${JSON.stringify(key)} already`);
    if (!identity && isIdentity(key)) {
      throw new BackupError(
        `line ${n + 2}: line 1 says that there is nothing of identity in it, which ${key} is`,
      );
    }
    records.set(key, JSON.stringify(value));
  }
  return { revision: revision as number, identity, records };
}

/** Also on one line: a record whose text breaks one would break the backup. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return !/[\r\n]/.test(text);
  } catch {
    return false;
  }
}

function parsed(line: string, number: number): Record<string, unknown> {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new BackupError(`line ${number}: it is no JSON object`);
}
