import {
  accountId,
  arn,
  boolean,
  enumeration,
  exactlyOne,
  hidden,
  type Infer,
  integer,
  json,
  map,
  optional,
  required,
  string,
  structure,
  union,
} from "@pulumi-appmesh/model";
import type { ComponentType } from "../component.js";
import { controllerRules } from "./check-controller.js";
import { PodIdentity, ServiceAccountRole } from "./identity-args.js";
import { label, MUST_EXIST, pem, region } from "./kubernetes-names.js";

/** The chart that AWS published last, and where. */
export const CHART = {
  name: "appmesh-controller",
  repository: "https://aws.github.io/eks-charts",
  version: "1.13.3",
} as const;

export const ControllerKind = enumeration("AppMeshControllerKind", "Which controller reads the objects.", {
  aws: "The App Mesh controller of AWS, unmodified.",
});

export const ControllerControlPlane = structure(
  "AppMeshControllerControlPlane",
  "Where the control plane is for the controller, which calls appmesh.<region>.amazonaws.com on port 443 and has no " +
    "option to call another name. The certificate of the control plane's API must be valid for that name.",
  {
    address: optional(
      string({ minLength: 1 }),
      "IP address to which the controller's pods resolve the name: that of a load balancer before the control plane's " +
        "API, which listens on port 443. If unset, DNS leads there, as with a private hosted zone.",
    ),
    caCertificate: optional(
      pem,
      "The authorities behind the API's certificate, in PEM. If unset, a public authority is.",
    ),
    image: optional(
      string({ minLength: 1, maxLength: 512 }),
      "Image of the control plane, with a tag or digest. A Job of it asks the control plane, as the controller's pods would, before " +
        "anything of the chart is made: where it is not reached, shows another certificate or does not know the access key, this " +
        "is said. If unset, nobody asks; the controller starts all the same, and only logs.",
    ),
  },
);

export const ControllerAccessKey = structure(
  "AppMeshControllerAccessKey",
  "The access key with which the controller signs its requests: one that the control plane knows. Either it is given, " +
    "or the name of a Secret that has it.",
  {
    secretName: optional(
      string({ minLength: 1 }),
      `Name of a Secret of the controller's namespace with the keys accessKeyId and secretAccessKey. ${MUST_EXIST}`,
    ),
    accessKeyId: optional(string({ minLength: 1 }), "The access key's id. A Secret is made of it."),
    secretAccessKey: hidden(optional(string({ minLength: 1 }), "The access key's secret part.")),
  },
  exactlyOne("secretName", "accessKeyId"),
);

export const ControllerIdentity = union(
  "AppMeshControllerIdentity",
  "The IAM role of the controller's pods, with which it calls AWS Cloud Map. Exactly one member is given.",
  {
    podIdentity: optional(PodIdentity, "By EKS Pod Identity."),
    serviceAccountRole: optional(ServiceAccountRole, "By the service account and OIDC (IRSA)."),
  },
);

export const ControllerChart = structure("AppMeshControllerChart", "Where the Helm chart comes from.", {
  chart: optional(
    string({ minLength: 1 }),
    `Name of the chart in the repository, a local path, or an OCI reference (oci://…). Defaults to ${CHART.name}.`,
  ),
  repository: optional(
    string({ minLength: 1 }),
    `URL of the repository. Defaults to ${CHART.repository}; a path or an OCI reference needs none.`,
  ),
  version: optional(
    string({ minLength: 1 }),
    `Version of the chart. Defaults to ${CHART.version}, for which the component is made; a path needs none.`,
  ),
});

export const ControllerImage = structure("AppMeshControllerImage", "A container image.", {
  repository: required(string({ minLength: 1 }), "Registry and name."),
  tag: required(string({ minLength: 1 }), "The tag."),
});
const image = (whose: string) =>
  optional(ControllerImage, `The image of ${whose}. If unset, the chart's own, in AWS's registries.`);

export const ControllerWebhookCertificate = structure(
  "AppMeshControllerWebhookCertificate",
  "A certificate for the controller's webhooks, valid for <release>-webhook-service.<namespace>.svc.",
  {
    caCertificate: required(
      pem,
      "Its authority, which the API server of the cluster is told to trust, in PEM.",
    ),
    certificate: required(pem, "The certificate, in PEM."),
    privateKey: hidden(required(pem, "Its private key, in PEM.")),
  },
);

export const InjectedNamespace = structure(
  "AppMeshInjectedNamespace",
  "A namespace whose pods get a proxy. It must exist; only its labels are touched.",
  {
    labels: optional(
      map(string()),
      "Labels that it gets besides, such as those by which a Mesh object selects it.",
    ),
  },
);

