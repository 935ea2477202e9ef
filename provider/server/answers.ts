import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Failure } from "../resources/check.js";
import type { ResourceDiff } from "../resources/diff.js";
import type { Found } from "../resources/resource.js";
import { messages } from "./protocol.js";
import type { ObjectValue } from "./values.js";
import { writeProperties } from "./wire.js";

/** A pulumirpc.CheckResponse, as bytes. */
export function checkResponse(inputs: ObjectValue, failures: readonly Failure[]): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(writeProperties(inputs));
  for (const failure of failures)
    writer.tag(2, WireType.LengthDelimited).bytes(checkFailure(failure).serializeBinary());
  return writer.finish();
}

/** A pulumirpc.CreateResponse, as bytes; without an id it is a plan. */
export function createResponse(id: string | undefined, state: ObjectValue): Uint8Array {
  const writer = new BinaryWriter();
  if (id !== undefined) writer.tag(1, WireType.LengthDelimited).string(id);
  return writer.tag(2, WireType.LengthDelimited).bytes(writeProperties(state)).finish();
}

/** A pulumirpc.UpdateResponse, as bytes. */
export const updateResponse = (state: ObjectValue): Uint8Array =>
  new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(writeProperties(state)).finish();

/** A pulumirpc.ReadResponse, as bytes. No id says that the resource is gone. */
export function readResponse(id: string, found: Found | undefined): Uint8Array {
  const writer = new BinaryWriter();
  if (found === undefined) return writer.finish();
  writer.tag(1, WireType.LengthDelimited).string(id);
  writer.tag(2, WireType.LengthDelimited).bytes(writeProperties(found.state));
  writer.tag(3, WireType.LengthDelimited).bytes(writeProperties(found.inputs));
  return writer.finish();
}

export function checkFailure({ property, reason }: Failure): messages.CheckFailure {
  const failure = new messages.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

/** A pulumirpc.DiffResponse, as bytes. */
export function diffResponse(
  changes: ResourceDiff["changes"],
  deleteBeforeReplace = false,
  stables: readonly string[] = [],
): Uint8Array {
  const { Kind } = messages.PropertyDiff;
  const { DiffChanges } = messages.DiffResponse;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
  } as const;
  const top = (some: ResourceDiff["changes"]) => [...new Set(some.map(({ path }) => String(path[0])))];
  const replacing = changes.filter(({ replaces }) => replaces);

  const response = new messages.DiffResponse();
  response.setChanges(changes.length === 0 ? DiffChanges.DIFF_NONE : DiffChanges.DIFF_SOME);
  response.setDiffsList(top(changes));
  response.setReplacesList(top(replacing));
  response.setStablesList(replacing.length === 0 ? [...stables] : []);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const { property, kind, replaces, isOutput = false } of changes) {
    const diff = new messages.PropertyDiff();
    diff.setKind(kinds[kind][replaces ? 1 : 0]);
    diff.setInputdiff(!isOutput);
    response.getDetaileddiffMap().set(property, diff);
  }
  return response.serializeBinary();
}
