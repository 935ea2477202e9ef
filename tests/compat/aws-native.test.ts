// examples/aws-native, as far as it goes without the plugin of the AWS provider, which is a program that Pulumi
// downloads: its types, and everything that it registers with the engine. What the plugin then asks of the API is what
// Terraform's provider asks, which it is made of: see terraform.test.ts.
import assert from "node:assert/strict";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";
import { awsNative } from "../support/tools.js";
import { run } from "./run.js";

const example = fileURLToPath(new URL("../../../examples/aws-native/", import.meta.url));
const endpoint = "http://127.0.0.1:7070";

/** Runs the program on mocks, and prints what it registers. Outputs of resources are as the plugin makes them. */
const recorder = `
const pulumi = require("@pulumi/pulumi");
const registered = [];
pulumi.runtime.setMocks({
  newResource: ({ type, name, inputs, provider }) => {
    registered.push({ type, name, inputs, ...(provider && { provider: provider.split("::").slice(2, 4) }) });
    return { id: type === "aws:appmesh/mesh:Mesh" ? inputs.name : name + "-id", state: inputs };
  },
  call: ({ token }) => { throw new Error(token + " is called"); },
}, "aws-native", "test");
pulumi.runtime.setAllConfig({ "aws-native:endpoint": ${JSON.stringify(endpoint)} });
require("./bin/index.js");
process.once("beforeExit", () => console.log(JSON.stringify(registered)));
`;

describe("examples/aws-native", function () {
  this.timeout(180_000);
  let folder: string;

  before(async () => {
    folder = temporaryFolder();
    for (const file of ["index.ts", "tsconfig.json", "package.json"]) {
      cpSync(join(example, file), join(folder, file));
    }
    symlinkSync(await awsNative(), join(folder, "node_modules"));
  });

  it("keeps the types of @pulumi/aws, and registers aws.appmesh with the endpoint of the control plane", async () => {
    const tsc = join(folder, "node_modules/typescript/bin/tsc");
    const compiled = await run(process.execPath, [tsc, "--project", folder]);
    assert.deepEqual(compiled, { code: 0, stdout: "", stderr: "" });

    writeFileSync(join(folder, "record.js"), recorder);
    const { code, stdout, stderr } = await run(process.execPath, [join(folder, "record.js")]);
    assert.equal(code, 0, stderr);
    const registered: Registered[] = JSON.parse(stdout);

    assert.deepEqual(registered[0], {
      type: "pulumi:providers:aws",
      name: "mesh",
      inputs: {
        // The inputs of a provider are strings of JSON to the engine.
        endpoints: JSON.stringify([{ appmesh: endpoint }]),
        region: "us-east-1",
        skipCredentialsValidation: "true",
        skipMetadataApiCheck: "true",
        skipRegionValidation: "true",
        skipRequestingAccountId: "true",
      },
    });
    const resources = registered.slice(1).map(({ type, inputs }) => [type.split(":")[2], inputs] as const);
    assert.deepEqual(
      Object.fromEntries(resources.map(([type, inputs]) => [`${type} ${inputs.name}`, inputs])),
      {
        "Mesh shop": { name: "shop", spec: { egressFilter: { type: "DROP_ALL" } }, tags: { team: "shop" } },
        "VirtualNode catalog-v1": node("catalog-v1"),
        "VirtualNode catalog-v2": node("catalog-v2"),
        "VirtualRouter catalog": {
          name: "catalog",
          meshName: "shop",
          spec: { listeners: [{ portMapping }] },
        },
        "Route catalog": {
          name: "catalog",
          meshName: "shop",
          virtualRouterName: "catalog",
          spec: {
            httpRoute: {
              match: { prefix: "/" },
              action: {
                weightedTargets: [
                  { virtualNode: "catalog-v1", weight: 90 },
                  { virtualNode: "catalog-v2", weight: 10 },
                ],
              },
            },
          },
        },
        "VirtualService catalog.shop.internal": {
          name: "catalog.shop.internal",
          meshName: "shop",
          spec: { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
        },
        "VirtualGateway edge": { name: "edge", meshName: "shop", spec: { listeners: [{ portMapping }] } },
        "GatewayRoute catalog": {
          name: "catalog",
          meshName: "shop",
          virtualGatewayName: "edge",
          spec: {
            httpRoute: {
              match: { prefix: "/catalog/" },
              action: { target: { virtualService: { virtualServiceName: "catalog.shop.internal" } } },
            },
          },
        },
      },
    );
    for (const { name, provider } of registered.slice(1)) {
      assert.deepEqual(provider, ["pulumi:providers:aws", "mesh"], name);
    }
  });
});

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Type and name of the provider that it goes to. */
  readonly provider?: readonly string[];
}

const portMapping = { port: 8080, protocol: "http" };

const node = (name: string) => ({
  name,
  meshName: "shop",
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
});
