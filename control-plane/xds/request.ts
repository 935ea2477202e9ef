import { fromBinary, toJson } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { ValueSchema } from "@bufbuild/protobuf/wkt";

/** The parts of Envoy's Node that matter here. */
export interface RequestNode {
  readonly id: string;
  readonly cluster: string;
  /** Metadata field `appmesh.interception`, as JSON. */
  readonly interception?: unknown;
}

/** A DiscoveryRequest, without what nobody reads. */
export interface StateOfTheWorldRequest {
  readonly node?: RequestNode;
  readonly typeUrl: string;
  readonly names: readonly string[];
  /** Version of the response that the client last accepted; empty where it accepted none. */
  readonly version: string;
  readonly nonce: string;
  /** Why the client rejected the response of that nonce. */
  readonly error?: string;
}

/** A DeltaDiscoveryRequest, without what nobody reads. */
export interface IncrementalRequest {
  readonly node?: RequestNode;
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What a reconnecting client still holds, by name. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly nonce: string;
  readonly error?: string;
}

const interceptionField = "appmesh.interception";
const noVersions: ReadonlyMap<string, string> = new Map();

/*
 * Envoy names its 500 extensions in the Node of its first request, versions before 1.38 in every request: 60 KB
 * that nobody reads. So requests are read field by field, and what is not wanted is stepped over, not decoded.
 */

/** Throws where the bytes are not a DiscoveryRequest. */
export function readStateOfTheWorldRequest(bytes: Uint8Array): StateOfTheWorldRequest {
  const request: Mutable<StateOfTheWorldRequest> = { typeUrl: "", names: [], version: "", nonce: "" };
  const names: string[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) request.version = reader.string();
    else if (field === 2) request.node = readNode(reader.bytes());
    else if (field === 3) names.push(reader.string());
    else if (field === 4) request.typeUrl = reader.string();
    else if (field === 5) request.nonce = reader.string();
    else if (field === 6) request.error = readStatus(reader.bytes());
    else return false;
    return true;
  });
  request.names = names;
  return request;
}

/** Throws where the bytes are not a DeltaDiscoveryRequest. */
export function readIncrementalRequest(bytes: Uint8Array): IncrementalRequest {
  const request: Mutable<IncrementalRequest> = {
    typeUrl: "",
    subscribe: [],
    unsubscribe: [],
    initialVersions: noVersions,
    nonce: "",
  };
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  let versions: Map<string, string> | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) request.node = readNode(reader.bytes());
    else if (field === 2) request.typeUrl = reader.string();
    else if (field === 3) subscribe.push(reader.string());
    else if (field === 4) unsubscribe.push(reader.string());
    else if (field === 5) {
      const { key, value } = readMapEntry(reader.bytes());
      versions ??= new Map();
      versions.set(key, value === undefined ? "" : text(value));
    } else if (field === 6) request.nonce = reader.string();
    else if (field === 7) request.error = readStatus(reader.bytes());
    else return false;
    return true;
  });
  request.subscribe = subscribe;
  request.unsubscribe = unsubscribe;
  if (versions !== undefined) request.initialVersions = versions;
  return request;
}

function readNode(bytes: Uint8Array): RequestNode {
  const node: Mutable<RequestNode> = { id: "", cluster: "" };
  eachField(bytes, (field, reader) => {
    if (field === 1) node.id = reader.string();
    else if (field === 2) node.cluster = reader.string();
    else if (field === 3) {
      const interception = readMetadata(reader.bytes());
      if (interception !== undefined) node.interception = interception;
    } else return false;
    return true;
  });
  return node;
}

function readMetadata(bytes: Uint8Array): unknown {
  let found: unknown;
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    const { key, value } = readMapEntry(reader.bytes());
    if (key === interceptionField && value !== undefined)
      found = toJson(ValueSchema, fromBinary(ValueSchema, value));
    return true;
  });
  return found;
}

function readMapEntry(bytes: Uint8Array): { key: string; value: Uint8Array | undefined } {
  let key = "";
  let value: Uint8Array | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.bytes();
    else return false;
    return true;
  });
  return { key, value };
}

/** The message of a google.rpc.Status. */
function readStatus(bytes: Uint8Array): string {
  let message = "";
  eachField(bytes, (field, reader) => {
    if (field !== 2) return false;
    message = reader.string();
    return true;
  });
  return message;
}

/** Calls `read` at each length-delimited field, and steps over those that it does not read. */
function eachField(bytes: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !read(field, reader)) reader.skip(wireType, field);
  }
}

const decoder = new TextDecoder();
const text = (bytes: Uint8Array): string => decoder.decode(bytes);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
