// The IAM role of AppMeshController's pods, on Pulumi's real engine with stand-ins for the plugins of AWS and Kubernetes.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { AppMeshController, type AppMeshControllerArgs } from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { kubernetesMissing } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { kubernetesTools } from "../support/tools.js";
import { TestStack } from "./stack.js";

const chart = fileURLToPath(new URL("../../support/charts/appmesh-controller", import.meta.url));
const oidcProviderArn =
  "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF";

describe("the IAM role of AppMeshController's pods", function () {
  this.timeout(600_000);
  let aws: StandIn;
  let kubernetes: KubernetesPlugin;
  let stack: TestStack;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    kubernetes = putKubernetesPlugin({ STAND_IN_HELM: (await kubernetesTools())?.helm ?? "" });
    aws = putStandIn("aws");
    // The engine else writes the whole state after each step, definitions and all.
    const atTheEnd = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    stack = await TestStack.create({ AWS_REGION: "eu-west-1", ...atTheEnd });
  });
  afterEach(() => stack?.destroy());

  it("is made, or given, for EKS Pod Identity or the service account; and there may be none", async () => {
    const own = "arn:aws:iam::123456789012:role/own";
    const controllers: Record<string, Partial<AppMeshControllerArgs>> = {
      pod: { identity: { podIdentity: { clusterName: "shop" } } },
      account: {
        identity: { serviceAccountRole: { oidcProviderArn } },
        controlPlane: { caCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" },
      },
      own: { identity: { serviceAccountRole: { roleArn: own } } },
      none: { accessKey: { accessKeyId: "AKID", secretAccessKey: "secret" } },
    };
    const program = async () => {
      const roles: Record<string, unknown> = {};
      for (const [name, more] of Object.entries(controllers)) {
        const shared = { region: "eu-west-1", accountId: "123456789012", chart: { chart }, namespace: name };
        const { roleArn } = new AppMeshController(name, { ...shared, ...more });
        if (more.identity !== undefined) roles[name] = roleArn;
      }
      return roles;
    };
    const up = await stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const objects = kubernetes.take().filter(({ call, preview }) => call === "create" && !preview);
    const inputsOf = (name: string) => objects.find((each) => each.name === name)?.inputs as never;
    const account = (name: string) => (inputsOf(`${name}-service-account`) as { metadata: object }).metadata;
    const metadata = (namespace: string, roleArn?: unknown) => ({
      name: "appmesh-controller",
      namespace,
      ...(roleArn !== undefined && { annotations: { "eks.amazonaws.com/role-arn": roleArn } }),
    });

    assert.deepEqual(Object.keys(made).sort(), [
      "aws:eks/podIdentityAssociation:PodIdentityAssociation pod-pod-identity",
      "aws:iam/role:Role account-role",
      "aws:iam/role:Role pod-role",
      "aws:iam/rolePolicy:RolePolicy account-role-policy",
      "aws:iam/rolePolicy:RolePolicy pod-role-policy",
    ]);
    assert.deepEqual(parsed(made["aws:iam/role:Role pod-role"]?.assumeRolePolicy).Statement, [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
      },
    ]);
    const { Statement } = parsed(made["aws:iam/rolePolicy:RolePolicy pod-role-policy"]?.policy);
    assert.equal(Statement.length, 1);
    assert.ok(Statement[0].Action.every((action: string) => /^(servicediscovery|route53):/.test(action)));
    assert.deepEqual(made["aws:eks/podIdentityAssociation:PodIdentityAssociation pod-pod-identity"], {
      clusterName: "shop",
      namespace: "pod",
      serviceAccount: "appmesh-controller",
      roleArn: up.outputs.pod,
    });
    assert.deepEqual(account("pod"), metadata("pod"));
    const { spec } = inputsOf("pod-chart:pod/appmesh-controller") as Deployment;
    const { serviceAccountName, containers } = spec.template.spec;
    assert.deepEqual([serviceAccountName, containers[0]?.env], ["appmesh-controller", []]);
    // A pod that starts before it is associated has no role for as long as it lives.
    const order = (await stack.resources()).map(({ urn }) => urn.split("::").at(-1));
    assert.ok(order.indexOf("pod-pod-identity") < order.indexOf("pod-chart:pod/appmesh-controller"));

    // The service account alone may take the role, of all that have a token of the cluster.
    assert.deepEqual(parsed(made["aws:iam/role:Role account-role"]?.assumeRolePolicy).Statement, [
      {
        Effect: "Allow",
        Principal: { Federated: oidcProviderArn },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF:aud": "sts.amazonaws.com",
            "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF:sub":
              "system:serviceaccount:account:appmesh-controller",
          },
        },
      },
    ]);
    assert.deepEqual(account("account"), metadata("account", up.outputs.account));
    // The bundle takes the place of all authorities, and the role is asked for from AWS itself.
    const { data } = inputsOf("account-authorities") as { data: Record<string, string> };
    assert.equal(data["authorities.pem"]?.match(/BEGIN CERTIFICATE/g)?.length, 6);

    assert.equal(up.outputs.own, own);
    assert.deepEqual(account("own"), metadata("own", own));
    assert.deepEqual(account("none"), metadata("none"));

    const again = await stack.preview();
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);
  });
});

interface Deployment {
  readonly spec: { template: { spec: { containers: { env: unknown }[]; serviceAccountName: string } } };
}

const parsed = (text: unknown) => JSON.parse(String(text));
