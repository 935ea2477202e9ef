import type { ContainerDefinition } from "./container-definition.js";

/** A statement of an IAM policy. */
export interface Statement {
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

const allow = (Action: readonly string[], resources: Iterable<string>): readonly Statement[] => {
  const Resource = [...new Set(resources)].sort();
  return Resource.length === 0 ? [] : [{ Effect: "Allow", Action, Resource }];
};

/** What ECS must be allowed to start a task: what its containers name, and nothing else. */
export function executionStatements(
  containers: readonly ContainerDefinition[],
  region: string,
  secretKeyArns: readonly string[] = [],
): readonly Statement[] {
  const at = (service: string, rest: string) => `arn:${partitionOf(region)}:${service}:${region}:*:${rest}`;
  const names = containers.flatMap(secretNames);
  const secrets = names.flatMap((name) => {
    const [, , service, , , kind, secret] = name.split(":");
    return service === "secretsmanager" && kind === "secret" && secret !== undefined
      ? [exactSecret(name.split(":").slice(0, 7).join(":"))]
      : [];
  });
  const parameters = names
    .filter((name) => !name.startsWith("arn:") || name.split(":")[2] === "ssm")
    .map((name) => (name.startsWith("arn:") ? name : at("ssm", `parameter/${name.replace(/^\//, "")}`)));
  const files = containers.flatMap(({ environmentFiles = [] }) => environmentFiles.map(({ value }) => value));
  const groups = containers.flatMap(({ logConfiguration }) => {
    const { "awslogs-group": group, "awslogs-region": where = region } = logConfiguration?.options ?? {};
    return logConfiguration?.logDriver === "awslogs" && group !== undefined
      ? [
          {
            arn: `arn:${partitionOf(where)}:logs:${where}:*:log-group:${group}`,
            logs: logConfiguration.options,
          },
        ]
      : [];
  });
  const repositories = containers.flatMap(({ image = "" }) => repositoryOf(image));
  return [
    // It opens the door of the registry; the next statement says to which rooms.
    { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
    ...allow(
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      repositories,
    ),
    ...allow(
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      groups.map(({ arn }) => `${arn}:*`),
    ),
    ...allow(
      ["logs:CreateLogGroup"],
      groups.flatMap(({ arn, logs }) => (logs?.["awslogs-create-group"] === "true" ? [arn, `${arn}:*`] : [])),
    ),
    ...allow(["secretsmanager:GetSecretValue"], secrets),
    ...allow(["ssm:GetParameters"], parameters),
    ...allow(["kms:Decrypt"], secretKeyArns),
    ...allow(["s3:GetObject"], files),
    ...allow(
      ["s3:GetBucketLocation"],
      files.map((file) => file.split("/")[0] ?? file),
    ),
  ];
}

/** Secrets Manager ends the ARN of each secret with six characters of its own, which a task definition may leave out. */
const exactSecret = (arn: string): string => (/-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`);

function secretNames(container: ContainerDefinition): readonly string[] {
  const { secrets = [], logConfiguration, repositoryCredentials } = container;
  return [
    ...[...secrets, ...(logConfiguration?.secretOptions ?? [])].map(({ valueFrom }) => valueFrom),
    ...(repositoryCredentials === undefined ? [] : [repositoryCredentials.credentialsParameter]),
  ];
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/catalog:1` is a repository of Amazon ECR; other registries are not. */
function repositoryOf(image: string): readonly string[] {
  const [, account, region, name] =
    /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[^/]+\/([^:@]+)/.exec(image) ?? [];
  return region === undefined
    ? []
    : [`arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${name}`];
}

const partitions: readonly (readonly [string, string])[] = [
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
  ["us-iso-", "aws-iso"],
  ["us-isob-", "aws-iso-b"],
  ["eu-isoe-", "aws-iso-e"],
  ["us-isof-", "aws-iso-f"],
  ["eusc-", "aws-eusc"],
];

export const partitionOf = (region: string): string =>
  partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";

/** What a tracer in the task needs to reach X-Ray; it has no narrower resources. */
export const tracingStatement: Statement = {
  Effect: "Allow",
  Action: [
    "xray:GetSamplingRules",
    "xray:GetSamplingStatisticSummaries",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
  ],
  Resource: "*",
};

/** What `aws ecs execute-command` needs of the task role; it has no narrower resources. */
export const shellStatement: Statement = {
  Effect: "Allow",
  Action: [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
  Resource: "*",
};

export const policyDocument = (Statement: readonly unknown[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement });

/** Who may have the roles of a task. */
export const tasksOnly = policyDocument([
  { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" },
]);
