import { entityTypes } from "@pulumi-appmesh/model";
import type { Address, AppMesh, Entity, Tags } from "../client/appmesh.js";
import { isConflict, isNotFound, Stopped } from "../client/errors.js";
import type { CallOptions } from "../client/http.js";
import { type ObjectValue, toJson } from "../server/values.js";
import { addressOf, describeAddress, formatId, parseId } from "./identity.js";
import { inputsOf, specChanges, stateOf, tagChanges, tagsOf } from "./state.js";
import { type ResourceType, words } from "./types.js";

/** An entity that is there, but not as the program wants it: the engine keeps it and tries again next time. */
export class PartlyDone extends Error {
  constructor(
    message: string,
    readonly id: string,
    readonly state: ObjectValue,
  ) {
    super(message);
  }
}

/** What every operation needs besides its properties. */
export interface Context {
  readonly appMesh: AppMesh;
  readonly call: CallOptions;
  /** The custom timeout, in milliseconds, if the program gave one; the call's signal ends what goes beyond it. */
  readonly timeLimit?: number;
}

export interface Made {
  readonly id: string;
  readonly state: ObjectValue;
}

export async function create(
  type: ResourceType,
  inputs: ObjectValue,
  { appMesh, call }: Context,
): Promise<Made> {
  const address = knownAddress(type, inputs);
  const id = formatId(address);
  const tags = tagsOf(inputs);
  const entity = await appMesh
    .create(address, specOf(inputs), tags, call)
    .catch((error: unknown) => refuse("create", address, error));
  return { id, state: checkActive(address, id, stateOf(type, inputs, entity, tags), entity) };
}

/** Sends only what changed. The old state is what was really there, even after an update that failed halfway. */
export async function update(
  type: ResourceType,
  id: string,
  olds: ObjectValue,
  news: ObjectValue,
  { appMesh, call }: Context,
): Promise<ObjectValue> {
  const address = parseId(type, id);
  const failed = (error: unknown) => refuse("update", address, error);
  const ofSpec = specChanges(olds, news);
  const entity = await (ofSpec
    ? appMesh.update(address, specOf(news) ?? {}, call)
    : appMesh.describe(address, call)
  ).catch(failed);

  const [oldTags, newTags] = [tagsOf(olds), tagsOf(news)];
  const { set, remove } = tagChanges(oldTags, newTags);
  let tags: Tags = oldTags;
  try {
    if (remove.length > 0) await appMesh.untag(entity.metadata.arn, remove, call);
    tags = Object.fromEntries(Object.entries(oldTags).filter(([key]) => !remove.includes(key)));
    if (Object.keys(set).length > 0) await appMesh.tag(entity.metadata.arn, set, call);
  } catch (error) {
    const what = describeAddress(address);
    const failure = ofSpec
      ? `the spec of ${what} was updated, but not its tags`
      : `not all tags of ${what} were updated`;
    throw new PartlyDone(`${failure}: ${(error as Error).message}`, id, stateOf(type, news, entity, tags));
  }
  return checkActive(address, id, stateOf(type, news, entity, newTags), entity);
}

/** The entity as it is now; undefined if it is gone. `olds` are the inputs that are known of it, none on import. */
export async function read(
  type: ResourceType,
  id: string,
  olds: ObjectValue,
  { appMesh, call }: Context,
): Promise<{ inputs: ObjectValue; state: ObjectValue } | undefined> {
  const address = parseId(type, id);
  try {
    const entity = await appMesh.describe(address, call);
    if (entity.status.status === "DELETED") return undefined;
    const tags = await appMesh.tags(entity.metadata.arn, call);
    const inputs = inputsOf(type, address, olds, entity, tags);
    return { inputs, state: stateOf(type, inputs, entity, tags) };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    return refuse("read", address, error);
  }
}

/** Tells the user of a failed call what was not done, and the way out. */
export function refuse(doing: string, address: Address, error: unknown): never {
  const what = describeAddress(address);
  const reason = (error as Error).message;
  const importing = `pulumi import appmesh:index:${entityTypes[address.kind].title} NAME ${formatId(address)}`;
  if (doing === "create" && isConflict(error)) {
    // A replacement that the user forces is not told to the provider, which would have the old one go first (see diff.ts).
    throw new Error(
      `${what} exists already. Import it (${importing}), or choose another name. Where this program made it as another resource, under another name or parent, say so by the option aliases. Where it is to be replaced (--replace, replacementTrigger), give it the option deleteBeforeReplace. (${reason})`,
    );
  }
  if (isNotFound(error) && doing === "create" && address.names.length > 1) {
    throw new Error(
      `cannot create ${what}: something that it needs is not there (${reason}). If this program makes that, pass the name ` +
        "from the resource's own output here, or name the resource in dependsOn, so that the order is known.",
    );
  }
  if (isNotFound(error) && doing === "update") {
    throw new Error(
      `cannot update ${what}: it is not there any more (${reason}). Run pulumi refresh, then pulumi up makes it again.`,
    );
  }
  const wayOut =
    doing === "create" && error instanceof Stopped
      ? `. If the next pulumi up finds that it exists already, import it: ${importing}`
      : "";
  throw new Error(`cannot ${doing} ${what}: ${reason}${wayOut}`, { cause: error });
}

function checkActive(address: Address, id: string, state: ObjectValue, entity: Entity): ObjectValue {
  const { status } = entity.status;
  if (status === "ACTIVE") return state;
  throw new PartlyDone(
    `${describeAddress(address)} is there, but its status is ${status} instead of ACTIVE.`,
    id,
    state,
  );
}

function knownAddress(type: ResourceType, inputs: ObjectValue): Address {
  const address = addressOf(type, inputs);
  if (address === undefined)
    throw new Error(`the names of a ${words(type.kind)} must be known before it is made`);
  return address;
}

const specOf = (inputs: ObjectValue) => (inputs.spec === undefined ? undefined : toJson(inputs.spec));
