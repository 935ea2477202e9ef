import type { Input } from "@pulumi/pulumi";
import {
  accountId,
  arn,
  atMostOne,
  boolean,
  enumeration,
  exactlyOne,
  integer,
  json,
  list,
  map,
  optional,
  required,
  string,
  structure,
  union,
} from "@pulumi-appmesh/model";
import {
  authoritiesDoc,
  authorityArns,
  deletionProtection,
  replicas,
  sharedInputs,
  trustedNetworkPort,
} from "../aws/control-plane-inputs.js";
import type { ComponentInputs, ComponentType } from "../component.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { text } from "../shapes.js";
import { componentTags } from "../tags.js";
import { PodIdentity, ServiceAccountRole } from "./identity-args.js";
import { kubernetesControlPlaneRules } from "./kubernetes-control-plane-rules.js";
import { label, MUST_EXIST, pem, quantity, region } from "./kubernetes-names.js";

export const KubernetesControlPlaneTable = structure(
  "KubernetesControlPlaneTable",
  "The DynamoDB table that replicas share.",
  {
    tableArn: optional(
      arn,
      "Table that is there already, such as that of a ControlPlane on ECS, or one that was restored. If unset, one is made: on " +
        "demand, encrypted, with recovery to any point of the last 35 days.",
    ),
    kmsKeyArn: optional(
      arn,
      "KMS key of the table, in which the authorities' keys are. If unset, one is made for a table that is made; a table that is " +
        "there is taken for one with DynamoDB's own key.",
    ),
    deletionProtection,
  },
);

export const KubernetesControlPlaneVolume = structure(
  "KubernetesControlPlaneVolume",
  "The volume of a control plane without AWS: one replica, which is away while its pod is moved. Proxies keep what they have.",
  {
    claimName: optional(
      text,
      "PersistentVolumeClaim of the namespace that is there already, and outlives the component. If unset, one is made, which goes " +
        "with the component.",
    ),
    size: optional(
      quantity,
      "Size of the claim that is made. Defaults to 1Gi, enough for some hundred thousand entities.",
    ),
    storageClassName: optional(text, "Its storage class. Defaults to the cluster's."),
  },
  atMostOne("claimName", "size"),
  atMostOne("claimName", "storageClassName"),
);

export const KubernetesControlPlaneIdentity = union(
  "KubernetesControlPlaneIdentity",
  "With what replicas call AWS: DynamoDB, and Cloud Map and ACM where entities name them. Exactly one member is given.",
  {
    podIdentity: optional(PodIdentity, "An IAM role by EKS Pod Identity."),
    serviceAccountRole: optional(ServiceAccountRole, "An IAM role by the service account and OIDC (IRSA)."),
    credentialsSecretName: optional(
      text,
      `Name of a Secret of the namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, outside of EKS. ${MUST_EXIST}`,
    ),
  },
);

export const KubernetesControlPlaneCertificate = structure(
  "KubernetesControlPlaneCertificate",
  "A certificate of your own for the API and xDS, valid for all names by which they are called. It is taken again when it changes.",
  {
    secretName: required(
      text,
      "Name of a Secret of the namespace with tls.crt and tls.key, as cert-manager makes it.",
    ),
    caCertificate: required(pem, "The authorities behind it, in PEM, which clients are to trust."),
  },
);

const STORE = "the table or the volume";
export const KubernetesControlPlaneAuthorities = structure(
  "KubernetesControlPlaneAuthorities",
  `${authoritiesDoc(STORE)} In a Secret, tls.crt has the authority's certificate and those above it up to the root, and tls.key its ` +
    "key (P-256).",
  {
    ...authorityArns({
      proxies:
        "Only beside certificate: a control plane that shows what this signs is not known to clients before it has started.",
      workloads: `If neither this nor workloadsSecretName is given, ${STORE} has it.`,
    }),
    proxiesSecretName: optional(
      text,
      `The same as a Secret of the namespace, which several control planes or stacks may share. ${MUST_EXIST} If neither is given, one is made, ` +
        `with an authority for ten years; beside certificate, ${STORE} has it. A table or volume that has had another authority is not ` +
        "used with this.",
    ),
    workloadsSecretName: optional(
      text,
      `The same as a Secret of the namespace, for managed TLS without AWS. ${MUST_EXIST}`,
    ),
  },
  atMostOne("proxies", "proxiesSecretName"),
  atMostOne("workloads", "workloadsSecretName"),
);

