// What the services of the mesh on ECS hand on to their task definition.
import type { ObjectValue } from "../../server/values.js";
import { meshOptions } from "./mesh-options.js";
import { taskInputs } from "./mesh-task-definition-args.js";

const { virtualNode: _node, virtualGateway: _gateway, listenerPorts: _ports, ...ofMesh } = meshOptions;

/** All of a task definition but what it is one of and on which ports, which the service says itself. */
export const taskMembers = { ...taskInputs, ...ofMesh } as const;

/** The given members of an object whose names are among those of another. */
export function membersOf<T extends object>(names: object, given: T): Partial<T> {
  const found = Object.entries(given).filter(([name, value]) => name in names && value !== undefined);
  return Object.fromEntries(found) as Partial<T>;
}

/** The ports of listeners, as far as they are known. */
export function listenerPortsOf(listeners: readonly unknown[], lift: Lift): unknown[] {
  return listeners.map((listener) =>
    lift(listener, ({ portMapping }: ObjectValue) => lift(portMapping, ({ port }: ObjectValue) => port)),
  );
}

type Lift = (value: unknown, look: (value: never) => unknown) => unknown;
