// KubernetesControlPlane on Pulumi's real engine, with stand-ins for the plugins of AWS and Kubernetes.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  AppMeshController,
  KubernetesControlPlane,
  type KubernetesControlPlaneArgs,
} from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { sorted, TestStack } from "./stack.js";

const args: KubernetesControlPlaneArgs = {
  image: "registry.example/appmesh:0.1.0",
  region: "eu-west-1",
  accountId: "123456789012",
};
const onTable = (more: Partial<KubernetesControlPlaneArgs> = {}): KubernetesControlPlaneArgs => ({
  ...args,
  table: {},
  identity: { podIdentity: { clusterName: "shop" } },
  ...more,
});
const onVolume = (more: Partial<KubernetesControlPlaneArgs> = {}) => ({ ...args, volume: {}, ...more });

const common = [
  "appmesh:index:KubernetesControlPlane mesh",
  "kubernetes:core/v1:ConfigMap mesh-authorities",
  "kubernetes:core/v1:Namespace mesh-namespace",
  "kubernetes:core/v1:Secret mesh-access-key",
  "kubernetes:core/v1:Secret mesh-authority",
  "kubernetes:core/v1:Secret mesh-metrics-token",
  "kubernetes:core/v1:Service mesh-service",
  "kubernetes:core/v1:ServiceAccount mesh-service-account",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy mesh-network",
];
const withTable = [
  ...common,
  "aws:dynamodb/table:Table mesh-table",
  "aws:eks/podIdentityAssociation:PodIdentityAssociation mesh-pod-identity",
  "aws:iam/role:Role mesh-role",
  "aws:iam/rolePolicy:RolePolicy mesh-role-policy",
  "aws:kms/key:Key mesh-key",
  "kubernetes:apps/v1:Deployment mesh-replicas",
  "kubernetes:policy/v1:PodDisruptionBudget mesh-disruptions",
];
const withVolume = [
  ...common,
  "kubernetes:apps/v1:StatefulSet mesh-replica",
  "kubernetes:core/v1:PersistentVolumeClaim mesh-data",
];

const shown = (steps: Parameters<typeof sorted>[0]) =>
  sorted(steps).map(({ op, type, name }) => `${op} ${type} ${name}`);
const all = (op: string, made: readonly string[]) => made.map((each) => `${op} ${each}`).sort();

const outputsOf = (made: KubernetesControlPlane) => {
  const { address, host, endpoint, xdsPort, xdsEndpoint, caCertificate, caConfigMapName } = made;
  const { accessKeyId, secretAccessKey, accessKeySecretName, tableArn, roleArn } = made;
  return {
    ...{ address, host, endpoint, xdsPort, xdsEndpoint, caCertificate, caConfigMapName },
    ...{ accessKeyId, secretAccessKey, accessKeySecretName },
    // What is not there has no value, or null.
    inAws: pulumi
      .output({ tableArn, roleArn })
      .apply((known) => ({ tableArn: known.tableArn ?? "none", roleArn: known.roleArn ?? "none" })),
  };
};
const program =
  (given: KubernetesControlPlaneArgs, opts: pulumi.ComponentResourceOptions = {}) =>
  async () =>
    outputsOf(new KubernetesControlPlane("mesh", given, opts));

class Unknown extends pulumi.CustomResource {}
class KubernetesProvider extends pulumi.ProviderResource {}
const specOf = (made: Readonly<Record<string, { readonly spec: unknown }>>, name: string): unknown =>
  made[name]?.spec ?? assert.fail(name);

