// Identities and access keys in AWS Secrets Manager, on Pulumi's real engine: a real control plane issues them, a stand-in
// takes the place of the AWS provider.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "@pulumi/pulumi";
import {
  AccessKeySecret,
  Mesh,
  MeshTaskDefinition,
  NodeIdentity,
  type NodeIdentityArgs,
  VirtualNode,
} from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { until } from "../support/sidecar.js";
import { common, first, HOUR } from "./issued.js";
import { type Step, TestStack } from "./stack.js";

const region = "eu-central-1";
const program =
  (more: Partial<NodeIdentityArgs> = {}) =>
  async () => {
    const { meshName } = new Mesh("shop", { meshName: "shop" });
    const { virtualNodeName: virtualNode } = new VirtualNode("catalog", {
      meshName,
      virtualNodeName: "catalog",
      spec: {},
    });
    const kmsKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/shop";
    const identity = new NodeIdentity("catalog", {
      meshName,
      virtualNode,
      expiresInSeconds: HOUR,
      kmsKeyArn,
      tags: { team: "shop" },
      ...more,
    });
    const { trustFrom, certificateFrom, privateKeyFrom, tokenFrom } = identity;
    new MeshTaskDefinition("catalog", {
      meshName,
      virtualNode,
      controlPlane: { host: "appmesh.shop.internal", trustFrom, certificateFrom, privateKeyFrom, tokenFrom },
      containerDefinitions: [
        { name: "app", image: "shop/catalog:1", portMappings: [{ containerPort: 8080 }] },
      ],
      secretKeyArns: [kmsKeyArn],
    });
    const gateway = new NodeIdentity("edge", { meshName, virtualGateway: "edge", kind: "token", region });
    const { accessKeyIdFrom, secretArn } = new AccessKeySecret("ci", { scope: { readOnly: true }, region });
    // What is not there is no output of a stack.
    const there = (of: NodeIdentity) =>
      output([of.certificateFrom, of.privateKeyFrom, of.tokenFrom]).apply((all) =>
        all.map((from) => from ?? ""),
      );
    const { identityId } = identity;
    return {
      trustFrom,
      node: there(identity),
      gateway: there(gateway),
      identityId,
      accessKeyIdFrom,
      secretArn,
    };
  };

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";
const told = (steps: readonly Step[]) =>
  steps.map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);

