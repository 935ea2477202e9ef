import { withExplicitVariables } from "../sidecar/explicit-variables.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { MeshOptions } from "./mesh-options.js";
import { metadataAddresses, type Plan } from "./plan.js";

/** Whether a container starts without Envoy: those that are named, and log routers, by which Envoy itself may log. */
export const isIndependent = (
  { name, firelensConfiguration }: ContainerDefinition,
  { independentContainers = [] }: Pick<MeshOptions, "independentContainers">,
): boolean =>
  firelensConfiguration !== undefined || (name !== undefined && independentContainers.includes(name));

/** A container of the application, once Envoy stands beside it. */
export function applicationContainer(given: ContainerDefinition, plan: Plan): ContainerDefinition {
  const { dependsOn = [] } = given;
  const envoy = plan.envoy.container;
  const waits = dependsOn.some(({ containerName }) => containerName === envoy);
  return {
    ...given,
    ...explicitVariables(given, plan),
    dependsOn: waits ? dependsOn : [...dependsOn, { containerName: envoy, condition: "HEALTHY" }],
  };
}

/** What an application in explicit interception is told by. */
function explicitVariables(
  { environment = [], secrets = [] }: ContainerDefinition,
  { interception, envoy, mesh, name }: Plan,
): Pick<ContainerDefinition, "environment"> {
  if (interception?.mode !== "explicit") return {};
  const variables = withExplicitVariables(environment, {
    mesh,
    virtualNode: name,
    adminPort: envoy.adminPort,
    appPorts: Object.values(interception.appPorts),
    past: metadataAddresses,
  });
  // ECS refuses a variable that comes from two places.
  const secret = new Set(secrets.map((each) => each.name));
  return { environment: variables.filter((variable) => !secret.has(variable.name ?? "")) };
}
