// What the services of the mesh on ECS hand on to their task definition.
import { meshOptions } from "./mesh-options.js";
import { taskInputs } from "./mesh-task-definition-args.js";

const { virtualNode: _node, virtualGateway: _gateway, listenerPorts: _ports, ...ofMesh } = meshOptions;

/** All of a task definition but what it is one of and on which ports, which the service says itself. */
export const taskMembers = { ...taskInputs, ...ofMesh } as const;
