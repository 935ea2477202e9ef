import { accessKeySecret } from "./aws/access-key-secret-args.js";
import { controlPlane } from "./aws/control-plane-args.js";
import { nodeIdentity } from "./aws/node-identity-args.js";
import { type ComponentType, componentToken } from "./component.js";
import { meshEcsService } from "./ecs/mesh-ecs-service-args.js";
import { meshGateway } from "./ecs/mesh-gateway-args.js";
import { meshTaskDefinition } from "./ecs/mesh-task-definition-args.js";
import { appMeshController } from "./eks/controller-args.js";
import { kubernetesControlPlane } from "./eks/kubernetes-control-plane-args.js";
import { meshDeployment } from "./kubernetes/mesh-deployment-args.js";
import { meshGatewayDeployment } from "./kubernetes/mesh-gateway-deployment-args.js";
import { gateway } from "./mesh/gateway-args.js";
import { meshService } from "./mesh/mesh-service-args.js";

/** The components, by token. */
export const componentTypes: ReadonlyMap<string, ComponentType> = new Map(
  [
    meshService,
    gateway,
    meshTaskDefinition,
    meshEcsService,
    meshGateway,
    meshDeployment,
    meshGatewayDeployment,
    appMeshController,
    controlPlane,
    nodeIdentity,
    accessKeySecret,
    kubernetesControlPlane,
  ].map((type) => [componentToken(type), type]),
);