export const KubernetesControlPlaneService = structure(
  "KubernetesControlPlaneService",
  "How the control plane is called.",
  {
    type: optional(
      enumeration("KubernetesControlPlaneServiceType", "Who reaches a Service.", {
        ClusterIP: "The cluster.",
        LoadBalancer: "Those who reach the load balancer as well, such as tasks on ECS in the same mesh.",
      }),
      "Who reaches it. Defaults to ClusterIP.",
    ),
    annotations: optional(
      map(string()),
      "Annotations, such as service.beta.kubernetes.io/aws-load-balancer-scheme: internal.",
    ),
    loadBalancerClass: optional(text, "Who makes the load balancer, such as service.k8s.aws/nlb."),
    hostNames: optional(
      list(string({ minLength: 1, maxLength: 253 })),
      "Further names by which it is called, for which its own certificate is valid, too, such as appmesh.shop.internal.",
    ),
  },
);

export const KubernetesControlPlaneClient = structure(
  "KubernetesControlPlaneClient",
  "Who reaches the API and xDS.",
  {
    namespaceLabels: optional(map(string()), "Pods of the namespaces with these labels."),
    podLabels: optional(map(string()), "Those of these pods alone that have these labels."),
    cidr: optional(text, "A network outside of the cluster, as 10.0.0.0/16."),
  },
  exactlyOne("namespaceLabels", "cidr"),
);

export const KubernetesControlPlaneTokens = structure(
  "KubernetesControlPlaneTokens",
  "Tokens of the cluster's service accounts, by which pods of the mesh prove who they are. Whose proxies run as which account " +
    "is told to the control plane's API.",
  {
    issuer: required(
      text,
      "Issuer of the tokens, such as https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF.",
    ),
    keys: optional(
      text,
      "The cluster's keys as a JSON Web Key Set (kubectl get --raw /openid/v1/jwks). If unset, they are looked up at ISSUER/keys, where EKS has them.",
    ),
    audience: optional(text, "Audience of the tokens. Defaults to appmesh."),
  },
);

export const KubernetesControlPlaneServiceMonitor = structure(
  "KubernetesControlPlaneServiceMonitor",
  "What tells Prometheus' operator to collect the metrics. Its definitions (monitoring.coreos.com/v1) must be there.",
  {
    labels: optional(map(string()), "Labels by which a Prometheus selects it, such as release: prometheus."),
    intervalSeconds: optional(
      integer({ min: 5, max: 3600 }),
      "Seconds between two collections. Defaults to 30.",
    ),
  },
);

const inputs = {
  image: sharedInputs.image,
  region: required(region, "Region in the ARNs of the mesh, and that of the table."),
  accountId: required(accountId, "Account in the ARNs of the mesh, twelve digits."),
  namespace: optional(label, "Namespace of the control plane. Defaults to appmesh-control-plane."),
  createNamespace: optional(boolean(), "Whether the namespace is made. Defaults to true."),
  table: optional(
    KubernetesControlPlaneTable,
    "A table of DynamoDB, for two or more replicas. Either this or volume is given.",
  ),
  volume: optional(KubernetesControlPlaneVolume, "A volume, for one replica. Either this or table is given."),
  identity: optional(KubernetesControlPlaneIdentity, "With what replicas call AWS. Required with table."),
  replicas: optional(
    replicas,
    "How many there are with table, 2 to 10. Any of them may be lost at any time. Defaults to 2.",
  ),
  cpu: optional(quantity, "CPU that a replica asks for. Defaults to 500m. It may use more."),
  memory: optional(
    quantity,
    "Memory of a replica, which it asks for and is limited to. Defaults to 1Gi, enough for some thousand proxies.",
  ),
  certificate: optional(
    KubernetesControlPlaneCertificate,
    "A certificate of your own. If unset, replicas issue their own, of the authority.",
  ),
  authorities: optional(
    KubernetesControlPlaneAuthorities,
    "Where authorities' keys are. A role that is made has the rights to them that it needs.",
  ),
  accessKeySecretName: optional(
    text,
    `Name of a Secret of the namespace with the first access key, accessKeyId and secretAccessKey. ${MUST_EXIST} If unset, one is made up.`,
  ),
  service: optional(KubernetesControlPlaneService, "How it is called. If unset, in the cluster alone."),
  clusterDomain: optional(
    string({ minLength: 1, maxLength: 253 }),
    "The cluster's own DNS domain. Defaults to cluster.local.",
  ),
  networkPolicy: optional(
    boolean(),
    "Whether a NetworkPolicy lets nobody in but clients. Defaults to true; it is in force where the cluster's network knows such policies.",
  ),
  clients: optional(
    map(KubernetesControlPlaneClient),
    "Who reaches the API and xDS, by a name that you choose. If unset, all pods of the cluster do.",
  ),
  trustedNetworkPort: trustedNetworkPort(
    "The NetworkPolicy lets only namespaces in whose pods AppMeshController puts proxies. ",
  ),
  serviceAccountTokens: optional(
    KubernetesControlPlaneTokens,
    "Takes tokens of the cluster's service accounts for proofs. If unset, it does not.",
  ),
  trustDomain: sharedInputs.trustDomain,
  limits: sharedInputs.limits,
  environment: sharedInputs.environment,
  serviceMonitor: optional(
    KubernetesControlPlaneServiceMonitor,
    "Has Prometheus' operator collect the metrics. If unset, nobody is told of them.",
  ),
  certificateArns: sharedInputs.certificateArns,
  roleStatements: optional(
    list(json()),
    'More statements of what a role that is made may do, in IAM\'s JSON, as {Effect: "Allow", Action: […], Resource: …}.',
  ),
  permissionsBoundary: sharedInputs.permissionsBoundary,
  requireSpread: optional(
    boolean(),
    "Whether a replica rather waits than shares a machine with another. Defaults to false: machines and zones are spread over as far as possible.",
  ),
  podLabels: optional(map(string()), "More labels of the pods."),
  podAnnotations: optional(map(string()), "More annotations of the pods."),
  nodeSelector: optional(map(string()), "Labels of the machines that pods may be on."),
  tolerations: optional(list(json()), "Taints of machines that pods stand, as Kubernetes has them."),
  priorityClassName: optional(text, "Priority class of the pods."),
  imagePullSecretNames: optional(list(text), "Secrets of the namespace with which the image is pulled."),
  tags: componentTags,
} as const;

