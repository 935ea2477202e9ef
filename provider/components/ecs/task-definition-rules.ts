import type { Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { meshViolations } from "./check-mesh.js";

/** What makes a role that exists already another one than those that are made. */
const forMade = {
  executionRoleArn: ["executionRolePolicyArns", "executionRoleStatements", "secretKeyArns"],
  taskRoleArn: ["taskRolePolicyArns", "taskRoleStatements"],
  logGroupName: ["logRetentionInDays", "logKeyArn"],
  logConfiguration: ["logGroupName", "logRetentionInDays", "logKeyArn"],
} as const;

/** What is wrong with a `MeshTaskDefinition` whose inputs have the right shapes. */
export function* taskDefinitionRules(inputs: ObjectValue): Generator<Violation> {
  const { containerDefinitions, ...options } = inputs;
  yield* meshViolations(containerDefinitions, options, isUnknown);
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
