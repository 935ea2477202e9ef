import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Given } from "./given.js";
import { namesOf } from "./plan.js";

/** Where a container says what it waits for. */
export interface Waiting {
  readonly name: string | undefined;
  readonly path: Path;
  readonly dependsOn:
    | readonly (
        | { readonly containerName?: string | undefined; readonly condition?: string | undefined }
        | undefined
      )[]
    | undefined;
}

/** What can be waited for of a container; undefined where that is not known. */
interface Target {
  readonly ends: boolean | undefined;
  readonly checked: boolean | undefined;
}

/** Conditions that ECS takes of no such container, or that never come true. */
export function* conditionViolations(given: Given, waiting: readonly Waiting[]): Generator<Violation> {
  const targets = targetsOf(given);
  for (const { path, dependsOn = [] } of waiting) {
    for (const [at, { containerName = "", condition } = {}] of dependsOn.entries()) {
      const target = targets.get(containerName);
      const place = [...path, at, "condition"];
      const said = `${JSON.stringify(condition)} was given of ${JSON.stringify(containerName)}`;
      if (condition === "HEALTHY" && target?.checked === false) {
        yield violation(
          place,
          condition,
          `${said}, which has no healthCheck; ECS does not look at that of an image. Give the container a healthCheck, or wait ` +
            "for START.",
        );
      }
      if ((condition === "SUCCESS" || condition === "COMPLETE") && target?.ends === false) {
        yield violation(
          place,
          condition,
          `${said}, which is essential: the task ends with it. START and HEALTHY are allowed; or let its essential be false.`,
        );
      }
    }
  }
}

function targetsOf(given: Given): ReadonlyMap<string, Target> {
  const { containers, options } = given;
  const own = containers.flatMap((container, index): [string, Target][] => {
    if (container?.name === undefined) return [];
    const isOpen = (member: string) => given.isOpen("containerDefinitions", index, member);
    return [
      [
        container.name,
        {
          ends: isOpen("essential") ? undefined : container.essential === false,
          checked: isOpen("healthCheck") ? undefined : container.healthCheck !== undefined,
        },
      ],
    ];
  });
  const { envoy, tracer } = namesOf(options);
  return new Map<string, Target>([
    ...own,
    [
      envoy,
      {
        ends: given.isOpen("envoy") ? undefined : options.envoy?.container?.essential === false,
        checked: true,
      },
    ],
    ...(tracer === undefined
      ? []
      : [[tracer, { ends: true, checked: tracerIsChecked(given) }] as [string, Target]]),
  ]);
}

/** Only AWS's own collector has a program for it. */
function tracerIsChecked(given: Given): boolean | undefined {
  const { tracing } = given.options;
  if (given.isOpen("tracing")) return undefined;
  if (tracing?.container?.healthCheck !== undefined) return true;
  if (given.tracer !== "otel") return false;
  return tracing?.image === undefined || tracing.image.includes("aws-otel-collector");
}
