import type { Kind } from "@pulumi-appmesh/model";
import { entityTypes } from "@pulumi-appmesh/model";
import { type Address, type AppMesh, lineage, type Reference } from "../client/appmesh.js";
import type { CallOptions } from "../client/http.js";
import { type ObjectValue, reveal } from "../server/values.js";
import type { ResourceType } from "./types.js";

interface Context {
  readonly appMesh: AppMesh;
  readonly call: CallOptions;
}

/** The entities of a type below the parents that the query names, or below all of them. */
export async function* listAddresses(
  type: ResourceType,
  query: ObjectValue,
  context: Context,
): AsyncGenerator<Address> {
  const wanted = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, reveal(value)]));
  const owner = wanted.meshOwner;
  yield* below(lineage(type.kind), [], wanted, typeof owner === "string" ? owner : undefined, context);
}

async function* below(
  [kind, ...rest]: readonly Kind[],
  parents: readonly string[],
  wanted: ObjectValue,
  meshOwner: string | undefined,
  context: Context,
): AsyncGenerator<Address> {
  if (kind === undefined) return;
  const name = wanted[entityTypes[kind].nameMember];
  const found =
    typeof name === "string" && rest.length > 0 ? [name] : childNames(kind, parents, meshOwner, context);
  for await (const child of found) {
    const names = [...parents, child];
    if (rest.length === 0) yield { kind, names, meshOwner };
    else yield* below(rest, names, wanted, meshOwner, context);
  }
}

/** The names of the entities of a kind below a parent. */
export async function* childNames(
  kind: Kind,
  parents: readonly string[],
  meshOwner: string | undefined,
  { appMesh, call }: Context,
): AsyncGenerator<string> {
  for await (const reference of appMesh.list(kind, parents, meshOwner, call)) yield nameIn(reference, kind);
}

const nameIn = (reference: Reference, kind: Kind): string =>
  String(reference[entityTypes[kind].nameMember] ?? "");
