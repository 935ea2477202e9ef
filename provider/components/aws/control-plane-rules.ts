import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { fargateCpus, fargateMemory, isFargateSize } from "../ecs/fargate-size.js";
import { imageViolations } from "../image.js";
import { limitViolations } from "../limits.js";
import { authorityViolations } from "./authority-rules.js";
import { clientViolations } from "./client-rules.js";
import { ports } from "./serve-arguments.js";

/** What a replica has where its size is not given. */
export const replicaSize = { cpu: 512, memory: 1024 } as const;

/** What is wrong with a `ControlPlane` whose inputs have the right shapes. */
export function* controlPlaneRules(inputs: ObjectValue): Generator<Violation> {
  const { image, cloudMap, loadBalancer, tableName, deletionProtection } = inputs;
  if (typeof image === "string") yield* imageViolations(["image"], image);
  if (cloudMap === undefined && loadBalancer === undefined) {
    yield violation(
      ["cloudMap"],
      undefined,
      "neither cloudMap nor loadBalancer was given; one of them is required, so that clients find the control plane.",
    );
  }
  if (cloudMap !== undefined && loadBalancer !== undefined) {
    yield violation(
      ["loadBalancer"],
      loadBalancer,
      "it was given beside cloudMap; clients find the control plane by one of them. Leave one of both out.",
    );
  }
  if (tableName !== undefined && deletionProtection !== undefined) {
    yield violation(
      ["deletionProtection"],
      deletionProtection,
      "it was given beside tableName; it is for the table that is made where that is not given. Leave one of both out.",
    );
  }
  yield* replicaViolations(inputs);
  yield* authorityViolations(inputs.authorities);
  yield* sizeViolations(inputs);
  yield* clientViolations(inputs);
  yield* limitViolations(inputs);
}

/** What a replica has for itself. */
function* replicaViolations({ trustedNetworkPort, environment }: ObjectValue): Generator<Violation> {
  const taken = Object.entries(ports).find(([, port]) => port === trustedNetworkPort);
  if (taken !== undefined) {
    yield violation(
      ["trustedNetworkPort"],
      trustedNetworkPort,
      `${taken[1]} was given, the port of ${taken[0]}; any but ${Object.values(ports).join(", ")} is allowed.`,
    );
  }
  for (const name of ["APPMESH_ACCESS_KEY_ID", "APPMESH_SECRET_ACCESS_KEY"]) {
    if (!isObject(environment) || environment[name] === undefined) continue;
    yield violation(
      ["environment", name],
      environment[name],
      "it was given; replicas take the first access key from accessKeySecretArn. Give that, or leave it out.",
    );
  }
}

function* sizeViolations({
  cpu = replicaSize.cpu,
  memory = replicaSize.memory,
}: ObjectValue): Generator<Violation> {
  if (typeof cpu !== "number") return;
  const memories = fargateMemory(cpu);
  if (memories === undefined) {
    yield violation(["cpu"], cpu, `${cpu} was given; Fargate offers ${fargateCpus.join(", ")} CPU units.`);
  } else if (typeof memory === "number" && !isFargateSize({ cpu, memory })) {
    yield violation(
      ["memory"],
      memory,
      `${memory} was given; with ${cpu} CPU units, Fargate offers ${memories}.`,
    );
  }
}
