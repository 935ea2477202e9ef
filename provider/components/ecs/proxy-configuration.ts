import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import { envoyUser } from "../sidecar/defaults.js";
import type { Plan } from "./plan.js";

/** How ECS redirects the traffic of a task to Envoy. */
export interface ProxyConfiguration {
  readonly type: "APPMESH";
  readonly containerName: string;
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

/** undefined where ECS redirects nothing. */
export function proxyConfiguration(plan: Plan): ProxyConfiguration | undefined {
  const { interception, listenerPorts, envoy } = plan;
  if (interception?.mode !== "proxyConfiguration") return undefined;
  const properties = {
    IgnoredUID: String(envoyUser),
    ProxyIngressPort: String(ingressPort),
    ProxyEgressPort: String(egressPort),
    // Neither may be missing beside the other. Where nothing is to come in, it is a port on which nobody is asked.
    AppPorts: (listenerPorts.length > 0 ? listenerPorts : [ingressPort]).join(","),
    EgressIgnoredIPs: interception.egressIgnoredIps.join(","),
    EgressIgnoredPorts: interception.egressIgnoredPorts.join(","),
  };
  return {
    type: "APPMESH",
    containerName: envoy.container,
    // What is empty is left out, as in App Mesh's own examples.
    properties: Object.entries(properties).flatMap(([name, value]) =>
      value === "" ? [] : [{ name, value }],
    ),
  };
}