describe("what is issued, in Secrets Manager", function () {
  this.timeout(240_000);
  let aws: StandIn;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    aws = putStandIn("aws");
    controlPlane = await startControlPlane(common);
    stack = await TestStack.create({
      APPMESH_ENDPOINT: controlPlane.api,
      APPMESH_ACCESS_KEY_ID: first.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: first.secretAccessKey,
    });
  });
  after(() => controlPlane?.stop());

  /** What a secret was filled with last, and what ECS takes from where. */
  function taken(made: ReturnType<StandIn["made"]>, name: string) {
    const { $secret = "" } = (made[`${VERSION} ${name}-secret-version`]?.secretString ?? {}) as {
      $secret?: string;
    };
    return JSON.parse($secret) as Record<string, string>;
  }
  function envoyOf(made: ReturnType<StandIn["made"]>) {
    const definition = made["aws:ecs/taskDefinition:TaskDefinition catalog-task-definition"];
    const containers = JSON.parse(String(definition?.containerDefinitions)) as {
      name: string;
      secrets?: { name: string; valueFrom: string }[];
    }[];
    const { secrets = [] } = containers.find(({ name }) => name === "envoy") ?? {};
    return Object.fromEntries(secrets.map((secret) => [secret.name, secret.valueFrom]));
  }

  it("is where tasks look for it, under the version that they were made for, and renewed before it is taken back", async () => {
    const planned = await stack.preview(program());
    assert.deepEqual([planned.messages, planned.steps.filter(({ op }) => op !== "create")], [[], []]);

    aws.take();
    const up = await stack.up();
    assert.deepEqual(up.messages, []);
    const made = aws.made();
    const { outputs } = up as { outputs: Record<string, string> };
    const regions = Object.entries(made).filter(([key]) => key.includes(":secretsmanager/"));
    assert.deepEqual(regions.map(([key, inputs]) => [key.split(" ")[1], inputs.region]).sort(), [
      ["catalog-secret", undefined],
      ["catalog-secret-version", undefined],
      ["ci-secret", region],
      ["ci-secret-version", region],
      ["edge-secret", region],
      ["edge-secret-version", region],
    ]);
    const values = taken(made, "catalog");
    assert.deepEqual(Object.keys(values), ["trust", "certificate", "privateKey"]);
    const certificate = new X509Certificate(values.certificate ?? "");
    assert.equal(certificate.subjectAltName, "URI:spiffe://shop.example/mesh/shop/virtualNode/catalog");
    assert.ok(certificate.verify(new X509Certificate(values.trust ?? "").publicKey));
    assert.equal(outputs.identityId, certificate.serialNumber.toLowerCase());
    const secret = String(made["aws:secretsmanager/secret:Secret catalog-secret"]?.name);
    assert.deepEqual(made["aws:secretsmanager/secret:Secret catalog-secret"], {
      name: secret,
      description: "What a proxy of App Mesh proves to the control plane by who it is",
      kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:key/shop",
      tags: { team: "shop" },
    });
    const version = outputs.trustFrom?.split(":").at(-1) ?? "";
    assert.match(version, /^[0-9a-f-]{36}$/);
    const from = (key: string) => `${arnOf(secret)}:${key}::${version}`;
    assert.deepEqual(envoyOf(made), {
      APPMESH_XDS_TRUST: from("trust"),
      APPMESH_XDS_CERTIFICATE: from("certificate"),
      APPMESH_XDS_PRIVATE_KEY: from("privateKey"),
    });
    assert.deepEqual(up.outputs.node, [from("certificate"), from("privateKey"), ""]);
    assert.deepEqual(Object.keys(taken(made, "edge")), ["trust", "token"]);
    const ofGateway = arnOf(String(made["aws:secretsmanager/secret:Secret edge-secret"]?.name));
    const [none, nor, tokenFrom = ""] = up.outputs.gateway as string[];
    assert.deepEqual([none, nor, tokenFrom.replace(/::.*/, "")], ["", "", `${ofGateway}:token`]);
    // The role may read the secret, whichever version, and decrypt it.
    const policy = JSON.parse(String(made["aws:iam/rolePolicy:RolePolicy catalog-execution-policy"]?.policy))
      .Statement as { Action: string[]; Resource: unknown }[];
    assert.deepEqual(
      policy
        .filter(({ Action }) => /^(secretsmanager|kms):/.test(Action[0] ?? ""))
        .map(({ Resource }) => Resource),
      [[arnOf(secret)], ["arn:aws:kms:eu-west-1:123456789012:key/shop"]],
    );
    const key = taken(made, "ci");
    assert.deepEqual(Object.keys(key), ["accessKeyId", "secretAccessKey"]);
    assert.match(
      outputs.accessKeyIdFrom ?? "",
      new RegExp(`^${outputs.secretArn}:accessKeyId::[0-9a-f-]{36}$`),
    );
    assert.equal((await controlPlane.as(key as never)("GET", "/v20190125/meshes")).status, 200);
    const file = join(stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
    const state = readFileSync(file, "utf8");
    assert.deepEqual(
      [values.privateKey?.split("\n").at(-4) ?? "", key.secretAccessKey ?? ""].filter((text) =>
        state.includes(text),
      ),
      [],
    );
    assert.deepEqual((await stack.preview()).steps, []);

    const near = program({ renewBeforeSeconds: HOUR - 1 });
    const replaced = async () => (await stack.preview(near)).steps.some(({ op }) => op === "replace");
    await until(replaced);
    aws.take();
    const renewal = await stack.up(near);
    assert.deepEqual(renewal.messages, []);
    const again = aws.made();
    assert.notEqual(taken(again, "catalog").certificate, values.certificate);
    assert.notEqual(envoyOf(again).APPMESH_XDS_TRUST, from("trust"));
    // The last that is done is to take the old one back.
    const order = told(renewal.steps).filter((step) => /^(create-replacement|delete-replaced)/.test(step));
    assert.deepEqual(order, [
      "create-replacement ProxyIdentity catalog-identity",
      "create-replacement SecretVersion catalog-secret-version",
      "create-replacement TaskDefinition catalog-task-definition",
      "delete-replaced TaskDefinition catalog-task-definition",
      "delete-replaced SecretVersion catalog-secret-version",
      "delete-replaced ProxyIdentity catalog-identity",
    ]);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.equal((await controlPlane.as(key as never)("GET", "/v20190125/meshes")).status, 403);
  });

  it("is refused in the words of its own inputs", async () => {
    const refused = async (more: object) => (await stack.preview(program(more))).messages.join("\n");
    assert.match(
      await refused({ virtualGateway: "edge" }),
      /virtualNode and virtualGateway were given; exactly one of virtualNode and virtualGateway is allowed\./,
    );
    assert.match(
      await refused({ renewBeforeSeconds: 2 * HOUR }),
      /renewBeforeSeconds.* 7200 was given; less than the 3600 seconds of its life is allowed, since it would be renewed by every update\./,
    );
    assert.match(
      await refused({ recoveryWindowInDays: 31 }),
      /recoveryWindowInDays.* 31 was given; an integer from 0 to 30 is allowed\./,
    );
  });
});
