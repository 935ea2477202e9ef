// A mesh on Kubernetes: the control plane, AWS's controller, and two versions of a catalog that it puts into the mesh.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

const config = new pulumi.Config("eks-mesh");
const weight = config.getNumber("canaryWeight") ?? 10;
const clusterName = config.get("clusterName");
const image = config.require("controlPlaneImage");
const mesh = {
  region: config.get("region") ?? "eu-west-1",
  accountId: config.get("accountId") ?? "000000000000",
};

const shop = new kubernetes.core.v1.Namespace("shop", { metadata: { name: "shop" } });

// On EKS replicas share a table, and have their role by Pod Identity; on any other cluster there is one, with a volume.
const controlPlane = new appmesh.KubernetesControlPlane("control-plane", {
  ...mesh,
  image,
  ...(clusterName === undefined ? { volume: {} } : { table: {}, identity: { podIdentity: { clusterName } } }),
  trustedNetworkPort: 18001,
});

const controller = new appmesh.AppMeshController(
  "mesh",
  {
    ...mesh,
    // Asked before the controller is installed, by a Job of its own image.
    controlPlane: { address: controlPlane.address, caCertificate: controlPlane.caCertificate, image },
    accessKey: { accessKeyId: controlPlane.accessKeyId, secretAccessKey: controlPlane.secretAccessKey },
    injection: {
      namespaces: { shop: { labels: { mesh: "shop" } } },
      xdsEndpoint: controlPlane.xdsEndpoint,
    },
  },
  { dependsOn: [shop, controlPlane] },
);

// After the controller, and so gone before it: it alone takes its finalizers off them.
const opts = { dependsOn: controller };
const declare = (kind: string, name: string, spec: object, namespace?: string) =>
  new kubernetes.apiextensions.CustomResource(
    `${kind}-${name}`,
    {
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind,
      metadata: { name, ...(namespace !== undefined && { namespace }) },
      spec,
    },
    opts,
  );

declare("Mesh", "shop", {
  namespaceSelector: { matchLabels: { mesh: "shop" } },
  egressFilter: { type: "DROP_ALL" },
});

const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
for (const version of ["v1", "v2"]) {
  const labels = { app: "catalog", version };
  const name = `catalog-${version}`;
  new kubernetes.core.v1.Service(
    name,
    { metadata: { name, namespace: "shop" }, spec: { selector: labels, ports: [{ port: 8080 }] } },
    opts,
  );
  new kubernetes.apps.v1.Deployment(
    name,
    {
      metadata: { name, namespace: "shop" },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "catalog", image: `shop/catalog:${version}` }] },
        },
      },
    },
    opts,
  );
  declare(
    "VirtualNode",
    name,
    {
      podSelector: { matchLabels: labels },
      listeners,
      serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local` } },
    },
    "shop",
  );
}

declare(
  "VirtualRouter",
  "catalog",
  {
    listeners,
    routes: [
      {
        name: "canary",
        httpRoute: {
          match: { prefix: "/" },
          action: {
            weightedTargets: [
              { virtualNodeRef: { name: "catalog-v1" }, weight: 100 - weight },
              { virtualNodeRef: { name: "catalog-v2" }, weight },
            ],
          },
        },
      },
    ],
  },
  "shop",
);
declare(
  "VirtualService",
  "catalog",
  {
    awsName: "catalog.shop.svc.cluster.local",
    provider: { virtualRouter: { virtualRouterRef: { name: "catalog" } } },
  },
  "shop",
);

export const namespace = controller.namespace;
export const endpoint = controlPlane.endpoint;
