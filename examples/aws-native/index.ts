// A mesh by the resources of the AWS provider, as App Mesh's users have it in their programs. What is new is the
// provider at the top: App Mesh is at the control plane now, and all else of AWS where it was.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const provider = new aws.Provider("mesh", {
  endpoints: [{ appmesh: new pulumi.Config().require("endpoint") }],
  // The region of `appmesh serve --region`: it is part of the signature, and of ARNs.
  region: "us-east-1",
  // The rest is for the case that AWS itself has no part in this: no account is asked for, and no metadata.
  skipCredentialsValidation: true,
  skipRequestingAccountId: true,
  skipMetadataApiCheck: true,
  skipRegionValidation: true,
});
const options = { provider };

const mesh = new aws.appmesh.Mesh(
  "shop",
  { name: "shop", spec: { egressFilter: { type: "DROP_ALL" } }, tags: { team: "shop" } },
  options,
);
const portMapping = { port: 8080, protocol: "http" };

const [v1, v2] = ["catalog-v1", "catalog-v2"].map(
  (name) =>
    new aws.appmesh.VirtualNode(
      name,
      {
        name,
        meshName: mesh.id,
        spec: {
          listeners: [
            {
              portMapping,
              healthCheck: {
                protocol: "http",
                path: "/healthz",
                healthyThreshold: 2,
                unhealthyThreshold: 3,
                intervalMillis: 5000,
                timeoutMillis: 2000,
              },
            },
          ],
          serviceDiscovery: { dns: { hostname: `${name}.shop.internal` } },
        },
      },
      options,
    ),
) as [aws.appmesh.VirtualNode, aws.appmesh.VirtualNode];

const router = new aws.appmesh.VirtualRouter(
  "catalog",
  { name: "catalog", meshName: mesh.id, spec: { listeners: [{ portMapping }] } },
  options,
);

new aws.appmesh.Route(
  "catalog",
  {
    name: "catalog",
    meshName: mesh.id,
    virtualRouterName: router.name,
    spec: {
      httpRoute: {
        match: { prefix: "/" },
        action: {
          weightedTargets: [
            { virtualNode: v1.name, weight: 90 },
            { virtualNode: v2.name, weight: 10 },
          ],
        },
      },
    },
  },
  options,
);

const service = new aws.appmesh.VirtualService(
  "catalog",
  {
    name: "catalog.shop.internal",
    meshName: mesh.id,
    spec: { provider: { virtualRouter: { virtualRouterName: router.name } } },
  },
  options,
);

const gateway = new aws.appmesh.VirtualGateway(
  "edge",
  { name: "edge", meshName: mesh.id, spec: { listeners: [{ portMapping }] } },
  options,
);

new aws.appmesh.GatewayRoute(
  "catalog",
  {
    name: "catalog",
    meshName: mesh.id,
    virtualGatewayName: gateway.name,
    spec: {
      httpRoute: {
        match: { prefix: "/catalog/" },
        action: { target: { virtualService: { virtualServiceName: service.name } } },
      },
    },
  },
  options,
);

export const meshArn = mesh.arn;
