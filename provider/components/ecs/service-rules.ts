import type { Violation } from "@pulumi-appmesh/model";
import { isObject, isUnknown, type ObjectValue } from "../../server/values.js";
import { cidrViolations, clientViolations, twiceViolations } from "../aws/client-rules.js";
import { violation } from "../check.js";

/** What is wrong with the settings of an ECS service that have the right shapes. */
export function* serviceRules(inputs: ObjectValue): Generator<Violation> {
  yield* clientViolations(inputs);
  yield* cidrViolations("egressCidrs", inputs.egressCidrs);
  yield* twiceViolations("egressCidrs", inputs.egressCidrs);
  yield* capacityViolations(inputs);
  yield* deploymentViolations(inputs);
  yield* launchViolations(inputs);
  yield* providerViolations(inputs);
  yield* launchVolumeViolations(inputs);
}

function* launchVolumeViolations({ volumes }: ObjectValue): Generator<Violation> {
  for (const [index, volume] of Array.isArray(volumes) ? volumes.entries() : []) {
    if (!isObject(volume) || volume.configureAtLaunch !== true) continue;
    yield violation(
      ["volumes", index, "configureAtLaunch"],
      true,
      "true was given; the service that is made says nothing of volumes. For one that does, give it to a MeshTaskDefinition, whose " +
        "taskDefinitionArn an aws.ecs.Service takes.",
    );
  }
}

function* capacityViolations({ autoscaling, desiredCount }: ObjectValue): Generator<Violation> {
  if (!isObject(autoscaling)) return;
  const { minCapacity, maxCapacity, cpuPercent, memoryPercent } = autoscaling;
  if (cpuPercent === undefined && memoryPercent === undefined) {
    yield violation(
      ["autoscaling"],
      autoscaling,
      "neither cpuPercent nor memoryPercent was given; at least one of them is required, by which the number of tasks is found. " +
        "For a number that stays, give desiredCount instead of autoscaling.",
    );
  }
  if (typeof minCapacity !== "number" || typeof maxCapacity !== "number") return;
  if (minCapacity > maxCapacity) {
    yield violation(
      ["autoscaling", "minCapacity"],
      minCapacity,
      `${minCapacity} was given; at most maxCapacity, ${maxCapacity}, is allowed. Lower it, or raise maxCapacity.`,
    );
  } else if (typeof desiredCount === "number" && (desiredCount < minCapacity || desiredCount > maxCapacity)) {
    yield violation(
      ["desiredCount"],
      desiredCount,
      `${desiredCount} was given; ${minCapacity} to ${maxCapacity} is allowed, as autoscaling says. Leave it out to begin with ${minCapacity}.`,
    );
  }
}

function* deploymentViolations({ deployment }: ObjectValue): Generator<Violation> {
  if (!isObject(deployment)) return;
  const {
    minimumHealthyPercent = 100,
    maximumPercent = 200,
    circuitBreaker,
    rollback,
    alarmNames,
  } = deployment;
  if (
    typeof minimumHealthyPercent === "number" &&
    typeof maximumPercent === "number" &&
    maximumPercent <= minimumHealthyPercent
  ) {
    yield violation(
      ["deployment", "maximumPercent"],
      maximumPercent,
      `${maximumPercent} was given; more than minimumHealthyPercent, ${minimumHealthyPercent}, is allowed: otherwise no task ` +
        "may be added and none taken away. Raise it, or lower minimumHealthyPercent.",
    );
  }
  if (circuitBreaker === false && rollback === true && alarmNames === undefined) {
    yield violation(
      ["deployment", "rollback"],
      rollback,
      "true was given beside a circuitBreaker of false; only a deployment that is given up is rolled back. Leave one of both out, or give alarmNames.",
    );
  }
}

