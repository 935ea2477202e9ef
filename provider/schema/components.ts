import { resourceName, string } from "@pulumi-appmesh/model";
import { GatewayServiceRoute, gatewayInputs, ROUTES_DOC } from "../components/mesh/gateway-args.js";
import { MeshServiceVersion, meshServiceInputs, VERSIONS_DOC } from "../components/mesh/mesh-service-args.js";
import { TAGS_DOC } from "../resources/types.js";
import { exampleOf } from "./examples.js";
import type { PropertySpec, ResourceSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** The components, by token. */
export function components(types: Types): Record<string, ResourceSpec> {
  return { "appmesh:index:MeshService": meshService(types), "appmesh:index:Gateway": gateway(types) };
}

const componentTags: PropertySpec = {
  type: "object",
  additionalProperties: { type: "string" },
  description: `${TAGS_DOC} They go to everything that the component makes.`,
};

function gateway(types: Types): ResourceSpec {
  const routes: PropertySpec = {
    type: "object",
    // Plain: how many gateway routes there are must be known before anything is made.
    additionalProperties: { ...types.of(GatewayServiceRoute), plain: true },
    plain: true,
    description: ROUTES_DOC,
  };
  return {
    description: `A way into a mesh, whole: a virtual gateway and the gateway routes that lead from it to virtual services.\n\n${exampleOf("Gateway")}`,
    isComponent: true,
    inputProperties: { ...types.properties(gatewayInputs), routes, tags: componentTags },
    requiredInputs: requiredOf(gatewayInputs).required ?? [],
    properties: {
      virtualGatewayName: {
        ...types.of(resourceName),
        description: "Name of the virtual gateway. Its proxies are started with it.",
      },
      gatewayRouteNames: {
        type: "object",
        additionalProperties: { type: "string" },
        description: "Names of the gateway routes, by route.",
      },
    },
    required: ["virtualGatewayName", "gatewayRouteNames"],
  };
}

function meshService(types: Types): ResourceSpec {
  const versions: PropertySpec = {
    type: "object",
    // Plain: how many virtual nodes there are must be known before anything is made.
    additionalProperties: { ...types.of(MeshServiceVersion), plain: true },
    plain: true,
    description: VERSIONS_DOC,
  };
  return {
    description:
      "A service of a mesh, whole: a virtual service, the virtual router behind it, a virtual node for each version and a " +
      `route that shares out the traffic among the versions by weight. Canary and blue/green are a change of one number.\n\n${exampleOf("MeshService")}`,
    isComponent: true,
    inputProperties: { ...types.properties(meshServiceInputs), versions, tags: componentTags },
    requiredInputs: [...(requiredOf(meshServiceInputs).required ?? []), "versions"],
    properties: {
      virtualServiceName: { ...types.of(string()), description: "Name of the virtual service." },
      virtualRouterName: { ...types.of(resourceName), description: "Name of the virtual router." },
      routeName: { ...types.of(resourceName), description: "Name of the route." },
      virtualNodeNames: {
        type: "object",
        additionalProperties: { type: "string" },
        description: "Names of the virtual nodes, by version. A proxy is started with one of them.",
      },
    },
    required: ["virtualServiceName", "virtualRouterName", "routeName", "virtualNodeNames"],
  };
}
