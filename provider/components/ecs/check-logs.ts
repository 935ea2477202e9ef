import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Given, GivenContainer } from "./given.js";

const drivers = ["awslogs", "splunk", "awsfirelens"];
const ofAwslogs = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];

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
  if (logDriver !== "awslogs") return;
  const missing = ofAwslogs.filter(
    (option) => options?.[option] === undefined && !given.isOpen(...path, "options", option),
  );
  if (missing.length === 0) return;
  yield violation(
    [...path, "options"],
    options,
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing, required on Fargate. Give ` +
      `${missing.length === 1 ? "it" : "them"}${missing.includes("awslogs-stream-prefix") ? ", the prefix such as the name of the container" : ""}.`,
  );
}

/** A log router is there for the output of others, and as root. */
export function* routerViolations(given: Given): Generator<Violation> {
  const { containers, options } = given;
  const routers = [...containers.entries()].filter(
    ([, container]) => container?.firelensConfiguration !== undefined,
  );
  for (const [index, container] of routers) {
    const { user } = container ?? {};
    if (user === undefined || user.split(":")[0] === "0") continue;
    yield violation(
      ["containerDefinitions", index, "user"],
      user,
      `${JSON.stringify(user)} was given for a log router; ECS takes "0" alone. Leave it out.`,
    );
  }
  const open = given.isOpen("logConfiguration") || given.isOpen("containerDefinitions");
  if (open || given.isOpen("envoy") || given.isOpen("tracing")) return;
  const configurations = [
    ...containers.map((container, index) => ({
      path: ["containerDefinitions", index, "logConfiguration"],
      configuration: container?.logConfiguration,
    })),
    { path: ["logConfiguration"], configuration: options.logConfiguration },
    {
      path: ["envoy", "container", "logConfiguration"],
      configuration: options.envoy?.container?.logConfiguration,
    },
    {
      path: ["tracing", "container", "logConfiguration"],
      configuration: options.tracing?.container?.logConfiguration,
    },
  ].filter(({ configuration }) => configuration?.logDriver === "awsfirelens");
  const [first] = configurations;
  const [router] = routers;
  if (first !== undefined && router === undefined) {
    yield violation(
      [...first.path, "logDriver"],
      "awsfirelens",
      '"awsfirelens" was given, and no container has a firelensConfiguration; a log router is required, which takes the output. ' +
        "Add it, or give another driver.",
    );
  }
  if (router !== undefined && first === undefined) {
    yield violation(
      ["containerDefinitions", router[0], "firelensConfiguration"],
      router[1]?.firelensConfiguration,
      "it was given, and no container has the log driver awsfirelens; ECS takes no log router without output. Give a container " +
        "that driver, or all of them by logConfiguration.",
    );
  }
}
