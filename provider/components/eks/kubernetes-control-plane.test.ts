import { deepEqual, equal } from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { controlPlaneNetwork } from "./control-plane-network.js";
import { type ControlPlanePod, controlPlanePod } from "./control-plane-pod.js";
import { kubernetesControlPlane } from "./kubernetes-control-plane-args.js";

const image = "registry.example/appmesh:0.1.0";
const base: ObjectValue = { image, region: "eu-west-1", accountId: "111122223333" };
const withTable = { ...base, table: {}, identity: { podIdentity: { clusterName: "shop" } } };
const withVolume = { ...base, volume: {} };
const failures = (inputs: ObjectValue) => checkComponent(kubernetesControlPlane, inputs);
const reasons = (inputs: ObjectValue) =>
  failures(inputs).map(({ property, reason }) => `${property}: ${reason}`);
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

const kms = "arn:aws:kms:eu-west-1:111122223333:key/1";
const privateCa = "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1";
const certificate = { secretName: "tls", caCertificate: pem };

describe("what a KubernetesControlPlane is given", () => {
  it("may be little, much, or not known yet", () => {
    const fine: ObjectValue[] = [
      withTable,
      withVolume,
      { ...base, volume: { claimName: "meshes" }, certificate: { secretName: "tls", caCertificate: pem } },
      { ...withVolume, volume: { size: "10Gi", storageClassName: "gp3" }, memory: "512Mi", cpu: "1" },
      {
        ...withTable,
        replicas: 3,
        identity: { credentialsSecretName: "aws" },
        table: { tableArn: "arn:aws:dynamodb:eu-west-1:111122223333:table/meshes", kmsKeyArn: UNKNOWN },
        clients: {
          shop: { namespaceLabels: { mesh: "shop" }, podLabels: UNKNOWN },
          vpc: { cidr: "10.0.0.0/16" },
        },
        limits: { virtualNodesPerMesh: 5000 },
        environment: { AWS_ENDPOINT_URL_DYNAMODB: "http://dynamodb:8000" },
      },
      { ...withTable, image: UNKNOWN, region: UNKNOWN, replicas: UNKNOWN, table: { tableArn: UNKNOWN } },
      { ...withTable, roleStatements: [{ Effect: "Allow" }], permissionsBoundary: UNKNOWN },
      { ...withTable, certificate, authorities: { proxies: kms, workloads: privateCa } },
      { ...withTable, authorities: { workloads: UNKNOWN } },
      { ...withVolume, authorities: { proxiesSecretName: "ca", workloadsSecretName: "workloads" } },
      { ...withVolume, certificate, authorities: { proxiesSecretName: UNKNOWN } },
    ];
    for (const each of fine) deepEqual(failures(each), [], JSON.stringify(each));
  });

  it("is refused at its place, with a way out", () => {
    deepEqual(reasons({ ...base, image: "appmesh" }), [
      'image: "appmesh" was given; an image with a tag or a digest is allowed, as appmesh:1.0 or appmesh@sha256:…, so that all pods run the same.',
      "table: neither table nor volume was given; one of them is required, in which the control plane keeps the mesh.",
    ]);
    deepEqual(reasons({ ...withTable, volume: {} }), [
      "volume: it was given beside table; the mesh is kept in one of them. Leave one of both out.",
    ]);
    deepEqual(reasons({ ...withVolume, replicas: 2 }), [
      "replicas: 2 was given beside volume, which one replica alone can have. Leave it out, or give table instead of volume.",
    ]);
    deepEqual(reasons({ ...base, table: {} }), [
      "identity: nothing was given; it is required with table, without which replicas could not read it. On EKS give podIdentity or serviceAccountRole, elsewhere credentialsSecretName.",
    ]);
    deepEqual(
      reasons({
        ...withTable,
        table: {
          tableArn: "arn:aws:dynamodb:us-east-1:111122223333:table/meshes",
          deletionProtection: false,
        },
      }),
      [
        "table.deletionProtection: it was given beside tableArn; it is for the table that is made where that is not given. Leave one of both out.",
        'table.tableArn: the table is in us-east-1, and region is eu-west-1; the table must be in the region of the mesh. Give region: "us-east-1", or a table there.',
      ],
    );
    deepEqual(reasons({ ...withTable, table: { tableArn: "arn:aws:s3:::meshes" } }), [
      'table.tableArn: "arn:aws:s3:::meshes" was given; the ARN of a DynamoDB table is allowed, as arn:aws:dynamodb:eu-west-1:111122223333:table/meshes.',
    ]);
    deepEqual(reasons({ ...withTable, identity: { serviceAccountRole: {} } }), [
      "identity.serviceAccountRole: it names neither a role nor an OIDC provider; give oidcProviderArn, so that a role is made, or roleArn.",
    ]);
    deepEqual(reasons({ ...withVolume, roleStatements: [] }), [
      "roleStatements: it is for a role that is made, and none is: give identity.podIdentity or identity.serviceAccountRole without roleArn, or leave it out.",
    ]);
    deepEqual(reasons({ ...withVolume, networkPolicy: false, clients: { all: { cidr: "10.0.0.0" } } }), [
      "clients: it was given, and networkPolicy is false: nothing would keep others out. Leave one of both out.",
      'clients.all.cidr: "10.0.0.0" was given; a network with the length of its prefix is allowed, as 10.0.0.0/16 or 2001:db8::/56.',
    ]);
    deepEqual(reasons({ ...withVolume, clients: { all: { cidr: "10.0.0.0/8", podLabels: {} } } }), [
      "clients.all.podLabels: it was given beside cidr, a network outside of the cluster, where there are no pods. Leave one of both out.",
    ]);
    deepEqual(reasons({ ...withVolume, trustedNetworkPort: 18000 }), [
      "trustedNetworkPort: 18000 was given; replicas listen there for proxies that prove who they are. Another port is allowed, such as 18001.",
    ]);
    deepEqual(reasons({ ...withVolume, environment: { APPMESH_SECRET_ACCESS_KEY: "secret" } }), [
      "environment.APPMESH_SECRET_ACCESS_KEY: it is a secret, which nobody may read in a pod's own document. Use accessKeySecretName.",
    ]);
    deepEqual(reasons({ ...withTable, authorities: { proxies: kms } }), [
      "authorities.proxies: it was given without certificate: what replicas showed would be of this authority, and clients could not " +
        "be told whom to trust. Give certificate, such as one of cert-manager's, or proxiesSecretName, whose Secret is read.",
    ]);
    deepEqual(reasons({ ...withTable, certificate, authorities: { proxies: privateCa } }), [
      `authorities.proxies: ${privateCa} was given; an authority of proxies is an ARN of arn:aws:secretsmanager:…:secret…, arn:aws:kms:…:key….`,
    ]);
    deepEqual(reasons({ ...withTable, certificate, authorities: { proxies: kms, workloads: kms } }), [
      `authorities.workloads: ${kms} was given for proxies, too; what one of them signs must be nothing to those who ask for the other. Give it one of its own.`,
    ]);
    deepEqual(
      reasons({ ...withVolume, authorities: { proxiesSecretName: "ca", workloadsSecretName: "ca" } }),
      [
        "authorities.workloadsSecretName: ca was given for proxies, too; what one of them signs must be nothing to those who ask for the other. Give it one of its own.",
      ],
    );
    deepEqual(reasons({ ...withVolume, authorities: { workloads: kms } }), [
      "identity: nothing was given; it is required with authorities.workloads, which AWS asks replicas for a right to. On EKS give " +
        "podIdentity or serviceAccountRole, elsewhere credentialsSecretName, or keep the authority in a Secret, by authorities.workloadsSecretName.",
    ]);
    deepEqual(
      failures({ ...withTable, authorities: { workloads: kms, workloadsSecretName: "ca" } }).map(
        ({ property }) => property,
      ),
      ["authorities"],
    );
    deepEqual(
      failures({ ...withVolume, limits: { nodes: 1 }, volume: { claimName: "a", size: "many" } }).map(
        ({ property }) => property,
      ),
      ["volume", "volume.size"],
    );
  });
});

