import { type Setting, settings } from "../server/configuration.js";
import { pluginDownloadURL, version } from "../server/version.js";
import { components } from "./components.js";
import { extensionResources } from "./extensions.js";
import { packageFunctions } from "./functions.js";
import type { PackageSpec, Properties } from "./package-spec.js";
import { entityResources } from "./resources.js";
import { Types } from "./types.js";

/** The whole package schema, made from the model. */
export function packageSpec(): PackageSpec {
  const types = new Types();
  const resources = { ...entityResources(types), ...extensionResources(types), ...components(types) };
  const functions = packageFunctions(types);
  return {
    name: "appmesh",
    displayName: "App Mesh",
    version,
    description:
      "AWS App Mesh as software that its users own: the same mesh model and API, with plain Envoy as data plane, on ECS, Fargate, EKS, EC2 and a laptop.",
    keywords: ["pulumi", "appmesh", "service mesh", "envoy", "aws", "category/network", "kind/native"],
    license: "Apache-2.0",
    publisher: "pulumi-appmesh",
    pluginDownloadURL,
    meta: { moduleFormat: "(.*)", supportPack: true },
    language: {
      nodejs: {
        packageName: "@pulumi-appmesh/appmesh",
        packageDescription: "The Pulumi SDK of pulumi-appmesh: App Mesh's entities and components.",
        dependencies: { "@pulumi/pulumi": "^3.250.0" },
        respectSchemaVersion: true,
      },
      python: {
        packageName: "pulumi_appmesh",
        requires: { pulumi: ">=3.250.0,<4.0.0" },
        pyproject: { enabled: true },
        inputTypes: "classes-and-dicts",
        respectSchemaVersion: true,
      },
      go: {
        importBasePath: "github.com/pulumi-appmesh/pulumi-appmesh/sdk/go/appmesh",
        modulePath: "github.com/pulumi-appmesh/pulumi-appmesh/sdk/go",
        generateResourceContainerTypes: true,
        // Without it a type that is only used plain, such as MeshServiceVersion, has no Args, which its users name.
        generateExtraInputTypes: true,
        respectSchemaVersion: true,
      },
      csharp: {
        rootNamespace: "PulumiAppMesh",
        namespaces: { appmesh: "AppMesh" },
        packageReferences: { Pulumi: "3.*" },
        respectSchemaVersion: true,
      },
      java: {
        basePackage: "io.pulumiappmesh",
        dependencies: { "com.pulumi:pulumi": "1.20.0" },
      },
    },
    config: { variables: settingProperties() },
    types: types.all(),
    provider: {
      description:
        "Where the control plane is, and as whom to talk to it. Every setting can also come from the stack's configuration or from the environment.",
      inputProperties: settingProperties(),
      properties: {},
    },
    resources,
    functions,
  };
}

/**
 * The environment is asked by the plugin too, so that a program in a language without a generated SDK
 * behaves the same; no default is written here, so that none is frozen into the state.
 */
function settingProperties(): Properties {
  return Object.fromEntries(
    Object.entries(settings as Record<string, Setting>).map(([name, { type, doc, environment, secret }]) => [
      name,
      // Pulumi's schema has no default for a map; the plugin asks the environment itself.
      type === "tags"
        ? { type: "object", additionalProperties: { type: "string" }, description: doc }
        : { type, description: doc, defaultInfo: { environment }, ...(secret && { secret }) },
    ]),
  );
}
