import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** As programs use the package as a library: the component in their own process. */
describe("MeshEcsService in a program's own process", () => {
  const order: string[] = [];
  before(() =>
    pulumi.runtime.setMocks({
      newResource: async ({ type, name, inputs }) => {
        if (type === "aws:ecs/service:Service") {
          // The tasks of a service are there long after it was asked for.
          for (let turn = 0; turn < 200; turn++) await setImmediate();
          order.push("the tasks");
        }
        return { id: `${name}-id`, state: { ...inputs, name, arn: `arn:aws:x:::${name}`, revision: 3 } };
      },
      call: () => ({ region: "eu-west-1" }),
    }),
  );
  after(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }));

  it("tells the name of its virtual node, for a share of the traffic, once its tasks are there", async () => {
    const { MeshEcsService } = await import("./mesh-ecs-service.js");
    const { virtualNodeName } = new MeshEcsService("catalog", {
      meshName: "shop",
      clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
      vpcId: "vpc-1",
      subnetIds: ["subnet-1"],
      cloudMap: { namespaceId: "ns-1", namespaceName: "shop.internal" },
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      controlPlane: { host: "appmesh.internal" },
      containerDefinitions: [{ name: "app", image: "shop/app:1", portMappings: [{ containerPort: 8080 }] }],
    });
    await new Promise<void>((resolve) => {
      virtualNodeName.apply((name) => {
        order.push(`the name ${name}`);
        resolve();
      });
    });
    assert.deepEqual(order, ["the tasks", "the name catalog"]);
  });
});
