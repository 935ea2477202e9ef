import { deepEqual } from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { controlPlane } from "./control-plane-args.js";
import { type ReplicaSettings, replicaContainer, replicaStatements } from "./control-plane-container.js";

const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/appmesh:0.1.0";
const given = (more: ObjectValue = {}): ObjectValue => ({
  image,
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  cloudMap: { namespaceId: "ns-1", namespaceName: "shop.internal" },
  ...more,
});
const failures = (more: ObjectValue) => checkComponent(controlPlane, given(more));

describe("what a ControlPlane is given", () => {
  it("may be little, much, or not known yet", () => {
    const { cloudMap: _, ...without } = given();
    const fine: ObjectValue[] = [
      given(),
      given({ cpu: 1024, memory: 4096, replicas: 3, limits: { virtualNodesPerMesh: 5000 } }),
      given({ clientCidrs: { office: "10.0.0.0/16", six: "2001:db8::/56", later: UNKNOWN } }),
      { ...without, loadBalancer: {} },
      given({ image: UNKNOWN, cpu: UNKNOWN, memory: UNKNOWN, subnetIds: UNKNOWN }),
    ];
    for (const each of fine) deepEqual(checkComponent(controlPlane, each), [], JSON.stringify(each));
  });

  it("is refused at its place, with a way out", () => {
    deepEqual(failures({ image: "appmesh" }), [
      {
        property: "image",
        reason:
          '"appmesh" was given; an image with a tag or a digest is allowed, as appmesh:1.0 or appmesh@sha256:…, so that all tasks run the same.',
      },
    ]);
    deepEqual(failures({ cloudMap: null }), [
      {
        property: "cloudMap",
        reason:
          "neither cloudMap nor loadBalancer was given; one of them is required, so that clients find the control plane.",
      },
    ]);
    deepEqual(failures({ loadBalancer: {}, tableName: "mesh", deletionProtection: false }), [
      {
        property: "loadBalancer",
        reason:
          "it was given beside cloudMap; clients find the control plane by one of them. Leave one of both out.",
      },
      {
        property: "deletionProtection",
        reason:
          "it was given beside tableName; it is for the table that is made where that is not given. Leave one of both out.",
      },
    ]);
    deepEqual(failures({ trustedNetworkPort: 18000, environment: { APPMESH_ACCESS_KEY_ID: "AKIA" } }), [
      {
        property: "trustedNetworkPort",
        reason: "18000 was given, the port of xds; any but 7070, 18000, 7946, 9090 is allowed.",
      },
      {
        property: "environment.APPMESH_ACCESS_KEY_ID",
        reason:
          "it was given; replicas take the first access key from accessKeySecretArn. Give that, or leave it out.",
      },
    ]);
    deepEqual(failures({ cpu: 300 }), [
      {
        property: "cpu",
        reason: "300 was given; Fargate offers 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units.",
      },
    ]);
    deepEqual(failures({ memory: 8192 }), [
      {
        property: "memory",
        reason: "8192 was given; with 512 CPU units, Fargate offers 1024 to 4096 MiB in steps of 1024.",
      },
    ]);
    deepEqual(failures({ clientCidrs: { all: "10.0.0.0" } }), [
      {
        property: "clientCidrs.all",
        reason:
          '"10.0.0.0" was given; a network with the length of its prefix is allowed, as 10.0.0.0/16 or 2001:db8::/56.',
      },
    ]);
    const kms = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const privateCa = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/1";
    deepEqual(failures({ authorities: { workloads: privateCa, proxies: kms } }), []);
    deepEqual(failures({ authorities: { workloads: UNKNOWN, proxies: UNKNOWN } }), []);
    deepEqual(failures({ authorities: { proxies: privateCa } }), [
      {
        property: "authorities.proxies",
        reason: `${privateCa} was given; an authority of proxies is an ARN of arn:aws:secretsmanager:…:secret…, arn:aws:kms:…:key….`,
      },
    ]);
    deepEqual(failures({ authorities: { workloads: "arn:aws:kms:eu-west-1:123456789012:alias/mesh" } }), [
      {
        property: "authorities.workloads",
        reason:
          "arn:aws:kms:eu-west-1:123456789012:alias/mesh was given; an authority of workloads is an ARN of " +
          "arn:aws:secretsmanager:…:secret…, arn:aws:kms:…:key…, arn:aws:acm-pca:…:certificate-authority….",
      },
    ]);
    deepEqual(failures({ authorities: { proxies: kms, workloads: kms } }), [
      {
        property: "authorities.workloads",
        reason: `${kms} was given for proxies, too; what one of them signs must be nothing to those who ask for the other. Give it one of its own.`,
      },
    ]);
    deepEqual(failures({ replicas: 1 }), [
      { property: "replicas", reason: "1 was given; an integer from 2 to 10 is allowed." },
    ]);
    deepEqual(
      failures({ limits: { nodes: 1 } }).map(({ property }) => property),
      ["limits.nodes"],
    );
    deepEqual(failures({ clientCidrs: UNKNOWN }), [
      {
        property: "clientCidrs",
        reason:
          "a value that is not known yet was given; a map is allowed, whose names must be known before anything is made; what they stand for need not be.",
      },
    ]);
  });
});