describe("KubernetesControlPlane on the real engine", function () {
  this.timeout(180_000);
  let aws: StandIn;
  let kubernetes: KubernetesPlugin;
  let stack: TestStack;
  before(async () => {
    kubernetes = putKubernetesPlugin({});
    aws = putStandIn("aws");
    stack = await TestStack.create({ AWS_REGION: "eu-west-1" });
  });
  afterEach(async () => {
    await stack?.destroy();
    kubernetes?.take();
    aws?.take();
  });
  /** The inputs of all that was made in the cluster, by name. */
  const objects = () =>
    Object.fromEntries(
      kubernetes
        .take()
        .filter(({ call, preview }) => call === "create" && !preview)
        .map(({ name, inputs }) => [name, inputs as never]),
    ) as Record<string, { metadata: object; spec: never; data: Record<string, string> }>;

  it("makes replicas and all that they need on EKS, the same the next time, and is gone without a trace", async () => {
    const planned = await stack.preview(program(onTable()));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), all("create", withTable));

    kubernetes.take();
    aws.take();
    const up = await stack.up(program(onTable()));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const inAws = aws.made();
    const made = objects();
    const table = String(inAws["aws:dynamodb/table:Table mesh-table"]?.name);
    const tableArn = `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}`;
    const data = (name: string, key: string) => Buffer.from(made[name]?.data[key] ?? "", "base64").toString();
    const ca = data("mesh-authority", "tls.crt");
    const host = "appmesh-control-plane.appmesh-control-plane.svc.cluster.local";
    const { roleArn } = up.outputs.inAws as { roleArn: string };
    assert.match(roleArn, /^arn:aws:iam::123456789012:role\/mesh-role-/);
    assert.deepEqual(up.outputs, {
      address: "10.96.0.10",
      host,
      endpoint: `https://${host}`,
      xdsPort: 18000,
      xdsEndpoint: `${host}:18000`,
      caCertificate: ca,
      caConfigMapName: "appmesh-control-plane-authorities",
      accessKeyId: data("mesh-access-key", "accessKeyId"),
      secretAccessKey: data("mesh-access-key", "secretAccessKey"),
      accessKeySecretName: "appmesh-control-plane-access-key",
      inAws: { tableArn, roleArn },
    });
    const authority = new X509Certificate(ca);
    assert.ok(authority.ca && authority.validToDate.getFullYear() - new Date().getFullYear() >= 9);
    assert.deepEqual(made["mesh-authorities"]?.data, { "ca.crt": ca });

    const { Statement } = JSON.parse(String(inAws["aws:iam/rolePolicy:RolePolicy mesh-role-policy"]?.policy));
    assert.deepEqual(
      Statement.map(({ Action, Resource }: { Action: string[]; Resource: string }) => [Action[0], Resource]),
      [
        ["dynamodb:ConditionCheckItem", tableArn],
        ["kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/key-mesh-key"],
        ["servicediscovery:DiscoverInstances", "*"],
      ],
    );
    assert.deepEqual(inAws["aws:eks/podIdentityAssociation:PodIdentityAssociation mesh-pod-identity"], {
      clusterName: "shop",
      namespace: "appmesh-control-plane",
      serviceAccount: "appmesh-control-plane",
      roleArn,
    });

    const selector = { matchLabels: { "app.kubernetes.io/name": "appmesh-control-plane" } };
    const { template, ...deployment } = specOf(made, "mesh-replicas") as {
      template: { metadata: { annotations: object }; spec: { containers: { args: string[] }[] } };
    };
    assert.deepEqual(deployment, {
      replicas: 2,
      selector,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    const told = template.spec.containers[0]?.args.join(" ") ?? "";
    const certified = [
      ...[host, "appmesh-control-plane.appmesh-control-plane.svc"],
      ...["appmesh-control-plane.appmesh-control-plane", "appmesh-control-plane"],
      "appmesh.eu-west-1.amazonaws.com",
    ];
    assert.match(told, new RegExp(`--table ${table} `));
    for (const name of certified) {
      assert.match(told, new RegExp(` --tls-name ${name} `));
      assert.match(told, new RegExp(` --xds-tls-name ${name} `));
    }
    assert.deepEqual(made["mesh-disruptions"]?.spec, {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector,
    });
    assert.deepEqual(made["mesh-service"]?.spec, {
      type: "ClusterIP",
      selector: selector.matchLabels,
      ports: [
        { name: "api", port: 443, targetPort: "api" },
        { name: "xds", port: 18000, targetPort: "xds" },
      ],
    });

    // A pod that starts before it may do what it must, or has its Secrets, fails.
    const order = (await stack.resources()).map(({ urn }) => urn.split("::").at(-1) as string);
    for (const first of ["mesh-pod-identity", "mesh-role-policy", "mesh-authority", "mesh-access-key"])
      assert.ok(order.indexOf(first) < order.indexOf("mesh-replicas"), first);
    const component = "urn:pulumi:test::shop::appmesh:index:KubernetesControlPlane::mesh";
    const children = (await stack.resources()).filter(({ parent }) => parent === component);
    assert.equal(children.length, withTable.length - 1);
    // Neither the state nor what is shown has a secret in the open.
    const folder = String(stack.env.PULUMI_BACKEND_URL).replace("file://", "");
    const state = readFileSync(join(folder, ".pulumi/stacks/shop/test.json"), "utf8");
    assert.ok(state.includes(JSON.stringify(ca).slice(1, -1)));
    for (const hidden of [
      up.outputs.secretAccessKey,
      data("mesh-authority", "tls.key"),
      data("mesh-metrics-token", "token"),
    ]) {
      assert.ok(!state.includes(JSON.stringify(hidden).slice(1, -1)));
      assert.ok(!state.includes(Buffer.from(String(hidden)).toString("base64")));
    }

    // What is made up is made up once.
    const again = await stack.preview(program(onTable()));
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);
    const larger = await stack.up(program(onTable({ replicas: 3, podLabels: { team: "mesh" } })));
    assert.deepEqual(shown(larger.steps), [
      "update appmesh:index:KubernetesControlPlane mesh",
      "update kubernetes:apps/v1:Deployment mesh-replicas",
    ]);
    assert.deepEqual(larger.outputs, up.outputs);

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, shown(gone.steps)], [undefined, all("delete", withTable)]);
  });

  it("makes one on a volume, without AWS, by providers, transforms and names of the program", async () => {
    const seen: string[] = [];
    const given = onVolume({
      namespace: "mesh",
      clusterDomain: "shop.example",
      volume: { size: "5Gi", storageClassName: "fast" },
      trustedNetworkPort: 18001,
      service: {
        type: "LoadBalancer",
        loadBalancerClass: "nlb",
        annotations: { a: "b" },
        hostNames: ["mesh.example"],
      },
      serviceMonitor: { labels: { release: "prometheus" } },
      serviceAccountTokens: { issuer: "https://issuer.example", keys: '{"keys":[]}' },
    });
    const run = async () => {
      const provider = new KubernetesProvider("kubernetes", "cluster", { kubeconfig: "{}" });
      return outputsOf(
        new KubernetesControlPlane("mesh", given, {
          providers: { kubernetes: provider },
          transforms: [
            ({ name, type, props, opts }) => {
              seen.push(`${type} ${name}`);
              return name === "mesh-data"
                ? { props: { ...props, kind: "PersistentVolumeClaim" }, opts }
                : undefined;
            },
          ],
        }),
      );
    };
    const up = await stack.up(run);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const more = [
      "kubernetes:core/v1:ConfigMap mesh-keys",
      "kubernetes:core/v1:Service mesh-metrics",
      "kubernetes:monitoring.coreos.com/v1:ServiceMonitor mesh-monitor",
    ];
    assert.deepEqual(shown(up.steps), all("create", [...withVolume, ...more]));
    assert.deepEqual([...new Set(seen)].sort(), [...withVolume, ...more].sort());
    assert.deepEqual(Object.keys(aws.made()), []);
    const made = objects();
    assert.deepEqual(made["mesh-data"]?.spec, {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "5Gi" } },
      storageClassName: "fast",
    });
    assert.equal((made["mesh-data"] as unknown as { kind: string }).kind, "PersistentVolumeClaim");
    const { template, ...set } = specOf(made, "mesh-replica") as { template: never };
    assert.deepEqual(set, {
      replicas: 1,
      serviceName: "appmesh-control-plane",
      selector: { matchLabels: { "app.kubernetes.io/name": "appmesh-control-plane" } },
    });
    assert.match(
      JSON.stringify(template),
      /"persistentVolumeClaim":\{"claimName":"appmesh-control-plane-data"\}/,
    );
    assert.deepEqual(made["mesh-service"]?.metadata, {
      name: "appmesh-control-plane",
      namespace: "mesh",
      labels: { "app.kubernetes.io/name": "appmesh-control-plane" },
      annotations: { a: "b" },
    });
    assert.deepEqual(made["mesh-service"]?.spec, {
      type: "LoadBalancer",
      selector: { "app.kubernetes.io/name": "appmesh-control-plane" },
      loadBalancerClass: "nlb",
      ports: [
        { name: "api", port: 443, targetPort: "api" },
        { name: "xds", port: 18000, targetPort: "xds" },
        { name: "xds-trusted", port: 18001, targetPort: "xds-trusted" },
      ],
    });
    assert.deepEqual(made["mesh-monitor"]?.spec, {
      selector: { matchLabels: { "app.kubernetes.io/name": "appmesh-control-plane-metrics" } },
      endpoints: [
        {
          port: "metrics",
          interval: "30s",
          authorization: {
            type: "Bearer",
            credentials: { name: "appmesh-control-plane-metrics", key: "token" },
          },
        },
      ],
    });
    const host = "appmesh-control-plane.mesh.svc.shop.example";
    assert.deepEqual([up.outputs.host, up.outputs.xdsEndpoint], [host, `${host}:18001`]);
    assert.deepEqual(up.outputs.inAws, { tableArn: "none", roleArn: "none" });
    const again = await stack.preview();
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);
  });

  it("can be previewed while almost nothing is known, and leads a controller to itself without more", async () => {
    const planned = await stack.preview(async () => {
      const { id } = new Unknown("kubernetes:core/v1:ConfigMap", "unknown", {
        metadata: { name: "unknown" },
      });
      const controlPlane = new KubernetesControlPlane(
        "mesh",
        onTable({
          image: id,
          region: id,
          accountId: id,
          identity: { podIdentity: { clusterName: id } },
          clients: { shop: { namespaceLabels: { mesh: id } } },
          environment: { A: id },
          trustedNetworkPort: 18001,
        }),
      );
      new AppMeshController("controller", {
        region: id,
        accountId: id,
        controlPlane: { address: controlPlane.address, caCertificate: controlPlane.caCertificate },
        accessKey: {
          accessKeyId: controlPlane.accessKeyId,
          secretAccessKey: controlPlane.secretAccessKey,
        },
        injection: { xdsEndpoint: controlPlane.xdsEndpoint, namespaces: { shop: {} } },
      });
    });
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const ours = shown(planned.steps).filter((each) => / mesh(-|$)/.test(each));
    assert.deepEqual(ours, all("create", withTable));
  });

  it("has authorities' keys where it is told, with the rights to sign there and no more", async () => {
    const kms = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const privateCa = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/1";
    const up = await stack.up(
      program(
        onTable({
          certificate: {
            secretName: "mesh-tls",
            caCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
          },
          authorities: { proxies: pulumi.output(kms), workloads: privateCa },
        }),
      ),
    );
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(
      shown(up.steps),
      all(
        "create",
        withTable.filter((each) => !each.endsWith(" mesh-authority")),
      ),
    );
    const { Statement } = JSON.parse(
      String(aws.made()["aws:iam/rolePolicy:RolePolicy mesh-role-policy"]?.policy),
    );
    assert.deepEqual(Statement.slice(3), [
      { Effect: "Allow", Action: ["kms:GetPublicKey"], Resource: [kms] },
      {
        Effect: "Allow",
        Action: ["kms:Sign"],
        Resource: [kms],
        Condition: { StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256" } },
      },
      {
        Effect: "Allow",
        Action: ["acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"],
        Resource: [privateCa],
      },
      {
        Effect: "Allow",
        Action: ["acm-pca:IssueCertificate"],
        Resource: [privateCa],
        Condition: {
          StringEquals: {
            "acm-pca:TemplateArn": "arn:aws:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1",
          },
        },
      },
    ]);
    const { template } = specOf(objects(), "mesh-replicas") as {
      template: { spec: { containers: { args: string[] }[] } };
    };
    const told = template.spec.containers[0]?.args.join(" ") ?? "";
    assert.match(told, new RegExp(` --authority proxies=${kms} --authority workloads=${privateCa}$`));
    const again = await stack.preview();
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);
  });

  it("takes what is there already, and says before anything is made what is not", async () => {
    const given = onTable({
      createNamespace: false,
      namespace: "mesh",
      table: { tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/meshes" },
      identity: { serviceAccountRole: { roleArn: "arn:aws:iam::123456789012:role/own" } },
      certificate: {
        secretName: "mesh-tls",
        caCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      },
      networkPolicy: false,
    });
    const up = await stack.up(program(given));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const absent = /mesh-(namespace|authority|network)$|^aws:/;
    assert.deepEqual(
      shown(up.steps),
      all(
        "create",
        withTable.filter((each) => !absent.test(each)),
      ),
    );
    assert.deepEqual(objects()["mesh-service-account"]?.metadata, {
      name: "appmesh-control-plane",
      namespace: "mesh",
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/own" },
    });
    assert.equal(
      (up.outputs.inAws as { tableArn: string }).tableArn,
      "arn:aws:dynamodb:eu-west-1:123456789012:table/meshes",
    );

    const refused = await stack.preview(program({ ...args, image: "appmesh" }));
    const words = refused.messages.join("\n");
    assert.match(
      words,
      /property table has a problem: neither table nor volume was given; one of them is required/,
    );
    assert.match(words, /has a problem: "appmesh" was given; an image with a tag or a digest is allowed/);
  });
});
