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

/** What all tasks have in common: where they run, who they are to the control plane, and traces (OpenTelemetry). */
function common(name: string, kind: "virtualNode" | "virtualGateway") {
  const identity = new appmesh.NodeIdentity(name, { meshName, [kind]: name });
  const { trustFrom, certificateFrom, privateKeyFrom } = identity;
  return {
    meshName,
    clusterArn: cluster.arn,
    vpcId: vpc.vpcId,
    subnetIds: vpc.privateSubnetIds,
    securityGroupIds: [members.id],
    controlPlane: { host, trustFrom, certificateFrom, privateKeyFrom },
    tracing: { samplingRate: 0.1 },
    desiredCount: 2,
  };
}

/** A service: its name, and its versions, which share the requests by weight. It may call another. */
function service(
  name: string,
  versions: Record<string, { image: string; weight: number }>,
  backend?: string,
) {
  const found = new aws.servicediscovery.Service(name, {
    name,
    dnsConfig: { namespaceId: namespace.id, dnsRecords: [{ type: "A", ttl: 10 }] },
    healthCheckCustomConfig: { failureThreshold: 1 },
    forceDestroy: true,
  });
  const tasks = (version: string, image: string) =>
    new appmesh.MeshEcsService(`${name}-${version}`, {
      ...common(`${name}-${version}`, "virtualNode"),
      cloudMap: { namespaceName: domain, serviceName: name, serviceArn: found.arn },
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
    });
  return new appmesh.MeshService(name, {
    meshName,
    virtualServiceName: `${name}.${domain}`,
    listener,
    versions: Object.fromEntries(
      Object.entries(versions).map(([version, { image, weight }]) => [
        version,
        { weight, virtualNodeName: tasks(version, image).virtualNodeName },
      ]),
    ),
  });
}

const storefront = service("storefront", { v1: { image: "storefront:1.8.0", weight: 100 } }, "catalog");
service(
  "catalog",
  {
    v1: { image: "catalog:1.4.2", weight: 100 - canaryWeight },
    v2: { image: "catalog:2.0.0", weight: canaryWeight },
  },
  "prices",
);
service("prices", { v1: { image: "prices:3.1.0", weight: 100 } });

const gateway = new appmesh.MeshGateway("web", {
  ...common("web", "virtualGateway"),
  virtualGatewayName: "web",
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  routes: { storefront: { virtualServiceName: storefront.virtualServiceName } },
  loadBalancer: { subnetIds: vpc.publicSubnetIds },
  clientCidrs: { everybody: "0.0.0.0/0" },
});

export const url = pulumi.interpolate`http://${gateway.dnsName}`;
