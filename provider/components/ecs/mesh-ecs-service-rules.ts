import { checkSpec, type Path, type Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { membersOf } from "../given.js";
import { listenerPortsOf, lookIntoKnown } from "../mesh/lift.js";
import { nodeSpec } from "../mesh/node-spec.js";
import { taskMembers } from "./mesh-members.js";
import { serviceRules } from "./service-rules.js";
import { targetGroupViolations } from "./target-group-rules.js";
import { taskDefinitionRules } from "./task-definition-rules.js";

/** What is wrong with a `MeshEcsService` whose inputs have the right shapes. */
export function* meshEcsServiceRules(inputs: ObjectValue, name?: string): Generator<Violation> {
  const { listeners = [], cloudMap } = inputs;
  const listening = Array.isArray(listeners) ? listeners : [];
  yield* foundViolations(inputs, listening);
  const awsCloudMap = isObject(cloudMap)
    ? { namespaceName: cloudMap.namespaceName, serviceName: cloudMap.serviceName ?? "service" }
    : listening.length > 0
      ? { namespaceName: "missing", serviceName: "missing" }
      : undefined;
  if (isObject(cloudMap) && cloudMap.serviceArn !== undefined && cloudMap.serviceName === undefined) {
    yield violation(
      ["cloudMap", "serviceName"],
      undefined,
      "nothing was given; it is required beside serviceArn: the name of that service of Cloud Map, by which the control plane " +
        "looks for the tasks. Give it.",
    );
  }
  const spec = nodeSpec(inputs, awsCloudMap, lookIntoKnown);
  for (const found of checkSpec("virtualNode", spec, { path: [], isUnknown }))
    yield { ...found, path: nodePlace(found.path) };
  const task = {
    ...membersOf(taskMembers, inputs),
    virtualNode: inputs.virtualNodeName ?? "node",
    listenerPorts: listenerPortsOf(listening, lookIntoKnown),
  } as ObjectValue;
  for (const found of taskDefinitionRules(task, name)) yield { ...found, path: taskPlace(found.path) };
  yield* serviceRules(inputs);
  yield* targetGroupViolations(inputs);
}

function* foundViolations(inputs: ObjectValue, listeners: readonly unknown[]): Generator<Violation> {
  const { cloudMap } = inputs;
  if (listeners.length > 0 && cloudMap === undefined) {
    yield violation(
      ["cloudMap"],
      undefined,
      "nothing was given; it is required with listeners, so that callers find the tasks. Give it, or leave out listeners.",
    );
  }
  if (listeners.length > 0) return;
  const ofCallers = inputs.loadBalancers === undefined ? ["clientSecurityGroupIds", "clientCidrs"] : [];
  for (const input of ["cloudMap", ...ofCallers]) {
    if (inputs[input] === undefined) continue;
    yield violation(
      [input],
      inputs[input],
      "it was given without listeners; nobody calls what does not listen. Give listeners, or leave it out.",
    );
  }
}

/** Where a part of the virtual node's spec comes from. */
function nodePlace(path: Path): Path {
  const [member, index, ...rest] = path;
  if (member === "serviceDiscovery") return ["cloudMap", ...rest];
  if (member === "backends" && typeof index === "number") return [member, index];
  return path;
}

/** Where a part of the task comes from that the service says in other words. */
export function taskPlace(path: Path): Path {
  const [member, index] = path;
  if (member === "virtualNode") return ["virtualNodeName"];
  if (member === "virtualGateway") return ["virtualGatewayName"];
  if (member !== "listenerPorts") return path;
  return typeof index === "number" ? ["listeners", index, "portMapping", "port"] : ["listeners"];
}
