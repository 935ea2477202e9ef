// examples/canary-csharp against the SDK of .NET, by their words alone: no .NET is needed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bare, named, sdkMembers } from "./csharp-program.js";
import { root } from "./examples.js";

describe("the canary program in C#, not run", () => {
  const program = bare(readFileSync(join(root, "examples/canary-csharp/Program.cs"), "utf8"));
  const sdk = sdkMembers();
  const used = named(program, new Set(sdk.keys()));

  it("names what the SDK of .NET has", () => {
    const unknown = used.filter(({ type, member }) => !sdk.get(type)?.has(member));
    assert.deepEqual(unknown, []);
    assert.deepEqual(
      used.map(({ type, member }) => `${type}.${member}`),
      [
        "MeshArgs.MeshName",
        ...[
          "ListenerArgs.PortMapping",
          "PortMappingArgs.Port",
          "PortMappingArgs.Protocol",
          "PortProtocol.Http",
        ],
        ...["MeshName", "VirtualServiceName", "Listener", "Versions"].map(
          (name) => `MeshServiceArgs.${name}`,
        ),
        ...["MeshServiceVersionArgs.Weight", "MeshServiceVersionArgs.ServiceDiscovery"],
        ...["MeshServiceVersionArgs.Weight", "MeshServiceVersionArgs.ServiceDiscovery"],
        ...[
          "MeshServiceArgs.HttpRoute",
          "MeshServiceHttpRouteArgs.RetryPolicy",
          "HttpRetryPolicyArgs.MaxRetries",
        ],
        ...[
          "HttpRetryPolicyArgs.PerRetryTimeout",
          "DurationArgs.Value",
          "DurationArgs.Unit",
          "DurationUnit.Ms",
        ],
        ...["HttpRetryPolicyArgs.HttpRetryEvents", "HttpRetryPolicyEvent.ServerError"],
        ...["VirtualNodeArgs.MeshName", "VirtualNodeArgs.VirtualNodeName", "VirtualNodeArgs.Spec"],
        ...["VirtualNodeSpecArgs.Listeners", "VirtualNodeSpecArgs.ServiceDiscovery"],
        ...[
          "GetVirtualNode.Invoke",
          "GetVirtualNodeInvokeArgs.MeshName",
          "GetVirtualNodeInvokeArgs.VirtualNodeName",
        ],
        ...["ServiceDiscoveryArgs.Dns", "DnsServiceDiscoveryArgs.Hostname"],
      ],
    );
  });

  it("makes resources that the SDK of .NET has, and reads outputs that they have", () => {
    const variables = new Map<string, string>();
    for (const [, variable = "", type = ""] of program.matchAll(/(\w+) = new (\w+)\("/g)) {
      assert.ok(sdk.has(type), type);
      variables.set(variable, type);
    }
    assert.deepEqual(
      [...variables],
      [
        ["mesh", "Mesh"],
        ["catalog", "MeshService"],
        ["_", "VirtualNode"],
      ],
    );
    for (const [, variable = "", output = ""] of program.matchAll(/\b(mesh|catalog)\.(\w+)/g)) {
      assert.ok(sdk.get(variables.get(variable) ?? "")?.has(output), `${variable}.${output}`);
    }
  });

  it("is found out when it names what the SDK has not", () => {
    const wrong = program
      .replace("MaxRetries =", "MaxRetry =")
      .replace("DurationUnit.Ms", "DurationUnit.Min");
    assert.deepEqual(
      named(wrong, new Set(sdk.keys())).filter(({ type, member }) => !sdk.get(type)?.has(member)),
      [
        { type: "HttpRetryPolicyArgs", member: "MaxRetry" },
        { type: "DurationUnit", member: "Min" },
      ],
    );
  });
});
