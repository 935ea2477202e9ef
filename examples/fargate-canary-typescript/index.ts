// A shop on Fargate: storefront → catalog → prices, and a canary of the catalog that gets a share of the requests.
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

const config = new pulumi.Config();
const canaryWeight = config.requireNumber("canaryWeight");
const registry = config.require("registry");
const host = config.require("controlPlaneHost");
const domain = "shop.internal";

const vpc = new awsx.ec2.Vpc("shop", { enableDnsHostnames: true });
const cluster = new aws.ecs.Cluster("shop");
const namespace = new aws.servicediscovery.PrivateDnsNamespace("shop", { name: domain, vpc: vpc.vpcId });
// Tasks that have it call each other, and nobody else calls them.
const members = new aws.ec2.SecurityGroup("shop", { vpcId: vpc.vpcId, description: "Tasks of the shop" });

const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
const listener = { portMapping: { port: 8080, protocol: appmesh.PortProtocol.Http } };

/** What all tasks have in common: where they run, who they are to the control plane, and their traces (OpenTelemetry). */
const common = (name: string) => ({
  meshName,
  clusterArn: cluster.arn,
  vpcId: vpc.vpcId,
  subnetIds: vpc.privateSubnetIds,
  securityGroupIds: [members.id],
  controlPlane: { host, trustFrom: "/appmesh/trust", tokenFrom: `/appmesh/${name}` },
  tracing: { samplingRate: 0.1 },
  desiredCount: 2,
});

/** The tasks of one version of a service, which may call one other service. Returns their virtual node. */
const tasks = (name: string, image: string, backend?: string) =>
  new appmesh.MeshEcsService(name, {
    ...common(name),
    cloudMap: { namespaceId: namespace.id, namespaceName: domain },
    clientSecurityGroupIds: { members: members.id },
    listeners: [listener],
    backends: backend ? [`${backend}.${domain}`] : [],
    containerDefinitions: [
      {
        name: "app",
        image: `${registry}/${image}`,
        portMappings: [{ containerPort: 8080 }],
        environment: backend ? [{ name: "BACKEND_URL", value: `http://${backend}.${domain}:8080` }] : [],
      },
    ],
  }).virtualNodeName;

/** A service by the name that others call, and the versions that share its requests by weight. */
const service = (name: string, versions: Record<string, appmesh.types.input.MeshServiceVersionArgs>) =>
  new appmesh.MeshService(name, { meshName, virtualServiceName: `${name}.${domain}`, listener, versions });

const storefront = service("storefront", {
  stable: { weight: 100, virtualNodeName: tasks("storefront", "storefront:1.8.0", "catalog") },
});
service("catalog", {
  stable: { weight: 100 - canaryWeight, virtualNodeName: tasks("catalog", "catalog:1.4.2", "prices") },
  canary: { weight: canaryWeight, virtualNodeName: tasks("catalog-canary", "catalog:2.0.0", "prices") },
});
service("prices", {
  stable: { weight: 100, virtualNodeName: tasks("prices", "prices:3.1.0") },
});

const gateway = new appmesh.MeshGateway("web", {
  ...common("web"),
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  routes: { storefront: { virtualServiceName: storefront.virtualServiceName } },
  loadBalancer: { subnetIds: vpc.publicSubnetIds },
  clientCidrs: { everybody: "0.0.0.0/0" },
});

export const url = pulumi.interpolate`http://${gateway.dnsName}`;
