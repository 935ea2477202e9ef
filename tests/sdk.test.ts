// The generated SDK of Node.js, as a Pulumi program imports it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

const json = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

describe("the Node.js SDK", () => {
  const schema = json("provider/schema.json");

  it("has a class for each resource and component of the schema", () => {
    const tokens = Object.values(appmesh)
      .map((member) => (member as { __pulumiType?: string }).__pulumiType)
      .filter((token) => token !== undefined && token !== "appmesh");
    assert.deepEqual(tokens.sort(), Object.keys(schema.resources).sort());
  });

  it("asks for the provider plugin of its own version", () => {
    const { name, version } = json("sdk/nodejs/package.json");
    assert.deepEqual(
      { name, version },
      { name: "@pulumi-appmesh/appmesh", version: json("provider/package.json").version },
    );
    assert.equal(version, schema.version);
  });

  it("sends a resource's inputs to the engine as the program wrote them", async () => {
    const sent: pulumi.runtime.MockResourceArgs[] = [];
    await pulumi.runtime.setMocks({
      newResource: (args) => {
        sent.push(args);
        return { id: "shop/catalog-v1", state: { ...args.inputs, arn: "arn:of:catalog-v1" } };
      },
      call: () => ({}),
    });
    const spec = {
      listeners: [{ portMapping: { port: 8080, protocol: appmesh.PortProtocol.Http } }],
      serviceDiscovery: { dns: { hostname: "catalog.local" } },
    };
    const node = new appmesh.VirtualNode("catalog", {
      meshName: "shop",
      virtualNodeName: "catalog-v1",
      spec,
    });
    const arn = await new Promise((resolve) => node.arn.apply(resolve));
    assert.equal(arn, "arn:of:catalog-v1");
    assert.deepEqual(
      sent.map(({ type, name, inputs }) => ({ type, name, inputs })),
      [
        {
          type: "appmesh:index:VirtualNode",
          name: "catalog",
          inputs: { meshName: "shop", virtualNodeName: "catalog-v1", spec },
        },
      ],
    );
  });
});
