/**
 * Amazon ECS for programs in TypeScript that use this package as a library: `addMesh` for those who build their task
 * definitions themselves, and the components for those who want them in their own process.
 */
export { addMesh, type MeshedTask, MeshTaskError } from "./components/ecs/add-mesh.js";
export type { ContainerDefinition } from "./components/ecs/container-definition.js";
export { MeshEcsService, type MeshEcsServiceArgs } from "./components/ecs/mesh-ecs-service.js";
export { MeshGateway, type MeshGatewayArgs } from "./components/ecs/mesh-gateway.js";
export type { MeshOptions } from "./components/ecs/mesh-options.js";
export { MeshTaskDefinition, type MeshTaskDefinitionArgs } from "./components/ecs/mesh-task-definition.js";
export type { ProxyConfiguration } from "./components/ecs/proxy-configuration.js";
