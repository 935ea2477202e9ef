import type { Address, Entity, Tags } from "../client/appmesh.js";
import {
  carrySecrets,
  equal,
  type Json,
  type ObjectValue,
  reveal,
  UNKNOWN,
  type Value,
} from "../server/values.js";
import { diffValues } from "./diff.js";
import { identityInputs } from "./identity.js";
import type { ResourceType } from "./types.js";

/** The state of an entity as the control plane gave it; what was secret in the inputs stays so. */
export function stateOf(type: ResourceType, inputs: ObjectValue, entity: Entity, tags: Tags): ObjectValue {
  const added = entityState(entity);
  const meshOwner = carrySecrets(inputs.meshOwner, added.meshOwner);
  return { ...inputs, ...liveProperties(type, inputs, entity, tags), ...added, meshOwner };
}

/** What the control plane adds to an entity. */
export const entityState = ({ metadata, status }: Entity) => ({
  arn: metadata.arn,
  uid: metadata.uid,
  version: metadata.version,
  meshOwner: metadata.meshOwner,
  resourceOwner: metadata.resourceOwner,
  status: status.status,
  createdAt: timestamp(metadata.createdAt),
  lastUpdatedAt: timestamp(metadata.lastUpdatedAt),
});

/** The state that a creation will lead to: only what the control plane makes up is unknown. */
export function plannedState(type: ResourceType, inputs: ObjectValue): ObjectValue {
  const assigned = Object.keys(type.outputs).map((name): [string, Value] => [name, UNKNOWN]);
  return { ...Object.fromEntries(assigned), ...inputs };
}

/** The state that an update will lead to: the old one with the new inputs, and a new version if the spec changes. */
export function plannedUpdate(type: ResourceType, olds: ObjectValue, news: ObjectValue): ObjectValue {
  const kept = Object.keys(type.outputs).map((name): [string, Value] => [name, olds[name] ?? UNKNOWN]);
  const changed = specChanges(olds, news) ? { version: UNKNOWN, lastUpdatedAt: UNKNOWN } : {};
  return { ...Object.fromEntries(kept), ...changed, ...news };
}

/** The inputs with which a program would make the entity as it is now. */
export function inputsOf(
  type: ResourceType,
  address: Address,
  olds: ObjectValue,
  entity: Entity,
  tags: Tags,
): ObjectValue {
  const identity = identityInputs(type, address);
  return {
    ...Object.fromEntries(
      Object.entries(identity).map(([name, value]) => [name, carrySecrets(olds[name], value)]),
    ),
    ...liveProperties(type, olds, entity, tags),
  };
}

export const specChanges = (olds: ObjectValue, news: ObjectValue): boolean =>
  !diffValues([], olds.spec ?? {}, news.spec ?? {}).next().done;

/** Tags to set and tag keys to take away, to get from one set to the other. */
export function tagChanges(olds: Tags, news: Tags): { set: Tags; remove: readonly string[] } {
  const set = Object.entries(news).filter(([key, value]) => olds[key] !== value);
  return {
    set: Object.fromEntries(set),
    remove: Object.keys(olds).filter((key) => !Object.hasOwn(news, key)),
  };
}

export const tagsOf = (properties: ObjectValue): Tags => (reveal(properties.tags ?? {}) ?? {}) as Tags;

/**
 * Spec and tags as they are now. Where they say the same as the inputs, the inputs' way of saying it is
 * kept, so that no difference shows that makes none.
 */
function liveProperties(
  { entity: { specRequired } }: ResourceType,
  inputs: ObjectValue,
  entity: Entity,
  tags: Tags,
): Record<string, Value> {
  const live: Record<string, Value> = {};
  const spec = (entity.spec ?? {}) as Json;
  if (specRequired || inputs.spec !== undefined || !equal(spec, {})) live.spec = sameOr(inputs.spec, spec);
  if (inputs.tags !== undefined || Object.keys(tags).length > 0) live.tags = sameOr(inputs.tags, tags);
  return live;
}

function sameOr(input: Value | undefined, live: Value): Value {
  if (input !== undefined && diffValues([], input, live).next().done) return input;
  return carrySecrets(input, live);
}

/** The API counts seconds; programs get ISO 8601. */
export const timestamp = (seconds: number): string => new Date(seconds * 1000).toISOString();
