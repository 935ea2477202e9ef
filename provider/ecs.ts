/**
 * Amazon ECS for programs in TypeScript that use this package as a library: `addMesh` for those who build their task
 * definitions themselves, and the component for those who want it in their own process.
 */
export { addMesh, type MeshedTask, MeshTaskError } from "./components/ecs/add-mesh.js";
export type { ContainerDefinition } from "./components/ecs/container-definition.js";
export type { MeshOptions } from "./components/ecs/mesh-options.js";
export { MeshTaskDefinition, type MeshTaskDefinitionArgs } from "./components/ecs/mesh-task-definition.js";
export type { ProxyConfiguration } from "./components/ecs/proxy-configuration.js";
