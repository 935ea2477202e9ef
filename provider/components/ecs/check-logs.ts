import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Given, GivenContainer } from "./given.js";

const drivers = ["awslogs", "splunk", "awsfirelens"];

/** What Fargate does not take of where output goes. */
export function* logViolations(
  { logDriver, options }: NonNullable<GivenContainer["logConfiguration"]> = {},
  path: Path,
  given: Given,
): Generator<Violation> {
  if (logDriver === undefined) return;
  if (!drivers.includes(logDriver)) {
    yield violation(
      [...path, "logDriver"],
      logDriver,
      `${JSON.stringify(logDriver)} was given; awslogs, splunk and awsfirelens are the drivers of Fargate. Give one of them.`,
    );
  }
  const prefix = "awslogs-stream-prefix";
  if (logDriver !== "awslogs" || options?.[prefix] !== undefined) return;
  if (given.isOpen(...path, "options", prefix)) return;
  yield violation(
    [...path, "options"],
    options,
    `${prefix} is missing; it is required on Fargate. Give it, such as the name of the container.`,
  );
}
