import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../../server/values.js";
import { cidrViolations, clientViolations } from "../aws/client-rules.js";
import { violation } from "../check.js";

/** What is wrong with the settings of an ECS service that have the right shapes. */
export function* serviceRules(inputs: ObjectValue): Generator<Violation> {
  yield* clientViolations(inputs);
  yield* cidrViolations("egressCidrs", inputs.egressCidrs);
  yield* capacityViolations(inputs);
  yield* deploymentViolations(inputs);
  yield* launchViolations(inputs);
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
  const { minimumHealthyPercent = 100, maximumPercent = 200, circuitBreaker, rollback } = deployment;
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
  if (circuitBreaker === false && rollback === true) {
    yield violation(
      ["deployment", "rollback"],
      rollback,
      "true was given beside a circuitBreaker of false; only a deployment that is given up is rolled back. Leave one of both out.",
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
