import type { Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue, type Value } from "../../server/values.js";
import { violation } from "../check.js";
import { Known } from "../known.js";
import { listenerPortsOf, lookIntoKnown } from "../mesh/lift.js";
import { defaultEnvoyName } from "../sidecar/defaults.js";
import type { ContainerDefinition } from "./container-definition.js";
import { containerOf } from "./target-groups.js";

/** What ECS does not take of the load balancers before a service. */
export function* targetGroupViolations(inputs: ObjectValue): Generator<Violation> {
  const { loadBalancers, containerDefinitions = [], listeners, envoy, interception } = inputs;
  if (!Array.isArray(loadBalancers)) return;
  const known = new Known(containerDefinitions);
  const containers = {
    containerDefinitions: ((known.value ?? []) as readonly (ContainerDefinition | undefined)[]).map(
      (each) => each ?? {},
    ),
    envoyName: member(envoy, "name", defaultEnvoyName),
    envoyPorts:
      member(interception, "mode", "proxyConfiguration") === "explicit" && Array.isArray(listeners)
        ? listenerPortsOf(listeners, lookIntoKnown).filter((port) => typeof port === "number")
        : [],
  };
  const decided = [envoy, interception, listeners].every((each) => new Known(each).isOpen([]) === false);
  for (const [index, loadBalancer] of loadBalancers.entries()) {
    if (!isObject(loadBalancer)) continue;
    const { containerPort, containerName } = loadBalancer;
    const path = ["loadBalancers", index];
    if (isUnknown(containerPort)) {
      yield violation(
        [...path, "containerPort"],
        containerPort,
        "a value that is not known yet was given; a port is required, which must be known before anything is made.",
      );
      continue;
    }
    const first = loadBalancers.findIndex(
      (other) => isObject(other) && other.targetGroupArn === loadBalancer.targetGroupArn,
    );
    if (first < index && !isUnknown(loadBalancer.targetGroupArn)) {
      yield violation(
        [...path, "targetGroupArn"],
        loadBalancer.targetGroupArn,
        `it was given, that of loadBalancers[${first}]; a target group is registered once. Leave one of both out.`,
      );
    }
    if (known.isOpen([]) || !decided || isUnknown(containerName)) continue;
    yield* containerViolations(loadBalancer, path, containers);
  }
}

function* containerViolations(
  loadBalancer: ObjectValue,
  path: readonly (string | number)[],
  containers: Parameters<typeof containerOf>[1],
): Generator<Violation> {
  const { containerPort } = loadBalancer as { readonly containerPort: number };
  const name = containerOf(loadBalancer as never, containers);
  const { containerDefinitions = [], envoyName, envoyPorts } = containers;
  const ports = containerDefinitions.flatMap(({ name: of = "", portMappings = [] }) =>
    portMappings.flatMap((mapping) =>
      mapping.containerPort === undefined ? [] : [{ of, port: mapping.containerPort }],
    ),
  );
  const all = [...ports, ...envoyPorts.map((port) => ({ of: envoyName, port }))];
  if (all.some(({ of, port }) => of === name && port === containerPort)) return;
  yield violation(
    [...path, "containerPort"],
    containerPort,
    `${containerPort} was given, which is no port of ${name === undefined ? "a container" : JSON.stringify(name)}; there are ` +
      `${all.map(({ of, port }) => `${port} of ${of}`).join(", ") || "none"}. Add it to portMappings, or give one of them.`,
  );
}

const member = (value: Value | undefined, name: string, otherwise: string): string =>
  isObject(value) && typeof value[name] === "string" ? value[name] : otherwise;
