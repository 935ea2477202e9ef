import assert from "node:assert/strict";
import { discovery } from "./discovery.js";

const mesh = { name: "shop", ipPreference: undefined, defaultRetries: true, managedTls: undefined };

describe("the discovery of endpoints", () => {
  const found = (namespaceName: string, serviceName: string) =>
    discovery({ serviceDiscovery: { awsCloudMap: { namespaceName, serviceName } } }, mesh, "cluster", 8080);

  it("calls a service of AWS Cloud Map by its name and namespace", () => {
    const { hostname } = found("shop.local", "catalog") as { hostname: string };
    assert.equal(hostname, "catalog.shop.local");
  });

  for (const [namespaceName, serviceName, wrong] of [
    ["\0", "catalog", '"\\u0000"'],
    ["shop.local", "\0", '"\\u0000"'],
    ["shop.local", " ", '" "'],
    ["é", "catalog", '"é"'],
  ] as const) {
    it(`has none under ${JSON.stringify(`${serviceName}.${namespaceName}`)}, which Envoy would refuse or nobody can have`, () => {
      assert.deepEqual(found(namespaceName, serviceName), {
        path: "spec.serviceDiscovery.awsCloudMap",
        missing: `${wrong} is no name that AWS Cloud Map knows`,
      });
    });
  }
});
