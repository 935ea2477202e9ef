import { isUnknown, type ObjectValue } from "../../server/values.js";

/**
 * Looks into a value that may not be there yet. The specs are made twice by the same code: from what is known
 * already, to check it, and from a program's inputs, to make the resources.
 */
export type Lift = (value: unknown, look: (value: never) => unknown) => unknown;

/** Looks into what is known; what is not, stays so. */
export const lookIntoKnown: Lift = (value, into) => (isUnknown(value) ? value : into(value as never));

/** The ports of listeners, as far as they are known. */
export function listenerPortsOf(listeners: readonly unknown[], lift: Lift): unknown[] {
  return listeners.map((listener) =>
    lift(listener, ({ portMapping }: ObjectValue) => lift(portMapping, ({ port }: ObjectValue) => port)),
  );
}
