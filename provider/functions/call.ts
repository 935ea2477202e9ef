import { entityTypes, type Kind, type Member, validate } from "@pulumi-appmesh/model";
import { type Address, lineage, type Reference } from "../client/appmesh.js";
import { isNotFound } from "../client/errors.js";
import { type Failure, reasonOf } from "../resources/check.js";
import { describeAddress, formatId, identityInputs } from "../resources/identity.js";
import type { Context } from "../resources/operations.js";
import { formatPropertyPath } from "../resources/property-path.js";
import { entityState, timestamp } from "../resources/state.js";
import { containsSecret, isUnknown, type ObjectValue, reveal, secret, type Value } from "../server/values.js";
import type { EntityFunction, FunctionType, ListFunction } from "./types.js";

/** What is wrong with a function's arguments. */
export function checkArguments({ token, inputs }: FunctionType, args: ObjectValue): Failure[] {
  const failures: Failure[] = [];
  const allowed = Object.keys(inputs);
  for (const name of Object.keys(args)) {
    if (allowed.includes(name)) continue;
    const takes = allowed.length === 0 ? "it takes none" : `${allowed.join(", ")} are allowed`;
    failures.push({ property: name, reason: `it is not an argument of ${token}; ${takes}.` });
  }
  for (const [name, { shape, required }] of Object.entries<Member>(inputs)) {
    const value = args[name];
    if (value === undefined) {
      if (required) failures.push({ property: name, reason: "nothing was given; it is required." });
      continue;
    }
    for (const violation of validate(shape, reveal(value), { path: [name], isUnknown })) {
      failures.push({ property: formatPropertyPath(violation.path), reason: reasonOf(violation, args) });
    }
  }
  return failures;
}

/** The answer of a function whose arguments are known and have been checked. Where one of them is secret, so is the answer. */
export async function callFunction(
  what: FunctionType,
  args: ObjectValue,
  context: Context,
): Promise<ObjectValue> {
  const open = reveal(args) as ObjectValue;
  const answer = await (what.of === "entity" ? lookUp(what, open, context) : listAll(what, open, context));
  return containsSecret(args)
    ? Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, secret(value)]))
    : answer;
}

async function lookUp(
  { type }: EntityFunction,
  args: ObjectValue,
  { appMesh, call }: Context,
): Promise<ObjectValue> {
  const address = addressIn(type.kind, type.nameMembers, args);
  try {
    const entity = await appMesh.describe(address, call);
    const tags = await appMesh.tags(entity.metadata.arn, call);
    return {
      id: formatId(address),
      ...identityInputs(type, address),
      spec: (entity.spec ?? {}) as Value,
      tags,
      ...entityState(entity),
    };
  } catch (error) {
    throw told(error, "look up", address, describeAddress(address));
  }
}

async function listAll(
  { type, listMember }: ListFunction,
  args: ObjectValue,
  { appMesh, call }: Context,
): Promise<ObjectValue> {
  const above = type.nameMembers.slice(0, -1);
  const kinds = lineage(type.kind);
  const parent = addressIn(kinds.at(-2) ?? "mesh", above, args);
  const found: ObjectValue[] = [];
  try {
    for await (const reference of appMesh.list(type.kind, parent.names, parent.meshOwner, call)) {
      const name = String(reference[type.entity.nameMember] ?? "");
      const { kind } = type;
      const address = { ...parent, kind, names: [...parent.names, name] };
      const { meshOwner: _, ...names } = identityInputs(type, address);
      found.push({ id: formatId(address), ...names, ...referenceState(reference) });
    }
  } catch (error) {
    const { collection } = entityTypes[type.kind];
    const where = parent.names.length === 0 ? "" : ` of ${describeAddress(parent)}`;
    throw told(error, "list", parent, `${collection}${where}`);
  }
  const byName = (entity: ObjectValue) => String(entity[type.entity.nameMember]);
  return { [listMember]: found.sort((a, b) => (byName(a) < byName(b) ? -1 : 1)) };
}

function addressIn(kind: Kind, members: readonly string[], args: ObjectValue): Address {
  const names = members.map((member) => String(args[member]));
  return { kind, names, ...(typeof args.meshOwner === "string" && { meshOwner: args.meshOwner }) };
}

function referenceState(reference: Reference): ObjectValue {
  const { arn, version, meshOwner, resourceOwner, createdAt, lastUpdatedAt } = reference;
  return {
    arn,
    version: version as number,
    meshOwner: meshOwner as string,
    resourceOwner: resourceOwner as string,
    createdAt: timestamp(createdAt as number),
    lastUpdatedAt: timestamp(lastUpdatedAt as number),
  };
}

function told(error: unknown, doing: string, missed: Address, what: string): Error {
  const reason = (error as Error).message;
  if (!isNotFound(error)) return new Error(`cannot ${doing} ${what}: ${reason}`, { cause: error });
  return new Error(
    `cannot ${doing} ${what}: ${describeAddress(missed)} is not there (${reason}). Check the names, and that the ` +
      "provider's endpoint is the control plane that has it; if this program makes it, pass that resource's own outputs here.",
  );
}
