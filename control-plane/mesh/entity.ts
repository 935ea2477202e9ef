import { entityTypes, formatViolation, type Kind, type Specs, validate } from "@pulumi-appmesh/model";
import { checkMembers, MalformedRecord, readRecord } from "../store/record-value.js";
import { type Address, addressKey } from "./address.js";

/** One entity at one version. Immutable: a change makes another object. */
export interface Entity<K extends Kind = Kind> extends EntityRecord<K> {
  readonly address: Address<K>;
}

/** What a store keeps of an entity, under the key of its address. */
export interface EntityRecord<K extends Kind = Kind> {
  readonly metadata: Metadata;
  /** As its author wrote it: no default added, nothing dropped, members in the order in which they came. */
  readonly spec: Specs[K];
  readonly tags: readonly Tag[];
  /** By which calls it came to be as it is, to know a repeated call from a second one. */
  readonly calls: { readonly create: readonly Call[]; readonly update: readonly Call[] };
}

/** As in App Mesh's `metadata`. */
export interface Metadata {
  readonly arn: string;
  /** Seconds since 1970, with milliseconds as decimals. */
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
  readonly meshOwner: string;
  readonly resourceOwner: string;
  readonly uid: string;
  /** 1 when created, one more with each update of the spec. */
  readonly version: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A call that its client marked with a token, and what it asked for. */
export interface Call {
  readonly clientToken: string;
  readonly digest: string;
}

/** Throws MalformedRecord for what is none. Its spec may be of other limits than today's. */
export function decodeEntity(address: Address, value: string): Entity {
  const record = readRecord(value, {
    metadata: "object",
    spec: "object",
    tags: "list",
    calls: "object",
  }) as EntityRecord;
  checkMembers(record.metadata, metadataMembers, "metadata.");
  checkMembers(record.calls, { create: "list", update: "list" }, "calls.");
  const { spec } = entityTypes[address.kind];
  const [violation] = validate(spec, record.spec, { path: ["spec"], isKept: true });
  if (violation) throw new MalformedRecord(formatViolation(violation).replace(/\.$/, ""));
  return { ...record, address };
}

const metadataMembers = {
  arn: "string",
  uid: "string",
  meshOwner: "string",
  resourceOwner: "string",
  version: "number",
  createdAt: "number",
  lastUpdatedAt: "number",
} as const;

export function encodeEntity(entity: Entity): { key: string; value: string } {
  // What a later release has put there beside them stays there.
  const { address, metadata, spec, tags, calls, ...further } = entity;
  return { key: addressKey(address), value: JSON.stringify({ metadata, spec, tags, calls, ...further }) };
}
