import assert from "node:assert/strict";
import { customResourceDefinitions } from "./definitions.js";

describe("the definitions of App Mesh's objects", () => {
  it("are those of the seven kinds, in AWS's group and version", () => {
    assert.deepEqual(
      customResourceDefinitions().map(({ metadata, spec }) => {
        const { group, scope, names } = spec as {
          group: string;
          scope: string;
          names: Record<string, unknown>;
        };
        return [metadata.name, group, scope, names.kind, names.singular];
      }),
      [
        ["meshes.appmesh.k8s.aws", "appmesh.k8s.aws", "Cluster", "Mesh", "mesh"],
        ["virtualnodes.appmesh.k8s.aws", "appmesh.k8s.aws", "Namespaced", "VirtualNode", "virtualnode"],
        ["virtualrouters.appmesh.k8s.aws", "appmesh.k8s.aws", "Namespaced", "VirtualRouter", "virtualrouter"],
        [
          "virtualservices.appmesh.k8s.aws",
          "appmesh.k8s.aws",
          "Namespaced",
          "VirtualService",
          "virtualservice",
        ],
        [
          "virtualgateways.appmesh.k8s.aws",
          "appmesh.k8s.aws",
          "Namespaced",
          "VirtualGateway",
          "virtualgateway",
        ],
        ["gatewayroutes.appmesh.k8s.aws", "appmesh.k8s.aws", "Namespaced", "GatewayRoute", "gatewayroute"],
        ["backendgroups.appmesh.k8s.aws", "appmesh.k8s.aws", "Namespaced", "BackendGroup", "backendgroup"],
      ],
    );
  });

  it("have what a manifest says, member by member", () => {
    const service = customResourceDefinitions().find(({ metadata }) =>
      metadata.name.startsWith("virtualservices."),
    );
    const reference = {
      type: "object",
      properties: { name: { type: "string" }, namespace: { type: "string" } },
      required: ["name"],
    };
    const selected = { type: "string" };
    assert.deepEqual(withoutDescriptions(service?.spec.versions), [
      {
        name: "v1beta2",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
            properties: {
              apiVersion: selected,
              kind: selected,
              metadata: { type: "object" },
              spec: {
                type: "object",
                properties: {
                  awsName: selected,
                  meshRef: {
                    type: "object",
                    properties: { name: selected, uid: selected },
                    required: ["name", "uid"],
                  },
                  provider: {
                    type: "object",
                    properties: {
                      virtualNode: {
                        type: "object",
                        properties: { virtualNodeRef: reference, virtualNodeARN: selected },
                      },
                      virtualRouter: {
                        type: "object",
                        properties: { virtualRouterRef: reference, virtualRouterARN: selected },
                      },
                    },
                  },
                },
              },
              status: {
                type: "object",
                properties: {
                  virtualServiceARN: selected,
                  conditions: {
                    type: "array",
                    items: {
                      type: "object",
                      properties: {
                        type: selected,
                        status: selected,
                        lastTransitionTime: selected,
                        reason: selected,
                        message: selected,
                      },
                      required: ["type", "status"],
                    },
                  },
                  observedGeneration: { type: "integer", format: "int64" },
                },
              },
            },
          },
        },
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "ARN", type: "string", jsonPath: ".status.virtualServiceARN" },
          { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
      },
    ]);
  });
});

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "description")
      .map(([name, member]) => [name, withoutDescriptions(member)]),
  );
}
