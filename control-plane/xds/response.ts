import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { EncodedResource } from "./encode.js";
import { memo } from "./resource-set.js";

/*
 * A response is a body that all streams share and the nonce that is one stream's own. Protobuf reads fields in
 * any order, so the nonce is simply the last.
 */
const nonceTag = String.fromCharCode((5 << 3) | WireType.LengthDelimited);

/** Those of the first responses of streams, which thousands of streams have in common. */
const tails = new Map<string, Uint8Array>();
const mostTails = 1000;

/** The last bytes of a response, of either protocol. Nonces are numbers: a handful of ASCII characters. */
export function nonceTail(nonce: string): Uint8Array {
  const known = tails.get(nonce);
  if (known !== undefined) return known;
  const tail = Buffer.from(nonceTag + String.fromCharCode(nonce.length) + nonce, "latin1");
  if (tails.size < mostTails) tails.set(nonce, tail);
  return tail;
}

/** What both protocols have at the same field numbers: the version of the whole, and the type of the resources. */
const head = (typeUrl: string, version: string): BinaryWriter =>
  new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(version)
    .tag(4, WireType.LengthDelimited)
    .string(typeUrl);

/** A DiscoveryResponse without its nonce. */
export function stateOfTheWorldBody(
  typeUrl: string,
  version: string,
  resources: readonly EncodedResource[],
): Uint8Array {
  const writer = head(typeUrl, version);
  for (const resource of resources) writer.tag(2, WireType.LengthDelimited).bytes(resource.any);
  return writer.finish();
}

const deltaResources = new WeakMap<EncodedResource, Uint8Array>();

/** A DeltaDiscoveryResponse without its nonce. */
export function incrementalBody(
  typeUrl: string,
  version: string,
  resources: readonly EncodedResource[],
  removed: readonly string[],
): Uint8Array {
  const writer = head(typeUrl, version);
  for (const resource of resources) {
    writer
      .tag(2, WireType.LengthDelimited)
      .bytes(memo(deltaResources, resource, () => deltaResource(resource)));
  }
  for (const name of removed) writer.tag(6, WireType.LengthDelimited).string(name);
  return writer.finish();
}

function deltaResource({ name, version, any }: EncodedResource): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(version)
    .tag(2, WireType.LengthDelimited)
    .bytes(any)
    .tag(3, WireType.LengthDelimited)
    .string(name)
    .finish();
}