function* launchViolations({
  launchType,
  capacityProviders,
  requiresCompatibilities = ["FARGATE"],
  assignPublicIp,
  platformVersion,
}: ObjectValue): Generator<Violation> {
  if (launchType !== undefined && capacityProviders !== undefined) {
    yield violation(
      ["launchType"],
      launchType,
      "it was given beside capacityProviders; one of them is allowed: either says on what the tasks run. Leave one of both out.",
    );
    return;
  }
  if (!Array.isArray(requiresCompatibilities)) return;
  const known = requiresCompatibilities.every((each) => typeof each === "string");
  const names = requiresCompatibilities.join(", ");
  if (known && typeof launchType === "string" && !requiresCompatibilities.includes(launchType)) {
    yield violation(
      ["launchType"],
      launchType,
      `${JSON.stringify(launchType)} was given; the task is made for ${names}. Name it in requiresCompatibilities, too.`,
    );
  }
  if (
    known &&
    launchType === undefined &&
    capacityProviders === undefined &&
    !requiresCompatibilities.some((each) => each === "FARGATE" || each === "EC2")
  ) {
    yield violation(
      ["capacityProviders"],
      undefined,
      `nothing was given; it is required for ${names}: the capacity provider of the cluster on whose instances the tasks run.`,
    );
    return;
  }
  const instances =
    launchType === "EC2" ||
    (launchType === undefined && known && !requiresCompatibilities.includes("FARGATE"));
  if (!instances || capacityProviders !== undefined) return;
  if (assignPublicIp === true) {
    yield violation(
      ["assignPublicIp"],
      true,
      "true was given; only tasks on Fargate have public addresses. Leave it out, and give subnets with a NAT gateway.",
    );
  }
  if (platformVersion !== undefined) {
    yield violation(
      ["platformVersion"],
      platformVersion,
      "it was given for tasks on instances; only Fargate has platform versions. Leave it out.",
    );
  }
}

const ofFargate = ["FARGATE", "FARGATE_SPOT"];

/** What ECS does not take of a capacity provider strategy. */
function* providerViolations({
  capacityProviders,
  requiresCompatibilities = ["FARGATE"],
}: ObjectValue): Generator<Violation> {
  if (!Array.isArray(capacityProviders) || !capacityProviders.every(isObject)) return;
  const path = ["capacityProviders"];
  if (capacityProviders.every(({ weight = 0 }) => weight === 0)) {
    yield violation(
      [...path, 0, "weight"],
      capacityProviders[0]?.weight,
      "no capacity provider has a weight of 1 or more; at least one is required, or no task has a place. Give it.",
    );
  }
  const based = capacityProviders.flatMap(({ base = 0 }, index) =>
    base === 0 || isUnknown(base) ? [] : [index],
  );
  if (based.length > 1) {
    yield violation(
      [...path, based[1] ?? 0, "base"],
      capacityProviders[based[1] ?? 0]?.base,
      `it was given beside that of capacityProviders[${based[0]}]; one of them may have a base. Leave one of both out.`,
    );
  }
  const names = capacityProviders.map(({ capacityProvider }) => capacityProvider);
  if (names.some(isUnknown)) return;
  const fargate = names.findIndex((name) => ofFargate.includes(String(name)));
  const other = names.findIndex((name) => !ofFargate.includes(String(name)));
  if (fargate >= 0 && other >= 0) {
    yield violation(
      [...path, other, "capacityProvider"],
      names[other],
      `${JSON.stringify(names[other])} was given beside ${JSON.stringify(names[fargate])}; a service is on Fargate or on instances. ` +
        "Make a service for each.",
    );
  } else if (fargate >= 0 && Array.isArray(requiresCompatibilities)) {
    if (requiresCompatibilities.some((each) => isUnknown(each) || each === "FARGATE")) return;
    yield violation(
      [...path, fargate, "capacityProvider"],
      names[fargate],
      `${JSON.stringify(names[fargate])} was given; the task is made for ${requiresCompatibilities.join(", ")}. Name "FARGATE" in ` +
        "requiresCompatibilities, too.",
    );
  }
}
