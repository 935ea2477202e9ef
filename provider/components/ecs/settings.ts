import type { ContainerDefinition } from "./container-definition.js";

type Named = { readonly name?: string };

/**
 * A container's definition with more settings: lists are added to what is there, where what has the name of a new item
 * gives way to it; other members are replaced.
 */
export function withSettings(made: ContainerDefinition, settings: ContainerDefinition): ContainerDefinition {
  const members = Object.entries(settings).map(([name, value]): [string, unknown] => {
    const there = made[name as keyof ContainerDefinition];
    if (!Array.isArray(value) || !Array.isArray(there)) return [name, value];
    const names = new Set(value.map((item: Named) => item?.name).filter((item) => item !== undefined));
    return [name, [...there.filter((item: Named) => !names.has(item?.name as string)), ...value]];
  });
  return { ...made, ...Object.fromEntries(members) };
}