const settings: ControlPlanePod = {
  image,
  region: "eu-west-1",
  account: "111122223333",
  store: { table: "meshes" },
  certificate: { names: ["appmesh-control-plane.mesh.svc"] },
  authorities: { proxies: { secret: "appmesh-control-plane-authority" } },
  tokens: undefined,
  accessKey: "appmesh-control-plane-access-key",
  credentials: undefined,
  trustDomain: undefined,
  trustedNetworkPort: undefined,
  limits: undefined,
  cpu: undefined,
  memory: undefined,
  environment: undefined,
  serviceAccountName: "appmesh-control-plane",
  requireSpread: undefined,
  nodeSelector: undefined,
  tolerations: undefined,
  priorityClassName: undefined,
  imagePullSecretNames: undefined,
};
const fromSecret = (name: string, secret: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});
const argsOf = (more: Partial<ControlPlanePod>) =>
  controlPlanePod({ ...settings, ...more }).containers[0]?.args.join(" ") ?? "";

describe("a replica in a cluster", () => {
  it("is nobody's root, writes nothing, and waits to be well", () => {
    const probe = (path: string) => ({ httpGet: { path, port: "health" }, timeoutSeconds: 5 });
    const spread = (topologyKey: string) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": "appmesh-control-plane" } },
      matchLabelKeys: ["pod-template-hash"],
    });
    deepEqual(controlPlanePod(settings), {
      serviceAccountName: "appmesh-control-plane",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
      volumes: [{ name: "authority", secret: { secretName: "appmesh-control-plane-authority" } }],
      topologySpreadConstraints: [spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")],
      containers: [
        {
          name: "control-plane",
          image,
          args: [
            ...["serve", "--region", "eu-west-1", "--account", "111122223333", "--table", "meshes"],
            ...["--api", "0.0.0.0:7070", "--tls-self-signed", "--tls-name", "appmesh-control-plane.mesh.svc"],
            ...["--xds", "0.0.0.0:18000", "--xds-tls-self-signed"],
            ...["--xds-tls-name", "appmesh-control-plane.mesh.svc"],
            ...["--notices", "0.0.0.0:7946", "--metrics", "0.0.0.0:9090", "--authority"],
            "proxies=files:/etc/appmesh/authority/tls.crt,/etc/appmesh/authority/tls.key",
          ],
          env: [
            fromSecret("APPMESH_ACCESS_KEY_ID", "appmesh-control-plane-access-key", "accessKeyId"),
            fromSecret("APPMESH_SECRET_ACCESS_KEY", "appmesh-control-plane-access-key", "secretAccessKey"),
            fromSecret("APPMESH_METRICS_TOKEN", "appmesh-control-plane-metrics", "token"),
          ],
          ports: [
            { name: "api", containerPort: 7070 },
            { name: "xds", containerPort: 18000 },
            { name: "notices", containerPort: 7946, protocol: "UDP" },
            { name: "health", containerPort: 9090 },
          ],
          resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
          startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 60 },
          livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 3 },
          readinessProbe: { ...probe("/readyz"), periodSeconds: 5, failureThreshold: 2 },
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [{ name: "authority", mountPath: "/etc/appmesh/authority", readOnly: true }],
        },
      ],
    });
  });

  it("keeps what it has on a volume, shows a certificate of a Secret, and takes tokens by keys in a file", () => {
    const pod = controlPlanePod({
      ...settings,
      store: { claim: "meshes" },
      certificate: { secret: "tls" },
      authorities: {},
      tokens: { issuer: "https://issuer.example", hasKeys: true, audience: "mesh" },
      credentials: "aws",
      imagePullSecretNames: ["registry"],
    });
    deepEqual(pod.volumes, [
      { name: "data", persistentVolumeClaim: { claimName: "meshes" } },
      { name: "certificate", secret: { secretName: "tls" } },
      { name: "keys", configMap: { name: "appmesh-control-plane-keys" } },
    ]);
    const [container] = pod.containers;
    deepEqual(container?.volumeMounts, [
      { name: "data", mountPath: "/data" },
      { name: "certificate", mountPath: "/etc/appmesh/certificate", readOnly: true },
      { name: "keys", mountPath: "/etc/appmesh/keys", readOnly: true },
    ]);
    equal(
      container?.args.join(" "),
      "serve --region eu-west-1 --account 111122223333 --data /data" +
        " --api 0.0.0.0:7070 --tls-cert /etc/appmesh/certificate/tls.crt --tls-key /etc/appmesh/certificate/tls.key" +
        " --xds 0.0.0.0:18000 --xds-tls-cert /etc/appmesh/certificate/tls.crt --xds-tls-key /etc/appmesh/certificate/tls.key" +
        " --metrics 0.0.0.0:9090 --proxy-jwks /etc/appmesh/keys/keys.json --proxy-jwks-issuer https://issuer.example" +
        " --proxy-jwks-audience mesh",
    );
    deepEqual(
      container?.env.slice(-2),
      ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((name) => fromSecret(name, "aws", name)),
    );
    equal("topologySpreadConstraints" in pod, false);
    deepEqual(pod.imagePullSecrets, [{ name: "registry" }]);
  });

  it("signs by authorities whose keys are in AWS, or in Secrets", () => {
    const authoritiesOf = (authorities: ControlPlanePod["authorities"]) =>
      argsOf({ authorities })
        .split(" --authority ")
        .slice(1)
        .map((each) => each.split(" ")[0]);
    deepEqual(authoritiesOf({ proxies: { arn: kms }, workloads: { arn: privateCa } }), [
      `proxies=${kms}`,
      `workloads=${privateCa}`,
    ]);
    const authorities = { proxies: { secret: "ca" }, workloads: { secret: "workloads-ca" } };
    deepEqual(authoritiesOf(authorities), [
      "proxies=files:/etc/appmesh/authority/tls.crt,/etc/appmesh/authority/tls.key",
      "workloads=files:/etc/appmesh/workloads/tls.crt,/etc/appmesh/workloads/tls.key",
    ]);
    const { volumes, containers } = controlPlanePod({
      ...settings,
      certificate: { secret: "tls" },
      authorities,
    });
    deepEqual(volumes, [
      { name: "certificate", secret: { secretName: "tls" } },
      { name: "authority", secret: { secretName: "ca" } },
      { name: "workloads", secret: { secretName: "workloads-ca" } },
    ]);
    deepEqual(containers[0]?.volumeMounts, [
      { name: "certificate", mountPath: "/etc/appmesh/certificate", readOnly: true },
      { name: "authority", mountPath: "/etc/appmesh/authority", readOnly: true },
      { name: "workloads", mountPath: "/etc/appmesh/workloads", readOnly: true },
    ]);
  });

  it("looks up a cluster's keys where EKS has them, and serves a trusted network where it is told so", () => {
    const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
    const args = argsOf({
      tokens: { issuer, hasKeys: false, audience: undefined },
      trustedNetworkPort: 18001,
    });
    equal(
      args.slice(args.indexOf(" --metrics")),
      " --metrics 0.0.0.0:9090 --authority proxies=files:/etc/appmesh/authority/tls.crt,/etc/appmesh/authority/tls.key" +
        ` --xds-trusted-network 0.0.0.0:18001 --proxy-jwks ${issuer}/keys --proxy-jwks-issuer ${issuer}`,
    );
    deepEqual(
      controlPlanePod({ ...settings, requireSpread: true }).topologySpreadConstraints?.map(
        ({ whenUnsatisfiable }) => whenUnsatisfiable,
      ),
      ["ScheduleAnyway", "DoNotSchedule"],
    );
  });
});

