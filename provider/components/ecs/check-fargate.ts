import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { logViolations } from "./check-logs.js";
import type { Given, GivenContainer } from "./given.js";

/** What Fargate has not for containers. */
export function* fargateViolations(
  container: GivenContainer,
  path: Path,
  given: Given,
): Generator<Violation> {
  const { privileged, linuxParameters = {}, dockerSecurityOptions, resourceRequirements } = container;
  if (privileged === true) {
    yield violation(
      [...path, "privileged"],
      true,
      "true was given; Fargate has no privileged containers. Leave it out.",
    );
  }
  for (const [index, capability] of (linuxParameters.capabilities?.add ?? []).entries()) {
    if (capability === undefined || capability === "SYS_PTRACE") continue;
    yield violation(
      [...path, "linuxParameters", "capabilities", "add", index],
      capability,
      `${JSON.stringify(capability)} was given; "SYS_PTRACE" is all that Fargate grants. Leave it out, or run the task on EC2.`,
    );
  }
  const { devices, sharedMemorySize, maxSwap, swappiness } = linuxParameters;
  for (const [members, value] of [
    ...Object.entries({ devices, sharedMemorySize, maxSwap, swappiness }).map(
      ([member, value]) => [["linuxParameters", member], value] as const,
    ),
    [["dockerSecurityOptions"], dockerSecurityOptions] as const,
    [["resourceRequirements"], resourceRequirements] as const,
  ]) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    yield violation(
      [...path, ...members],
      value,
      "it was given; containers on Fargate have none. Leave it out, or run the task on EC2.",
    );
  }
  yield* logViolations(container.logConfiguration, [...path, "logConfiguration"], given);
  for (const member of ["startTimeout", "stopTimeout"] as const) {
    const seconds = container[member];
    if (seconds === undefined || (seconds >= 2 && seconds <= 120)) continue;
    yield violation(
      [...path, member],
      seconds,
      `${seconds} was given; 2 to 120 seconds are allowed on Fargate. ${seconds > 120 ? "Lower" : "Raise"} it.`,
    );
  }
  if (container.firelensConfiguration?.options?.["config-file-type"] === "s3") {
    yield violation(
      [...path, "firelensConfiguration", "options", "config-file-type"],
      "s3",
      '"s3" was given; "file" is allowed on Fargate: a configuration in the image of the log router.',
    );
  }
}
