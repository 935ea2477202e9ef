import { checkSpec, type Path, type Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { Known } from "../known.js";
import { listenerPortsOf, lookIntoKnown } from "../mesh/lift.js";
import { nodeSpec } from "../mesh/node-spec.js";
import { specRules, workloadRules } from "./workload-rules.js";

/** What is wrong with a `MeshDeployment` whose inputs have the right shapes. */
export function* meshDeploymentRules(inputs: ObjectValue, name?: string): Generator<Violation> {
  const listeners = Array.isArray(inputs.listeners) ? inputs.listeners : [];
  const known = new Known(inputs);
  yield* workloadRules(known, name);
  yield* serviceViolations(inputs, listeners);
  const { serviceDiscovery = listeners.length > 0 ? { dns: { hostname: "service" } } : undefined } = inputs;
  const spec = {
    ...nodeSpec(inputs, undefined, lookIntoKnown),
    ...(serviceDiscovery !== undefined && { serviceDiscovery }),
  };
  for (const found of checkSpec("virtualNode", spec, { path: [], isUnknown }))
    yield { ...found, path: nodePlace(found.path) };
  const listenerPorts = listenerPortsOf(listeners, lookIntoKnown).map((port) =>
    isUnknown(port) ? undefined : port,
  );
  const { virtualNodeName: virtualNode = "node" } = known.value as ObjectValue;
  yield* specRules(known, { virtualNode, listenerPorts });
}

function* serviceViolations({ service }: ObjectValue, listeners: readonly unknown[]): Generator<Violation> {
  if (service === undefined) return;
  if (listeners.length === 0) {
    yield violation(
      ["service"],
      service,
      "it was given without listeners; nobody calls what does not listen. Give listeners, or leave it out.",
    );
  }
  const spec = isObject(service) && isObject(service.spec) ? service.spec : {};
  for (const member of ["type", "clusterIP"]) {
    if (spec[member] === undefined) continue;
    yield violation(
      ["service", "spec", member],
      spec[member],
      "the Service is headless, since Envoys look for each pod. Leave it out; callers without Envoy get a Service of their " +
        "own, which selects podLabels.",
    );
  }
}

/** Where a part of the virtual node's spec comes from. */
function nodePlace(path: Path): Path {
  const [member, index] = path;
  return member === "backends" && typeof index === "number" ? [member, index] : path;
}
