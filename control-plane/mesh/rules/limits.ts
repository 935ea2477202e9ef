import { entityTypes, type Kind, type Specs, type VirtualNodeSpec } from "@pulumi-appmesh/model";
import { type Address, ownName, parentOf } from "../address.js";
import { MeshError } from "../errors.js";
import { beyond, type Limits, limitOf, pluralOf } from "../limits.js";
import type { MeshState } from "../state.js";

/** Whether there may be one more at an address. */
export function checkCount(state: MeshState, limits: Limits, address: Address): void {
  const name = limitOf[address.kind];
  const most = limits[name];
  if (most === Number.POSITIVE_INFINITY) return;
  const parent = parentOf(address);
  const count = parent ? state.children(parent, address.kind).size : state.meshesOwned(address.meshOwner);
  if (count < most) return;
  const where = parent
    ? `${entityTypes[parent.kind].title} ${ownName(parent)}`
    : `account ${address.meshOwner}`;
  throw new MeshError(
    "LimitExceededException",
    beyond(name, most, `${where} has ${count} ${pluralOf(address.kind)}, and there would be one more`),
  );
}

/** What was within its limit when it was written may stay as it is after that has been lowered, but not grow. */
export function checkBackends<K extends Kind>(
  limits: Limits,
  { kind, names }: Address<K>,
  spec: Specs[K],
  before?: Specs[K],
): void {
  if (kind !== "virtualNode") return;
  const most = limits.backendsPerVirtualNode;
  const count = (of: VirtualNodeSpec | undefined) => of?.backends?.length ?? 0;
  const wanted = count(spec as VirtualNodeSpec);
  if (wanted <= most || wanted <= count(before as VirtualNodeSpec | undefined)) return;
  throw new MeshError(
    "LimitExceededException",
    beyond("backendsPerVirtualNode", most, `VirtualNode ${names.at(-1)} would have ${wanted} backends`),
  );
}
