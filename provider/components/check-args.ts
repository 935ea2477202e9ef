import { Output } from "@pulumi/pulumi";
import { type ObjectValue, UNKNOWN, type Value } from "../server/values.js";
import { checkComponent } from "./check.js";
import type { ComponentType } from "./component.js";

/**
 * The arguments of a component that a program makes in its own process, unless something is wrong with what is known of
 * them: the plugin has checked the others before it comes here.
 */
export function checkedArgs<T extends object>(type: ComponentType, name: string, args: T): T {
  const failures = checkComponent(type, known(args) as ObjectValue, name);
  if (failures.length === 0) return args;
  const told = failures.map(({ property, reason }) => `  ${property}: ${reason}`);
  throw new Error(`the arguments of ${type.name} ${JSON.stringify(name)} are not valid:\n${told.join("\n")}`);
}

function known(value: unknown): Value {
  if (Output.isInstance(value) || value instanceof Promise) return UNKNOWN;
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return (value ?? null) as Value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, known(member)]));
}
