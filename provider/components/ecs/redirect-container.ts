import { redirectionScript } from "@pulumi-appmesh/control-plane/interception/apply.js";
import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import { envoyUser } from "../sidecar/defaults.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Plan } from "./plan.js";
import { reserves } from "./reserves.js";

/** Redirects traffic to Envoy before anything else runs, as pods have it: on instances, which grant NET_ADMIN. */
export function redirectContainer(plan: Plan, name: string): ContainerDefinition | undefined {
  const { interception, listenerPorts } = plan;
  if (interception?.mode !== "initContainer" || interception.image === undefined) return undefined;
  return {
    name,
    image: interception.image,
    essential: false,
    user: "0",
    ...reserves.redirect,
    entryPoint: ["sh", "-c"],
    command: [
      redirectionScript({
        ignoredUid: envoyUser,
        ingressPort,
        egressPort,
        appPorts: listenerPorts,
        egressIgnoredIps: interception.egressIgnoredIps,
        // As ECS itself does.
        egressIgnoredPorts: [...new Set([22, ...interception.egressIgnoredPorts])],
        ipv6: false,
      }),
    ],
    linuxParameters: { capabilities: { add: ["NET_ADMIN"] } },
  };
}
