import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { identityMembers, resourceTypes } from "../resources/types.js";
import { packageSpec } from "./package.js";
import type { Properties } from "./package-spec.js";

const spec = packageSpec();
const everyProperties: [string, Properties][] = [
  ["config", spec.config.variables],
  ["provider", spec.provider.inputProperties],
  ...Object.entries(spec.resources).flatMap(([token, resource]): [string, Properties][] => [
    [`${token} (inputs)`, resource.inputProperties],
    [`${token} (outputs)`, resource.properties],
  ]),
  ...Object.entries(spec.functions).flatMap(([token, { inputs, outputs }]): [string, Properties][] => [
    [`${token} (inputs)`, inputs.properties],
    [`${token} (outputs)`, outputs.properties],
  ]),
  ...Object.entries(spec.types).flatMap(([token, type]): [string, Properties][] =>
    "properties" in type ? [[token, type.properties]] : [],
  ),
];

describe("the package schema", () => {
  it("is the file that the package ships, which has examples in its descriptions", () => {
    const text = readFileSync(new URL("../../schema.json", import.meta.url), "utf8");
    const file = JSON.parse(text, (key, value) =>
      key === "description" && typeof value === "string"
        ? value.replace(/\n\n\{\{% examples %\}\}.*\{\{% \/examples %\}\}/s, "")
        : value,
    );
    assert.deepEqual(file, JSON.parse(JSON.stringify(spec)));
  });

  it("has the entities of App Mesh, what stands beside them, and the components", () => {
    assert.deepEqual(Object.keys(spec.resources).sort(), [
      "appmesh:index:AccessKey",
      "appmesh:index:AccessKeySecret",
      "appmesh:index:AppMeshController",
      "appmesh:index:ControlPlane",
      "appmesh:index:Gateway",
      "appmesh:index:GatewayRoute",
      "appmesh:index:KubernetesControlPlane",
      "appmesh:index:Mesh",
      "appmesh:index:MeshDeployment",
      "appmesh:index:MeshEcsService",
      "appmesh:index:MeshGateway",
      "appmesh:index:MeshGatewayDeployment",
      "appmesh:index:MeshService",
      "appmesh:index:MeshSettings",
      "appmesh:index:MeshTaskDefinition",
      "appmesh:index:NodeIdentity",
      "appmesh:index:ProxyIdentity",
      "appmesh:index:ProxyServiceAccount",
      "appmesh:index:Route",
      "appmesh:index:VirtualGateway",
      "appmesh:index:VirtualNode",
      "appmesh:index:VirtualRouter",
      "appmesh:index:VirtualService",
    ]);
  });

  it("looks each kind of entity up by its name, and lists it", () => {
    const names = Object.keys(spec.functions).map((token) => token.replace("appmesh:index:", ""));
    assert.deepEqual(names.sort(), [
      "getGatewayRoute",
      "getGatewayRoutes",
      "getMesh",
      "getMeshes",
      "getRoute",
      "getRoutes",
      "getVirtualGateway",
      "getVirtualGateways",
      "getVirtualNode",
      "getVirtualNodes",
      "getVirtualRouter",
      "getVirtualRouters",
      "getVirtualService",
      "getVirtualServices",
    ]);
  });

  it("says what each property means", () => {
    assert.ok(everyProperties.length > 80, `${everyProperties.length} kinds of properties`);
    for (const [where, properties] of everyProperties) {
      for (const [name, { description }] of Object.entries(properties))
        assert.match(description, /\w.*[.)]$/s, `${where}: ${name}`);
    }
  });

  it("replaces an entity for another identity, and for nothing else", () => {
    for (const type of resourceTypes.values()) {
      const inputs = spec.resources[type.token]?.inputProperties ?? {};
      const replacing = Object.keys(inputs).filter((name) => inputs[name]?.willReplaceOnChanges);
      assert.deepEqual(replacing.sort(), [...identityMembers(type)].sort(), type.token);
    }
  });

  it("has every entity listed by the engine, narrowed by what it is in", () => {
    const narrowing = [...resourceTypes.values()].map(({ token, entity }) => [
      entity.title,
      Object.keys(spec.resources[token]?.listInputs?.properties ?? {}),
    ]);
    assert.deepEqual(Object.fromEntries(narrowing), {
      Mesh: [],
      VirtualNode: ["meshName", "meshOwner"],
      VirtualRouter: ["meshName", "meshOwner"],
      Route: ["meshName", "virtualRouterName", "meshOwner"],
      VirtualService: ["meshName", "meshOwner"],
      VirtualGateway: ["meshName", "meshOwner"],
      GatewayRoute: ["meshName", "virtualGatewayName", "meshOwner"],
    });
  });

  it("refers only to types that it has", () => {
    const referred = [...JSON.stringify(spec).matchAll(/"\$ref":"#\/types\/([^"]+)"/g)].map(
      ([, token]) => token,
    );
    const known = Object.keys(spec.types);
    assert.deepEqual([...new Set(referred)].sort(), known.sort());
  });

  it("hides what is secret of keys and identities, and nothing else", () => {
    const hidden = everyProperties.flatMap(([where, properties]) =>
      Object.entries(properties)
        .filter(([, { secret }]) => secret)
        .map(([name]) => `${where}.${name}`),
    );
    assert.deepEqual(hidden, [
      "config.secretAccessKey",
      "provider.secretAccessKey",
      "appmesh:index:AccessKey (outputs).secretAccessKey",
      "appmesh:index:ProxyIdentity (outputs).certificate",
      "appmesh:index:ProxyIdentity (outputs).privateKey",
      "appmesh:index:ProxyIdentity (outputs).token",
      "appmesh:index:KubernetesControlPlane (outputs).secretAccessKey",
      "appmesh:index:AppMeshControllerAccessKey.secretAccessKey",
      "appmesh:index:AppMeshControllerWebhookCertificate.privateKey",
    ]);
  });
});
