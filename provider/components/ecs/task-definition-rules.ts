import { type Violation, validate } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import type { Partly } from "../partly.js";
import { meshViolations } from "./check-mesh.js";
import { ecsName } from "./container-definition.js";
import { withFileSystems } from "./file-systems.js";
import type { MeshOptions } from "./mesh-options.js";
import { volumeViolations } from "./task-volume-rules.js";

/** What makes a role that exists already another one than those that are made. */
const forMade = {
  executionRoleArn: ["executionRolePolicyArns", "executionRoleStatements", "secretKeyArns"],
  taskRoleArn: ["taskRolePolicyArns", "taskRoleStatements"],
  logGroupName: ["logRetentionInDays", "logKeyArn"],
  logConfiguration: ["logGroupName", "logRetentionInDays", "logKeyArn"],
} as const;

/** What is wrong with a `MeshTaskDefinition` whose inputs have the right shapes. */
export function* taskDefinitionRules(inputs: ObjectValue, name?: string): Generator<Violation> {
  const { containerDefinitions, ...options } = inputs;
  yield* meshViolations(containerDefinitions, withKnownFileSystems(options), isUnknown);
  yield* volumeViolations(inputs);
  if (inputs.family === undefined && name !== undefined && validate(ecsName, name).length > 0) {
    yield violation(
      ["family"],
      undefined,
      `nothing was given, and ${JSON.stringify(name)}, the name of the component, cannot be that of a family, which is 1 to 255 ` +
        "letters, digits, hyphens and underscores. Give it.",
    );
  }
  for (const [existing, members] of Object.entries(forMade)) {
    if (inputs[existing] === undefined) continue;
    for (const member of members) {
      if (inputs[member] === undefined) continue;
      yield violation(
        [member],
        inputs[member],
        `it was given beside ${existing}; it is for what is made where that is not given. Leave one of both out.`,
      );
    }
  }
  yield* placeViolations(inputs);
  const platform = inputs.runtimePlatform;
  const system = isObject(platform) ? platform.operatingSystemFamily : undefined;
  if (typeof system === "string" && system !== "LINUX") {
    yield violation(
      ["runtimePlatform", "operatingSystemFamily"],
      system,
      `${JSON.stringify(system)} was given; "LINUX" is allowed: Envoy's images are for Linux. Leave it out.`,
    );
  }
}

/** As the task gets them, as far as they are known. */
function withKnownFileSystems(options: ObjectValue): ObjectValue {
  const { interception = {}, volumes = [] } = options;
  if (!isObject(interception) || !Array.isArray(volumes)) return options;
  if (!Array.isArray(interception.egressIgnoredPorts ?? [])) return options;
  return withFileSystems(options as Partly<MeshOptions>, volumes.filter(isObject)) as ObjectValue;
}

/** What only tasks on Fargate have, and what only others. */
function* placeViolations(inputs: ObjectValue): Generator<Violation> {
  const { requiresCompatibilities = ["FARGATE"], pidMode } = inputs;
  if (!Array.isArray(requiresCompatibilities) || requiresCompatibilities.some(isUnknown)) return;
  const names = requiresCompatibilities.join(", ");
  if (requiresCompatibilities.includes("FARGATE")) {
    const elsewhere = { placementConstraints: true, ipcMode: true, pidMode: pidMode === "host" };
    for (const [member, wrong] of Object.entries(elsewhere)) {
      if (inputs[member] === undefined || !wrong) continue;
      yield violation(
        [member],
        inputs[member],
        `${member === "pidMode" ? '"host"' : "it"} was given for ${names}; only tasks on instances have it. Leave it out, or let ` +
          'requiresCompatibilities be ["EC2"].',
      );
    }
  } else if (inputs.ephemeralStorage !== undefined) {
    yield violation(
      ["ephemeralStorage"],
      inputs.ephemeralStorage,
      `it was given for ${names}; only tasks on Fargate have it. Leave it out: elsewhere it is the instance's.`,
    );
  }
}