describe("a replica on AWS", () => {
  const settings: ReplicaSettings = {
    image,
    region: "eu-west-1",
    account: "123456789012",
    table: "mesh",
    host: "appmesh.shop.internal",
    accessKeySecretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
    logGroup: "logs",
    trustDomain: undefined,
    trustedNetworkPort: undefined,
    limits: undefined,
    environment: undefined,
  };

  it("is told where its table is and by which name it is called, and writes nothing", () => {
    deepEqual(replicaContainer(settings), {
      name: "control-plane",
      image,
      essential: true,
      readonlyRootFilesystem: true,
      command: [
        "serve",
        ...["--region", "eu-west-1", "--account", "123456789012", "--table", "mesh"],
        ...["--api", "0.0.0.0:7070", "--tls-self-signed", "--tls-name", "appmesh.shop.internal"],
        ...["--xds", "0.0.0.0:18000", "--xds-tls-self-signed", "--xds-tls-name", "appmesh.shop.internal"],
        ...["--notices", "0.0.0.0:7946", "--metrics", "127.0.0.1:9090"],
      ],
      secrets: [
        { name: "APPMESH_ACCESS_KEY_ID", valueFrom: `${settings.accessKeySecretArn}:accessKeyId::` },
        { name: "APPMESH_SECRET_ACCESS_KEY", valueFrom: `${settings.accessKeySecretArn}:secretAccessKey::` },
      ],
      portMappings: [
        { containerPort: 7070, protocol: "tcp" },
        { containerPort: 18000, protocol: "tcp" },
        { containerPort: 7946, protocol: "udp" },
      ],
      healthCheck: {
        command: [
          "CMD",
          "node",
          "-e",
          'fetch("http://127.0.0.1:9090/healthz").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))',
        ],
        interval: 10,
        timeout: 5,
        retries: 3,
        startPeriod: 90,
      },
      stopTimeout: 60,
      ulimits: [{ name: "nofile", softLimit: 65536, hardLimit: 65536 }],
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": "logs",
          "awslogs-region": "eu-west-1",
          "awslogs-stream-prefix": "replica",
        },
      },
    });
  });

  it("serves a trusted network, and has other limits, where it is told so", () => {
    const { command, portMappings, environment } = replicaContainer({
      ...settings,
      trustDomain: "shop.example",
      trustedNetworkPort: 18001,
      authorities: { workloads: "arn:aws:kms:eu-west-1:123456789012:key/1", proxies: undefined },
      limits: { virtualNodesPerMesh: 5000 },
      environment: { NODE_OPTIONS: "--max-old-space-size=768" },
    });
    deepEqual(command?.slice(-8), [
      ...["--authority", "workloads=arn:aws:kms:eu-west-1:123456789012:key/1"],
      ...["--trust-domain", "shop.example"],
      ...["--xds-trusted-network", "0.0.0.0:18001"],
      ...["--limit", "virtualNodesPerMesh=5000"],
    ]);
    deepEqual(portMappings?.[2], { containerPort: 18001, protocol: "tcp" });
    deepEqual(environment, [{ name: "NODE_OPTIONS", value: "--max-old-space-size=768" }]);
  });

  it("may do no more than it needs", () => {
    const rights = {
      region: "eu-west-1",
      tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/mesh",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1",
      certificateArns: [],
    };
    const statements = replicaStatements(rights);
    deepEqual(statements, [
      {
        Effect: "Allow",
        Action: [
          "dynamodb:ConditionCheckItem",
          "dynamodb:DeleteItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem",
        ],
        Resource: rights.tableArn,
      },
      {
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        Resource: rights.kmsKeyArn,
        Condition: { StringEquals: { "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com" } },
      },
      { Effect: "Allow", Action: ["servicediscovery:DiscoverInstances"], Resource: "*" },
    ]);
    const certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/1";
    const authority = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/1";
    deepEqual(replicaStatements({ ...rights, certificateArns: [certificate, authority] }).slice(3), [
      { Effect: "Allow", Action: ["acm:ExportCertificate"], Resource: [certificate] },
      { Effect: "Allow", Action: ["acm-pca:GetCertificateAuthorityCertificate"], Resource: [authority] },
    ]);
    const [secret, key] = [
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ca-AbCdEf",
      "arn:aws:kms:eu-west-1:123456789012:key/2",
    ];
    deepEqual(replicaStatements({ ...rights, authorities: { proxies: secret, workloads: key } }).slice(3), [
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secret] },
      { Effect: "Allow", Action: ["kms:GetPublicKey"], Resource: [key] },
      {
        Effect: "Allow",
        Action: ["kms:Sign"],
        Resource: [key],
        Condition: { StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256" } },
      },
    ]);
    deepEqual(replicaStatements({ ...rights, authorities: { workloads: authority } }).slice(3), [
      {
        Effect: "Allow",
        Action: ["acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"],
        Resource: [authority],
      },
      {
        Effect: "Allow",
        Action: ["acm-pca:IssueCertificate"],
        Resource: [authority],
        Condition: {
          StringEquals: {
            "acm-pca:TemplateArn": "arn:aws:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1",
          },
        },
      },
    ]);
  });
});