describe("the network of a control plane in a cluster", () => {
  const replicas = { matchLabels: { "app.kubernetes.io/name": "appmesh-control-plane" } };
  const tcp = (...all: number[]) => all.map((port) => ({ protocol: "TCP", port }));

  it("lets pods of the cluster in, and replicas tell each other of changes", () => {
    deepEqual(
      controlPlaneNetwork({
        clients: undefined,
        trustedNetworkPort: undefined,
        several: true,
        monitored: false,
      }),
      {
        podSelector: replicas,
        policyTypes: ["Ingress"],
        ingress: [
          { from: [{ namespaceSelector: {} }], ports: tcp(7070, 18000) },
          { from: [{ podSelector: replicas }], ports: [{ protocol: "UDP", port: 7946 }] },
        ],
      },
    );
  });

  it("lets named clients in alone, and prepared namespaces where no proof is asked for", () => {
    const { ingress } = controlPlaneNetwork({
      clients: [
        { namespaceLabels: { mesh: "shop" }, podLabels: { app: "catalog" } },
        { namespaceLabels: {} },
        { cidr: "10.0.0.0/16" },
      ],
      trustedNetworkPort: 18001,
      several: false,
      monitored: true,
    });
    deepEqual(ingress, [
      {
        from: [
          {
            namespaceSelector: { matchLabels: { mesh: "shop" } },
            podSelector: { matchLabels: { app: "catalog" } },
          },
          { namespaceSelector: { matchLabels: {} } },
          { ipBlock: { cidr: "10.0.0.0/16" } },
        ],
        ports: tcp(7070, 18000),
      },
      {
        from: [
          { namespaceSelector: { matchLabels: { "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled" } } },
        ],
        ports: tcp(18001),
      },
      { from: [{ namespaceSelector: {} }], ports: tcp(9090) },
    ]);
  });
});