export const ControllerInjection = structure(
  "AppMeshControllerInjection",
  "What the controller puts into pods.",
  {
    namespaces: required(
      map(InjectedNamespace, { minItems: 1 }),
      "The namespaces whose pods get a proxy, by name. They are labelled for it, and every new pod of them is told the " +
        "xDS endpoint and the authority by a MutatingAdmissionPolicy, which Kubernetes has since 1.36.",
    ),
    xdsEndpoint: required(
      string({
        pattern: {
          regex: /^[^\s:/]+:[0-9]{1,5}$/,
          says: "of a host name and a port, such as xds.shop.internal:443",
        },
      }),
      "HOST:PORT of the control plane's xDS, as pods reach it.",
    ),
    caCertificate: optional(
      pem,
      "The authorities behind the certificate of xDS, in PEM. Defaults to those of the API.",
    ),
    sidecarImage: image("the proxy"),
    initImage: image("the init container, which redirects the traffic"),
    environment: optional(map(string()), "Further environment variables of every proxy."),
  },
);

export const ControllerTracingProvider = enumeration(
  "AppMeshControllerTracingProvider",
  "Whom the injected proxies send spans to.",
  {
    "x-ray": "The X-Ray daemon, which is injected as well.",
    jaeger: "Jaeger.",
    datadog: "The agent of Datadog.",
    opentelemetry:
      "A collector of OpenTelemetry, by OTLP over gRPC without TLS. All requests are told, as those of a service that is called as " +
      "the namespace; the collector chooses. Only for namespaces of injection.",
  },
);

export const ControllerTracing = structure("AppMeshControllerTracing", "Tracing by the injected proxies.", {
  provider: required(ControllerTracingProvider, "x-ray, jaeger, datadog or opentelemetry."),
  address: optional(
    string({ minLength: 1 }),
    "Host of Jaeger, of the agent of Datadog or of the collector. Required with opentelemetry.",
  ),
  port: optional(
    integer({ min: 1, max: 65535 }),
    "Its port, 1 to 65535. If unset, 2000 for x-ray, 9411 for jaeger, 8126 for datadog and 4317 for opentelemetry.",
  ),
});

const inputs = {
  controller: optional(
    ControllerKind,
    "Which controller is installed. Defaults to aws, the only one so far.",
  ),
  region: required(region, "The region in which the control plane says that its meshes are."),
  accountId: required(
    accountId,
    "The account in which the control plane says that its meshes are, twelve digits.",
  ),
  controlPlane: optional(ControllerControlPlane, "Where the control plane is. If unset, DNS leads there."),
  accessKey: optional(
    ControllerAccessKey,
    "The access key of the controller, one that the control plane knows. Either this or identity is given.",
  ),
  identity: optional(
    ControllerIdentity,
    "The IAM role of the controller's pods on EKS, by which requests are signed where the control plane stands behind something " +
      "that takes AWS's signatures: it does not itself. Outside of EKS there is none.",
  ),
  namespace: optional(label, "Namespace of the controller. Defaults to appmesh-system."),
  createNamespace: optional(boolean(), "Whether the namespace is made. Defaults to true."),
  chart: optional(ControllerChart, "Where the Helm chart comes from. If unset, AWS's repository."),
  image: image("the controller"),
  replicas: optional(
    integer({ min: 1, max: 10 }),
    "Pods of the controller, 1 to 10. Defaults to the chart's 1.",
  ),
  webhookCertificate: optional(
    ControllerWebhookCertificate,
    "The certificate of the controller's webhooks. If unset, one is made once, for ten years, and kept in a Secret.",
  ),
  injection: optional(
    ControllerInjection,
    "What the controller puts into pods. If unset, no namespace is prepared.",
  ),
  tracing: optional(ControllerTracing, "Tracing by the injected proxies. If unset, the chart's own: none."),
  values: optional(json(), "Further values of the chart, an object. What other inputs say has precedence."),
} as const;

/** What the component is given once its shapes and rules have been checked. */
export type ControllerInputs = {
  readonly [K in keyof typeof inputs]?: Infer<(typeof inputs)[K]["shape"]>;
};

/** AWS's App Mesh controller, pointed at a control plane of one's own. */
export const appMeshController: ComponentType = {
  name: "AppMeshController",
  doc:
    "AWS's App Mesh controller in a Kubernetes cluster, unmodified, pointed at this control plane: its namespace, service " +
    "account and IAM role, the custom resource definitions of appmesh.k8s.aws/v1beta2, the controller by its Helm chart, " +
    "and the namespaces whose pods get a proxy. The cluster is that of the Kubernetes provider which the program passes. " +
    "The custom resource definitions, and the meshes in them, outlive the component.",
  inputs,
  plain: [
    "createNamespace",
    "controlPlane",
    "accessKey",
    "identity",
    "chart",
    "webhookCertificate",
    "injection",
    "tracing",
  ],
  outputs: {
    namespace: required(label, "Namespace of the controller."),
    serviceAccountName: required(string(), "Name of the controller's service account."),
    roleArn: optional(arn, "ARN of the IAM role of the controller's pods, if they have one."),
    releaseName: required(
      string(),
      "Name of the chart's release, with which the names of its objects begin.",
    ),
  },
  rules: controllerRules,
  load: async () => (await import("./controller.js")).AppMeshController,
};
