import { proxyVariables } from "@pulumi-appmesh/control-plane/interception/proxy-variables.js";
import { egressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { MeshOptions } from "./mesh-options.js";
import { metadataAddresses, type Plan } from "./plan.js";

type Variables = NonNullable<ContainerDefinition["environment"]>;

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

/** Names that an application in explicit interception is told by. */
export const explicitNames = (plan: Pick<Plan, "interception">): readonly string[] => [
  "HTTP_PROXY",
  "http_proxy",
  "APPMESH_ADMIN",
  "APPMESH_MESH",
  "APPMESH_VIRTUAL_NODE",
  ...(soleAppPort(plan) === undefined ? [] : ["PORT", "APPMESH_APP_PORT"]),
];

/** What the CLI's sidecar tells its command. */
function explicitVariables(
  { environment = [] }: ContainerDefinition,
  plan: Plan,
): { readonly environment?: Variables } {
  if (plan.interception?.mode !== "explicit") return {};
  const given = environment.find(({ name }) => name === "NO_PROXY" || name === "no_proxy")?.value;
  const port = soleAppPort(plan);
  const variables = {
    ...proxyVariables(`http://127.0.0.1:${egressPort}`, [...list(given), ...metadataAddresses]),
    ...(port === undefined ? {} : { PORT: String(port), APPMESH_APP_PORT: String(port) }),
    APPMESH_ADMIN: `http://127.0.0.1:${plan.envoy.adminPort}`,
    APPMESH_MESH: plan.mesh,
    APPMESH_VIRTUAL_NODE: plan.name,
  };
  return {
    environment: [
      ...environment.filter(({ name = "" }) => !Object.hasOwn(variables, name)),
      ...Object.entries(variables).map(([name, value]) => ({ name, value })),
    ],
  };
}

/** Where the application listens, if that is one port. */
function soleAppPort({ interception }: Pick<Plan, "interception">): number | undefined {
  const ports = [...new Set(Object.values(interception?.appPorts ?? {}))];
  return ports.length === 1 ? ports[0] : undefined;
}

const list = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split(","));
