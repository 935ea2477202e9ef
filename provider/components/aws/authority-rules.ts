import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue, type Value } from "../../server/values.js";
import { violation } from "../check.js";

/** What a control plane signs with in AWS, by what it signs. */
const places = {
  proxies: ["secretsmanager:secret", "kms:key"],
  workloads: ["secretsmanager:secret", "kms:key", "acm-pca:certificate-authority"],
} as const;

/** What is wrong with the ARNs of `authorities`. */
export function* authorityViolations(authorities: Value | undefined): Generator<Violation> {
  const given: ObjectValue = authorities !== undefined && isObject(authorities) ? authorities : {};
  for (const [purpose, kinds] of Object.entries(places)) {
    const arn = given[purpose];
    if (typeof arn !== "string") continue;
    const [, , service = "", , , resource = ""] = arn.split(":");
    const kind = `${service}:${resource.split("/")[0]}`;
    if (!kinds.some((known) => known === kind)) {
      yield violation(
        ["authorities", purpose],
        arn,
        `${arn} was given; an authority of ${purpose} is an ARN of ${kinds.map((known) => `arn:aws:${known.replace(":", ":…:")}…`).join(", ")}.`,
      );
    }
  }
  for (const suffix of ["", "SecretName"]) {
    const [proxies, workloads] = [given[`proxies${suffix}`], given[`workloads${suffix}`]];
    if (typeof workloads !== "string" || proxies !== workloads) continue;
    yield violation(
      ["authorities", `workloads${suffix}`],
      workloads,
      `${workloads} was given for proxies, too; what one of them signs must be nothing to those who ask for the other. Give it one of its own.`,
    );
  }
}