/** A control plane in a Kubernetes cluster, with all that it needs. */
export const kubernetesControlPlane: ComponentType = {
  name: "KubernetesControlPlane",
  doc:
    "The control plane in a Kubernetes cluster: replicas that share a DynamoDB table and keep nothing themselves, or one on a " +
    "volume; a Service, a disruption budget, a NetworkPolicy, an IAM role where it is on EKS, an authority and a first access key. " +
    "What it gives back is what AppMeshController and Envoys ask for. Containers are nobody's root, may write nothing but their " +
    "volume, and have no capability. The cluster is that of the Kubernetes provider which the program passes.",
  inputs,
  plain: [
    ...["createNamespace", "table", "volume", "identity", "certificate", "clients", "networkPolicy"],
    ...["authorities", "serviceAccountTokens", "serviceMonitor"],
  ],
  outputs: {
    namespace: required(label, "Namespace of the control plane."),
    serviceName: required(string(), "Its Service."),
    serviceAccountName: required(string(), "Service account of the replicas."),
    address: required(
      string(),
      "IP address of the Service, whose port 443 is the API's: what AppMeshController's controlPlane.address asks for.",
    ),
    host: required(string(), "Host name of the Service in the cluster."),
    endpoint: required(string(), "URL of the App Mesh API in the cluster."),
    xdsPort: required(integer(), "Port of the Service on which proxies are served that prove who they are."),
    xdsEndpoint: required(
      string(),
      "HOST:PORT of xDS, as AppMeshController's injection.xdsEndpoint asks for it: that of trustedNetworkPort, where there is one.",
    ),
    caCertificate: required(string(), "The authorities that clients and proxies are to trust, in PEM."),
    caConfigMapName: required(string(), "ConfigMap of the namespace that has them as ca.crt."),
    accessKeyId: required(string(), "The first access key's id."),
    secretAccessKey: required(string(), "Its secret part."),
    accessKeySecretName: required(string(), "Secret of the namespace that has both."),
    tableArn: optional(string(), "ARN of the table, if there is one."),
    roleArn: optional(string(), "IAM role of the replicas, if they have one."),
  },
  secrets: ["secretAccessKey"],
  rules: kubernetesControlPlaneRules,
  load: async () => (await import("./kubernetes-control-plane.js")).KubernetesControlPlane,
};

/** What `KubernetesControlPlane` is given, once everything is known. */
export type KubernetesControlPlaneInputs = ComponentInputs<typeof inputs>;

type Plain =
  | "authorities"
  | "createNamespace"
  | "table"
  | "volume"
  | "identity"
  | "certificate"
  | "clients"
  | "networkPolicy"
  | "serviceAccountTokens"
  | "serviceMonitor";

/** What a `KubernetesControlPlane` is given. How much is made of it is known at once; all else may come later. */
export type KubernetesControlPlaneArgs = WithPlain<DeepInputs<KubernetesControlPlaneInputs>, Plain>;

export type Tags = Input<Record<string, Input<string>>> | undefined;
