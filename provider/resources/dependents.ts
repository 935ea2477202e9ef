import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { Address, AppMesh } from "../client/appmesh.js";
import type { CallOptions } from "../client/http.js";
import { childNames } from "./list.js";

/** More are not looked for: the message would get no clearer. */
const ENOUGH = 10;

/**
 * What keeps an entity from being deleted: its children, and what names it in its spec (routes that send to
 * a virtual node, virtual services that a router provides, gateway routes that lead to a virtual service).
 */
export async function dependents(
  address: Address,
  context: { readonly appMesh: AppMesh; readonly call: CallOptions },
): Promise<Address[]> {
  const found: Address[] = [];
  for await (const candidate of candidates(address, context)) {
    found.push(candidate);
    if (found.length === ENOUGH) break;
  }
  return found;
}

async function* candidates(
  address: Address,
  context: Parameters<typeof dependents>[1],
): AsyncGenerator<Address> {
  for (const { kind, parent } of Object.values(entityTypes)) {
    if (parent === address.kind) yield* listed(kind, address, context);
  }
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
