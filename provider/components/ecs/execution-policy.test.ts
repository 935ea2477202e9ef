import assert from "node:assert/strict";
import { executionStatements, partitionOf } from "./execution-policy.js";

const token = { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" };

describe("the policy of an execution role", () => {
  it("lets ECS do nothing for containers that need nothing", () => {
    assert.deepEqual(executionStatements([{ name: "a", image: "shop/app:1" }], "eu-west-1"), [token]);
  });

  it("lets it do what containers name, and nothing else", () => {
    const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";
    const log = (group: string, more: Record<string, string> = {}) => ({
      logDriver: "awslogs" as const,
      options: { "awslogs-group": group, ...more },
    });
    const statements = executionStatements(
      [
        {
          image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/app@sha256:00",
          secrets: [
            { name: "USER", valueFrom: `${secret}:user::` },
            { name: "PASSWORD", valueFrom: `${secret}:password:AWSCURRENT:` },
            { name: "FLAGS", valueFrom: "/shop/flags" },
            { name: "LEVEL", valueFrom: "arn:aws:ssm:eu-west-1:123456789012:parameter/level" },
          ],
          logConfiguration: log("/shop", {
            "awslogs-region": "eu-central-1",
            "awslogs-create-group": "true",
          }),
          environmentFiles: [{ value: "arn:aws:s3:::shop-env/app/prod.env", type: "s3" }],
        },
        {
          image: "registry.example/app:1",
          repositoryCredentials: { credentialsParameter: `${secret}` },
          logConfiguration: log("/other"),
        },
        {
          image: "210987654321.dkr.ecr-fips.us-east-1.amazonaws.com/base:2",
          logConfiguration: {
            logDriver: "splunk",
            options: { "splunk-url": "https://splunk.example" },
            secretOptions: [{ name: "splunk-token", valueFrom: "splunk-token" }],
          },
        },
      ],
      "eu-west-1",
      ["arn:aws:kms:eu-west-1:123456789012:key/k1"],
    );
    assert.deepEqual(statements, [
      token,
      {
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: [
          "arn:aws:ecr:eu-west-1:123456789012:repository/shop/app",
          "arn:aws:ecr:us-east-1:210987654321:repository/base",
        ],
      },
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [
          "arn:aws:logs:eu-central-1:*:log-group:/shop:*",
          "arn:aws:logs:eu-west-1:*:log-group:/other:*",
        ],
      },
      {
        Effect: "Allow",
        Action: ["logs:CreateLogGroup"],
        Resource: [
          "arn:aws:logs:eu-central-1:*:log-group:/shop",
          "arn:aws:logs:eu-central-1:*:log-group:/shop:*",
        ],
      },
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secret] },
      {
        Effect: "Allow",
        Action: ["ssm:GetParameters"],
        Resource: [
          "arn:aws:ssm:eu-west-1:*:parameter/shop/flags",
          "arn:aws:ssm:eu-west-1:*:parameter/splunk-token",
          "arn:aws:ssm:eu-west-1:123456789012:parameter/level",
        ],
      },
      { Effect: "Allow", Action: ["kms:Decrypt"], Resource: ["arn:aws:kms:eu-west-1:123456789012:key/k1"] },
      { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::shop-env/app/prod.env"] },
      { Effect: "Allow", Action: ["s3:GetBucketLocation"], Resource: ["arn:aws:s3:::shop-env"] },
    ]);
  });

  it("lets it read a secret whose ARN is told without the characters that Secrets Manager ends it with", () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db";
    const secrets = [{ name: "PASSWORD", valueFrom: `${arn}:password::` }];
    assert.deepEqual(executionStatements([{ name: "a", image: "shop/app:1", secrets }], "eu-west-1"), [
      token,
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [`${arn}-??????`] },
    ]);
  });

  it("names things in the partition of their region", () => {
    assert.deepEqual(
      ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"].map(
        partitionOf,
      ),
      ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"],
    );
  });
});
