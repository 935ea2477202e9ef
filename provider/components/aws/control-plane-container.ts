// The container of a replica: what `appmesh serve` is told, and what its task may do.
import type { ContainerDefinition } from "../ecs/container-definition.js";
import { partitionOf, type Statement } from "../ecs/execution-policy.js";
import { type Authorities, ports, serveArguments } from "./serve-arguments.js";

export interface ReplicaSettings {
  readonly image: string;
  readonly region: string;
  readonly account: string;
  readonly table: string;
  /** The name by which clients call it. */
  readonly host: string;
  readonly accessKeySecretArn: string;
  readonly logGroup: string;
  readonly trustDomain: string | undefined;
  readonly trustedNetworkPort: number | undefined;
  readonly authorities?: Authorities | undefined;
  readonly limits: Readonly<Record<string, number>> | undefined;
  readonly environment: Readonly<Record<string, string>> | undefined;
}

/** Nothing of it is written to: a replica keeps nothing itself. */
export function replicaContainer(settings: ReplicaSettings): ContainerDefinition {
  const { region, table, host, accessKeySecretArn, trustedNetworkPort } = settings;
  const tcp = [ports.api, ports.xds, ...(trustedNetworkPort === undefined ? [] : [trustedNetworkPort])];
  return {
    name: "control-plane",
    image: settings.image,
    essential: true,
    readonlyRootFilesystem: true,
    command: serveArguments({
      ...settings,
      store: { table },
      certificate: { names: [host] },
      health: "127.0.0.1",
    }),
    ...(settings.environment && {
      environment: Object.entries(settings.environment).map(([name, value]) => ({ name, value })),
    }),
    secrets: [
      { name: "APPMESH_ACCESS_KEY_ID", valueFrom: `${accessKeySecretArn}:accessKeyId::` },
      { name: "APPMESH_SECRET_ACCESS_KEY", valueFrom: `${accessKeySecretArn}:secretAccessKey::` },
    ],
    portMappings: [
      ...tcp.map((containerPort) => ({ containerPort, protocol: "tcp" as const })),
      { containerPort: ports.notices, protocol: "udp" as const },
    ],
    // Whether the process answers, and not whether its table does: while that is away, a replica serves what it knows.
    healthCheck: {
      command: [
        "CMD",
        "node",
        "-e",
        `fetch("http://127.0.0.1:${ports.health}/healthz").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`,
      ],
      interval: 10,
      timeout: 5,
      retries: 3,
      startPeriod: 90,
    },
    // Streams of proxies are asked to go elsewhere before the replica ends.
    stopTimeout: 60,
    ulimits: [{ name: "nofile", softLimit: 65536, hardLimit: 65536 }],
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": settings.logGroup,
        "awslogs-region": region,
        "awslogs-stream-prefix": "replica",
      },
    },
  };
}

export interface ReplicaRights {
  readonly region: string;
  /** Undefined where it has a folder instead. */
  readonly tableArn: string | undefined;
  /** Of the table; undefined where it is DynamoDB's own. */
  readonly kmsKeyArn: string | undefined;
  readonly certificateArns: readonly string[];
  readonly authorities?: Authorities | undefined;
}

interface Conditional extends Statement {
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a replica may do: read and write its table, and look up what entities of the mesh name. */
export function replicaStatements({
  region,
  tableArn,
  kmsKeyArn,
  certificateArns,
  authorities = {},
}: ReplicaRights): readonly Conditional[] {
  const suffix = partitionOf(region) === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  const ofService = (arns: readonly (string | undefined)[], service: string) =>
    arns.flatMap((each) => (each?.split(":")[2] === service ? [each] : []));
  const of = (service: string) => ofService(certificateArns, service);
  const signing = (service: string) => ofService([authorities.proxies, authorities.workloads], service);
  const allow = (
    Action: readonly string[],
    Resource: readonly string[],
    StringEquals?: Readonly<Record<string, string>>,
  ): readonly Conditional[] =>
    Resource.length === 0
      ? []
      : [{ Effect: "Allow", Action, Resource, ...(StringEquals && { Condition: { StringEquals } }) }];
  return [
    ...(tableArn === undefined ? [] : [tableStatement(tableArn)]),
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            Effect: "Allow" as const,
            Action: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            Resource: kmsKeyArn,
            Condition: { StringEquals: { "kms:ViaService": `dynamodb.${region}.${suffix}` } },
          },
        ]),
    // It has no narrower resources.
    { Effect: "Allow", Action: ["servicediscovery:DiscoverInstances"], Resource: "*" },
    ...allow(["acm:ExportCertificate"], of("acm")),
    ...allow(["acm-pca:GetCertificateAuthorityCertificate"], of("acm-pca")),
    ...allow(["secretsmanager:GetSecretValue"], signing("secretsmanager")),
    ...allow(["kms:GetPublicKey"], signing("kms")),
    ...allow(["kms:Sign"], signing("kms"), { "kms:SigningAlgorithm": "ECDSA_SHA_256" }),
    ...allow(["acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"], signing("acm-pca")),
    // Certificates of proxies, and none of further authorities.
    ...allow(["acm-pca:IssueCertificate"], signing("acm-pca"), {
      "acm-pca:TemplateArn": `arn:${partitionOf(region)}:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1`,
    }),
  ];
}

const tableStatement = (Resource: string): Statement => ({
  Effect: "Allow",
  Action: [
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
  ],
  Resource,
});
