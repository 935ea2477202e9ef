// examples/canary-csharp against the SDK of .NET, by their words alone: no .NET is needed, and nothing is compiled or
// run. What is named must be there; whether the types fit is not seen.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Class or enum of the SDK → its public properties, functions or values. */
function members(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const files = readdirSync(join(root, "sdk/dotnet"), { recursive: true, encoding: "utf8" });
  for (const file of files.filter((each) => each.endsWith(".cs"))) {
    let current: Set<string> | undefined;
    for (const line of read(join("sdk/dotnet", file)).split("\n")) {
      const declared = /^\s*public (?:sealed |partial |static |readonly )*(?:class|struct) (\w+)/.exec(
        line,
      )?.[1];
      if (declared) {
        current = new Set();
        found.set(declared, current);
      }
      const property = /^\s*public (?:static )?[\w.<>?, ]+ (\w+)\s*(?:\{ get;|\(|$)/.exec(line)?.[1];
      if (property) current?.add(property);
    }
  }
  return found;
}

interface Named {
  readonly type: string;
  readonly member: string;
}

/** Every `new T { Member = … }` and `T.Member` of a program, T being one of these types. */
function named(program: string, types: ReadonlySet<string>): Named[] {
  const all: Named[] = [];
  const open: (string | undefined)[] = [];
  const tokens = program.matchAll(
    /new (\w+)\s*(?=\{)|static (\w+) \w+\([^)]*\) =>\s*new\(\)\s*(?=\{)|\{|\}|(\w+)\.(\w+)|(\w+)\s*=(?![=>])/g,
  );
  let made: string | undefined;
  for (const [token, type, returned, owner, value, member] of tokens) {
    if (type ?? returned) made = type ?? returned;
    else if (token === "{") {
      open.push(made);
      made = undefined;
    } else if (token === "}") open.pop();
    else if (owner && value && types.has(owner)) all.push({ type: owner, member: value });
    else if (member) {
      const around = open.at(-1);
      if (around && types.has(around)) all.push({ type: around, member });
    }
  }
  assert.deepEqual(open, [], "every brace that is opened is closed");
  return all;
}

describe("the canary program in C#, not run", () => {
  const program = read("examples/canary-csharp/Program.cs")
    .replaceAll(/\/\/.*$/gm, "")
    .replaceAll(/"[^"]*"/g, '""');
  const sdk = members();
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
