import type { Listener, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { Finding, Judge } from "../../rule.js";

/** Judges whether every listener of a virtual node has a member. */
export const eachListenerHas =
  (member: keyof Listener, finding: Finding) =>
  ({ spec }: { readonly spec: VirtualNodeSpec }, judge: Judge<object>): void => {
    if (!spec.listeners?.length) judge.notApplicable("it has no listener");
    judge.each(spec.listeners, ["spec", "listeners"], (listener, path) => {
      if (listener[member] === undefined) judge.find([...path, member], finding);
    });
  };
