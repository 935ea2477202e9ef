// Backends that a VirtualNode of Kubernetes has by groups: the controller adds them to its own, without a policy of their own.
import { nameOf, type Referable } from "@pulumi-appmesh/model/kubernetes";
import { unknown } from "./known.js";

type Members = Readonly<Record<string, unknown>>;

export interface Groups {
  /** The services that a group names, where the stack has it. */
  readonly servicesIn: (group: string, namespace: string) => readonly unknown[] | undefined;
  readonly resolve: (kind: Referable, name: string, namespace: string) => string | undefined;
}

/** One of them, with the place of its group in the list of groups. */
export interface GroupedBackend {
  readonly backend: unknown;
  readonly group: number;
}

/** The backends of some groups. Of a group that the stack does not have, one stands for all, whose name is not known. */
export function groupedBackends(
  groups: readonly unknown[],
  own: string,
  { servicesIn, resolve }: Groups,
): readonly GroupedBackend[] {
  return groups.flatMap((given, group) => {
    const reference = referenceIn(given, own);
    const services = reference && servicesIn(reference.name, reference.namespace);
    const names = services?.map((each) => {
      const service = referenceIn(each, reference?.namespace ?? own);
      if (service === undefined) return unknown;
      const { name, namespace } = service;
      return resolve("VirtualService", name, namespace) ?? nameOf("VirtualService", name, namespace);
    });
    return (names ?? [unknown]).map((virtualServiceName) => ({
      backend: { virtualService: { virtualServiceName } },
      group,
    }));
  });
}

/** undefined where it is not known, or no reference. */
function referenceIn(
  value: unknown,
  own: string,
): { readonly name: string; readonly namespace: string } | undefined {
  const { name, namespace = own } = (typeof value === "object" && value !== null ? value : {}) as Members;
  return typeof name === "string" && typeof namespace === "string" ? { name, namespace } : undefined;
}
