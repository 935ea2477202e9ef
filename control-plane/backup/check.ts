import { type Address, addressKey, parentOf, parseKey } from "../mesh/address.js";
import { meshBeside } from "../mesh/beside.js";
import { decodeEntity, type Entity } from "../mesh/entity.js";
import { MeshError } from "../mesh/errors.js";
import { updateInput } from "../mesh/rules/input.js";
import { MalformedRecord } from "../store/record-value.js";
import { type Backup, BackupError, isIdentity } from "./document.js";

/** Throws BackupError for records that a control plane could not serve: all that is wrong with them, at most ten. */
export function checkBackup({ records }: Backup): void {
  const problems: string[] = [];
  for (const [key, value] of records) {
    if (problems.length === MOST) break;
    const problem = problemOf(key, value, records);
    if (problem !== undefined) problems.push(`${key}: ${problem}`);
  }
  if (problems.length > 0) throw new BackupError(problems.join("\n"));
}

const MOST = 10;

function problemOf(key: string, value: string, records: Backup["records"]): string | undefined {
  if (isIdentity(key)) return undefined;
  const beside = meshBeside(key);
  if (beside !== undefined) return missing(beside, records);
  const address = parseKey(key);
  if (address === undefined) return "this is the key of nothing that a control plane knows";
  return entityProblem(address, value) ?? missing(parentOf(address), records);
}

const missing = (address: Address | undefined, records: Backup["records"]): string | undefined =>
  address === undefined || records.has(addressKey(address))
    ? undefined
    : `${addressKey(address)}, in which it lives, is not among the records`;

function entityProblem(address: Address, value: string): string | undefined {
  let entity: Entity;
  try {
    entity = decodeEntity(address, value);
  } catch (error) {
    if (error instanceof MalformedRecord) return `${error.message}; an export has it otherwise`;
    throw error;
  }
  const { spec } = entity;
  try {
    updateInput(address.kind, { spec });
    return undefined;
  } catch (error) {
    if (error instanceof MeshError) return error.message;
    throw error;
  }
}
