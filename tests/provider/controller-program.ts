// The inputs with which the tests install the App Mesh controller, and all that is made of them.
import { fileURLToPath } from "node:url";
import type { AppMeshControllerArgs } from "@pulumi-appmesh/appmesh";
import { TestAuthority } from "../support/certificates.js";
import { sorted } from "./stack.js";

const chart = fileURLToPath(new URL("../../support/charts/appmesh-controller", import.meta.url));

export async function controllerInputs(): Promise<AppMeshControllerArgs> {
  const { certificate } = await TestAuthority.make("control plane");
  return {
    region: "eu-west-1",
    accountId: "111122223333",
    controlPlane: { address: "10.0.0.10", caCertificate: certificate },
    accessKey: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-secret" },
    chart: { chart },
    values: { sidecar: { logLevel: "warn" }, env: { https_proxy: "http://proxy.example:3128" } },
    tracing: { provider: "x-ray" },
    injection: {
      namespaces: { shop: { labels: { mesh: "shop" } } },
      xdsEndpoint: "xds.shop.internal:443",
      environment: { ENVOY_LOG_LEVEL: "warn" },
    },
  };
}

export const shown = (steps: Parameters<typeof sorted>[0]) =>
  sorted(steps).map(({ op, type, name }) => `${op} ${type} ${name}`);

export const made = [
  "create appmesh:index:AppMeshController mesh",
  "create kubernetes:admissionregistration.k8s.io/v1:MutatingAdmissionPolicy mesh-injection",
  "create kubernetes:admissionregistration.k8s.io/v1:MutatingAdmissionPolicyBinding mesh-injection-binding",
  "create kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfiguration mesh-chart:appmesh-controller-mutating-webhook-configuration",
  "create kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy mesh-finalizers",
  "create kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy mesh-host-network",
  "create kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding mesh-finalizers-binding",
  "create kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding mesh-host-network-binding",
  "create kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration mesh-chart:appmesh-controller-validating-webhook-configuration",
  ...[
    "backendgroups",
    "gatewayroutes",
    "meshes",
    "virtualgateways",
    "virtualnodes",
    "virtualrouters",
    "virtualservices",
  ].map((plural) => `create kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition mesh-${plural}`),
  "create kubernetes:apps/v1:Deployment mesh-chart:appmesh-system/appmesh-controller",
  "create kubernetes:core/v1:ConfigMap mesh-authorities",
  "create kubernetes:core/v1:Namespace mesh-namespace",
  "create kubernetes:core/v1:NamespacePatch mesh-shop",
  "create kubernetes:core/v1:Secret mesh-access-key",
  "create kubernetes:core/v1:Secret mesh-chart:appmesh-system/appmesh-controller-webhook-server-cert",
  "create kubernetes:core/v1:Secret mesh-shop-authorities",
  "create kubernetes:core/v1:Secret mesh-webhook-certificate",
  "create kubernetes:core/v1:Service mesh-chart:appmesh-system/appmesh-controller-webhook-service",
  "create kubernetes:core/v1:ServiceAccount mesh-service-account",
  "create kubernetes:helm.sh/v4:Chart mesh-chart",
  "create kubernetes:rbac.authorization.k8s.io/v1:ClusterRole mesh-chart:appmesh-controller-role",
  "create kubernetes:rbac.authorization.k8s.io/v1:ClusterRole mesh-controller-is-needed",
];
