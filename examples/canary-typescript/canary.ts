// A service of two versions, whose traffic moves from the one to the other.
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

export async function canary() {
  const config = new pulumi.Config();
  const canaryWeight = config.requireNumber("canaryWeight");

  const mesh = new appmesh.Mesh("shop", { meshName: "shop" });
  const listener = { portMapping: { port: 8080, protocol: appmesh.PortProtocol.Http } };

  const catalog = new appmesh.MeshService("catalog", {
    meshName: mesh.meshName,
    virtualServiceName: "catalog.shop.local",
    listener,
    versions: {
      v1: { weight: 100 - canaryWeight, serviceDiscovery: dns("catalog-v1.shop.internal") },
      v2: { weight: canaryWeight, serviceDiscovery: dns("catalog-v2.shop.internal") },
    },
    httpRoute: {
      retryPolicy: {
        maxRetries: 2,
        perRetryTimeout: { value: 500, unit: appmesh.DurationUnit.Ms },
        httpRetryEvents: [appmesh.HttpRetryPolicyEvent.ServerError],
      },
    },
  });

  if (config.getBoolean("adoptRatings")) {
    new appmesh.VirtualNode(
      "ratings",
      {
        meshName: mesh.meshName,
        virtualNodeName: "ratings",
        spec: { listeners: [listener], serviceDiscovery: dns("ratings.shop.internal") },
      },
      { import: "shop/ratings" },
    );
  }

  // What the component does not tell is looked up. Who lets a proxy join the mesh by an IAM policy names its node so.
  const canaryNode = appmesh.getVirtualNodeOutput({
    meshName: mesh.meshName,
    virtualNodeName: catalog.virtualNodeNames.apply(({ v2 = "" }) => v2),
  });

  return {
    virtualServiceName: catalog.virtualServiceName,
    canaryNodeArn: canaryNode.arn,
  };
}

const dns = (hostname: string) => ({ dns: { hostname } });
