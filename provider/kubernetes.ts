/**
 * Kubernetes for programs in TypeScript that use this package as a library: `addMeshToPod` for those who make their pods
 * themselves, and the components for those who want them in their own process.
 */
export { addMeshToPod, MeshPodError } from "./components/kubernetes/add-mesh-to-pod.js";
export { MeshDeployment, type MeshDeploymentArgs } from "./components/kubernetes/mesh-deployment.js";
export {
  MeshGatewayDeployment,
  type MeshGatewayDeploymentArgs,
} from "./components/kubernetes/mesh-gateway-deployment.js";
export type { MeshPodOptions } from "./components/kubernetes/mesh-pod-options.js";
export type { Container, PodSpec } from "./components/kubernetes/pod-spec.js";
