import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { Address, AppMesh } from "../client/appmesh.js";
import type { CallOptions } from "../client/http.js";
import { childNames } from "./list.js";

/** How many are looked for where each one has to be read. */
const ENOUGH = 10;

/**
 * What keeps an entity from being deleted: all its children, and what names it in its spec (routes that send to
 * a virtual node, virtual services that a router provides, gateway routes that lead to a virtual service), as far as needed.
 */
export async function dependents(
  address: Address,
  context: { readonly appMesh: AppMesh; readonly call: CallOptions },
): Promise<Address[]> {
  const found: Address[] = [];
  for (const { kind, parent } of Object.values(entityTypes)) {
    if (parent === address.kind) for await (const child of listed(kind, address, context)) found.push(child);
  }
  for await (const user of users(address, context)) {
    if (found.length >= ENOUGH) break;
    found.push(user);
  }
  return found;
}

/** What is no child, and names the entity in its spec. */
async function* users(address: Address, context: Parameters<typeof dependents>[1]): AsyncGenerator<Address> {
  const [mesh = ""] = address.names;
  const inMesh: Address = { kind: "mesh", names: [mesh], meshOwner: address.meshOwner };
  switch (address.kind) {
    case "virtualNode":
      yield* naming(address, "virtualService", inMesh, context);
      for await (const router of listed("virtualRouter", inMesh, context))
        yield* naming(address, "route", router, context);
      break;
    case "virtualRouter":
      yield* naming(address, "virtualService", inMesh, context);
      break;
    case "virtualService":
      for await (const gateway of listed("virtualGateway", inMesh, context)) {
        yield* naming(address, "gatewayRoute", gateway, context);
      }
  }
}

/** The entities of a kind below a parent. */
async function* listed(
  kind: Kind,
  parent: Address,
  context: Parameters<typeof dependents>[1],
): AsyncGenerator<Address> {
  const { names, meshOwner } = parent;
  for await (const name of childNames(kind, names, meshOwner, context))
    yield { kind, names: [...names, name], meshOwner };
}

/** Those of them whose spec has the name of `target` where it names such an entity. */
async function* naming(
  target: Address,
  kind: Kind,
  parent: Address,
  context: Parameters<typeof dependents>[1],
): AsyncGenerator<Address> {
  for await (const candidate of listed(kind, parent, context)) {
    const { spec } = await context.appMesh.describe(candidate, context.call);
    if (names(spec, target)) yield candidate;
  }
}

/** Specs name entities under virtualNode, virtualNodeName, virtualRouterName and virtualServiceName. */
function names(value: unknown, target: Address): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([member, inner]) =>
      ((member === target.kind || member === entityTypes[target.kind].nameMember) &&
        inner === target.names.at(-1)) ||
      names(inner, target),
  );
}
