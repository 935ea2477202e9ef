// The same mesh, declared in the three ways that are known, is the same to a rule.
import { deepEqual } from "node:assert/strict";
import { entitiesOfStack, subjectsOf } from "../pulumi/subjects.js";
import { unknownObject, unknownText } from "../testing/judged.js";
import type { AnyEntity, Entity } from "./entity.js";
import { NotKnownYet } from "./known.js";

const read = (type: string, props: object) => subjectsOf({ type, props }) as readonly AnyEntity[];
const kubernetes = (
  kind: string,
  spec: object | string,
  metadata: object = { name: "web", namespace: "shop" },
) => ({
  type: `kubernetes:appmesh.k8s.aws/v1beta2:${kind}`,
  props: { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata, spec },
  urn: `urn:${kind}`,
});
const seen = (entities: readonly AnyEntity[]) =>
  entities.map(({ kind, names, spec }) => ({ kind, names, spec: JSON.parse(JSON.stringify(spec)) }));
const notKnown = (value: () => unknown): readonly (string | number)[] => {
  try {
    value();
  } catch (error) {
    if (error instanceof NotKnownYet) return error.path;
    throw error;
  }
  throw new Error("it is known");
};

const nodeSpec = {
  listeners: [
    {
      portMapping: { port: 8080, protocol: "http" },
      connectionPool: { http: { maxConnections: 5 } },
      tls: {
        mode: "STRICT",
        certificate: { acm: { certificateArn: "arn:c" } },
        validation: {
          subjectAlternativeNames: { match: { exact: ["a"] } },
          trust: { sds: { secretName: "s" } },
        },
      },
    },
  ],
  serviceDiscovery: {
    awsCloudMap: { namespaceName: "n", serviceName: "s", attributes: [{ key: "k", value: "v" }] },
  },
  logging: { accessLog: { file: { path: "/x", format: { json: [{ key: "a", value: "b" }] } } } },
};

describe("resources of Pulumi's AWS provider", () => {
  it("are read in the model's words", () => {
    const [listener] = nodeSpec.listeners as [(typeof nodeSpec.listeners)[number]];
    const spec = {
      listeners: [
        {
          ...listener,
          connectionPool: { https: [{ maxConnections: 5 }] },
          tls: {
            ...listener.tls,
            validation: { ...listener.tls.validation, subjectAlternativeNames: { match: { exacts: ["a"] } } },
          },
        },
      ],
      serviceDiscovery: { awsCloudMap: { namespaceName: "n", serviceName: "s", attributes: { k: "v" } } },
      logging: { accessLog: { file: { path: "/x", format: { jsons: [{ key: "a", value: "b" }] } } } },
    };
    const entities = read("aws:appmesh/virtualNode:VirtualNode", { name: "web", meshName: "shop", spec });
    deepEqual(seen(entities), [{ kind: "virtualNode", names: ["web"], spec: nodeSpec }]);
    const [entity] = entities;
    deepEqual(entity?.meshName, "shop");
    const exact = ["listeners", 0, "tls", "validation", "subjectAlternativeNames", "match", "exact", 0];
    deepEqual(entity?.source.path(["spec", ...exact]), ["spec", ...exact.with(6, "exacts")]);
    deepEqual(entity?.source.path(["spec", "listeners", 0, "connectionPool", "http", "maxConnections"]), [
      ...["spec", "listeners", 0, "connectionPool"],
      ...["https", 0, "maxConnections"],
    ]);
  });

  it("of every kind are known by their names", () => {
    const names = [
      ["mesh", "Mesh", { name: "shop" }],
      ["virtualRouter", "VirtualRouter", { meshName: "shop", name: "r" }],
      ["route", "Route", { meshName: "shop", virtualRouterName: "r", name: "all" }],
      ["virtualService", "VirtualService", { meshName: "shop", name: "s.local" }],
      ["virtualGateway", "VirtualGateway", { meshName: "shop", name: "edge" }],
      ["gatewayRoute", "GatewayRoute", { meshName: "shop", virtualGatewayName: "edge", name: "g" }],
    ].map(([kind, title, props]) => {
      const [entity] = read(`aws:appmesh/${kind}:${title}`, { ...(props as object), spec: {} });
      return [entity?.kind, entity?.meshName, entity?.names];
    });
    deepEqual(names, [
      ["mesh", "shop", []],
      ["virtualRouter", "shop", ["r"]],
      ["route", "shop", ["r", "all"]],
      ["virtualService", "shop", ["s.local"]],
      ["virtualGateway", "shop", ["edge"]],
      ["gatewayRoute", "shop", ["edge", "g"]],
    ]);
    deepEqual(read("aws:s3/bucket:Bucket", {}), []);
    deepEqual(read("aws:appmesh/other:Other", {}), []);
    deepEqual(read("appmesh:index:NodeIdentity", {}), []);
  });

  it("may have parts that are not known", () => {
    const [entity] = read("aws:appmesh/virtualNode:VirtualNode", {
      name: unknownText,
      meshName: "shop",
      spec: unknownObject,
    });
    deepEqual(
      notKnown(() => entity?.names),
      ["name"],
    );
    deepEqual(
      notKnown(() => entity?.spec),
      ["spec"],
    );
    const [other] = read("aws:appmesh/virtualNode:VirtualNode", {
      name: "web",
      meshName: "shop",
      spec: { listeners: [{ connectionPool: { https: unknownObject } }] },
    });
    deepEqual(
      notKnown(() => (other as Entity & { spec: typeof nodeSpec }).spec.listeners[0]?.connectionPool.http),
      ["spec", "listeners", 0, "connectionPool", "http"],
    );
  });
});

describe("Kubernetes objects of App Mesh", () => {
  const readObject = (kind: string, spec: object | string, metadata?: object) => {
    const { type, props } = kubernetes(kind, spec, metadata);
    return read(type, props);
  };

  it("are read in the model's words", () => {
    const [listener] = nodeSpec.listeners as [(typeof nodeSpec.listeners)[number]];
    const spec = {
      listeners: [
        { ...listener, tls: { ...listener.tls, certificate: { acm: { certificateARN: "arn:c" } } } },
      ],
      serviceDiscovery: nodeSpec.serviceDiscovery,
      logging: nodeSpec.logging,
      backends: [
        { virtualService: { virtualServiceRef: { name: "catalog" } } },
        { virtualService: { virtualServiceRef: { name: "catalog", namespace: "other" } } },
        { virtualService: { virtualServiceARN: "arn:aws:appmesh:r:1:mesh/shop/virtualService/x.local" } },
      ],
      backendDefaults: {
        clientPolicy: { tls: { validation: { trust: { acm: { certificateAuthorityARNs: ["arn:a"] } } } } },
      },
    };
    const entities = readObject("VirtualNode", spec);
    deepEqual(seen(entities), [
      {
        kind: "virtualNode",
        names: ["web_shop"],
        spec: {
          ...nodeSpec,
          backends: ["catalog.shop", "catalog.other", "x.local"].map((virtualServiceName) => ({
            virtualService: { virtualServiceName },
          })),
          backendDefaults: {
            clientPolicy: {
              tls: { validation: { trust: { acm: { certificateAuthorityArns: ["arn:a"] } } } },
            },
          },
        },
      },
    ]);
    deepEqual(
      entities[0]?.source.path(["spec", "listeners", 0, "tls", "certificate", "acm", "certificateArn"]),
      ["spec", "listeners", 0, "tls", "certificate", "acm", "certificateARN"],
    );
  });

  it("make a router and its routes of one object", () => {
    const entities = readObject("VirtualRouter", {
      awsName: "catalog",
      routes: [
        {
          name: "one",
          tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "a" }, weight: 1 }] } },
        },
        {
          name: "two",
          tcpRoute: { action: { weightedTargets: [{ virtualNodeARN: "arn:x/virtualNode/b", weight: 1 }] } },
        },
      ],
    });
    deepEqual(
      entities.map(({ kind, names }) => [kind, names]),
      [
        ["virtualRouter", ["catalog"]],
        ["route", ["catalog", "one"]],
        ["route", ["catalog", "two"]],
      ],
    );
    deepEqual(
      entities
        .slice(1)
        .map(
          ({ spec }) =>
            (spec as { tcpRoute: { action: { weightedTargets: object[] } } }).tcpRoute.action.weightedTargets,
        ),
      [[{ virtualNode: "a_shop", weight: 1 }], [{ virtualNode: "b", weight: 1 }]],
    );
    deepEqual(
      entities.map(({ source }) => source.path([])),
      [[], ["spec", "routes", 0], ["spec", "routes", 1]],
    );
    deepEqual(entities[2]?.source.path(["spec", "tcpRoute", "action", "weightedTargets", 0, "virtualNode"]), [
      ...["spec", "routes", 1, "tcpRoute", "action", "weightedTargets", 0, "virtualNodeARN"],
    ]);
  });

  it("have the names that AWS's controller gives, and the mesh that they or the stack name", () => {
    const resources = [
      kubernetes("Mesh", { meshServiceDiscovery: { ipPreference: "IPv4_ONLY" } }, { name: "shop" }),
      kubernetes("VirtualService", { provider: { virtualRouter: { virtualRouterRef: { name: "r" } } } }),
      kubernetes(
        "VirtualService",
        { provider: { virtualNode: { virtualNodeRef: { name: "n" } } } },
        { name: "plain" },
      ),
      kubernetes("VirtualGateway", { listeners: [] }),
      kubernetes("GatewayRoute", {
        virtualGatewayRef: { name: "edge" },
        meshRef: { name: "other" },
        httpRoute: { action: { target: { virtualService: { virtualServiceRef: { name: "catalog" } } } } },
      }),
      kubernetes("BackendGroup", {}),
    ];
    deepEqual(
      [...entitiesOfStack(resources).keys()].map(({ kind, meshName, names, spec }) => [
        kind,
        meshName,
        names,
        JSON.parse(JSON.stringify(spec)),
      ]),
      [
        ["mesh", "shop", [], { serviceDiscovery: { ipPreference: "IPv4_ONLY" } }],
        [
          "virtualService",
          "shop",
          ["web.shop"],
          { provider: { virtualRouter: { virtualRouterName: "r_shop" } } },
        ],
        [
          "virtualService",
          "shop",
          ["plain.default"],
          { provider: { virtualNode: { virtualNodeName: "n_default" } } },
        ],
        ["virtualGateway", "shop", ["web_shop"], { listeners: [] }],
        [
          "gatewayRoute",
          "other",
          ["edge_shop", "web_shop"],
          {
            httpRoute: { action: { target: { virtualService: { virtualServiceName: "catalog.shop" } } } },
          },
        ],
      ],
    );
  });

  it("are of no mesh that is known where they name none and there are several", () => {
    const meshes = ["shop", "bank"].map((name) => kubernetes("Mesh", {}, { name }));
    const [node] = [...entitiesOfStack([kubernetes("VirtualNode", {}), ...meshes]).keys()];
    deepEqual(
      notKnown(() => node?.meshName),
      ["spec", "meshRef"],
    );
  });

  it("have the gateway of their cluster where they name none and there is one", () => {
    const gatewayRoute = kubernetes("GatewayRoute", { meshRef: { name: "m" } });
    const edge = (name: string, scope?: string) => ({
      ...kubernetes("VirtualGateway", {}, { name, namespace: "n" }),
      ...(scope !== undefined && { scope }),
    });
    const names = (...others: ReturnType<typeof edge>[]) => {
      const [entity] = entitiesOfStack([gatewayRoute, ...others]).keys();
      return () => entity?.names;
    };
    deepEqual(names(edge("edge"), edge("east", "east"))(), ["edge_n", "web_shop"]);
    for (const others of [[], [edge("a"), edge("b")], [edge("east", "east")]])
      deepEqual(notKnown(names(...others)), ["spec", "virtualGatewayRef"]);
    const other = { urn: "u", type: "appmesh:index:VirtualGateway", props: { virtualGatewayName: "edge" } };
    deepEqual(notKnown(names(other as never)), ["spec", "virtualGatewayRef"]);
  });

  it("are called as objects beside them say, whichever comes first", () => {
    const backends = ["named", "other", "elsewhere"].map((name) => ({
      virtualService: { virtualServiceRef: { name, ...(name === "elsewhere" && { namespace: "lab" }) } },
    }));
    const resources = [
      kubernetes("VirtualNode", { backends, meshRef: { name: "m" } }),
      kubernetes("VirtualService", { awsName: "catalog.local" }, { name: "named", namespace: "shop" }),
      kubernetes("VirtualNode", { awsName: "a" }, { name: "other", namespace: "shop" }),
      kubernetes("VirtualService", { awsName: "lab.local" }, { name: "elsewhere", namespace: "lab" }),
      kubernetes("VirtualService", { awsName: unknownText }, { name: "other", namespace: "shop" }),
    ];
    const [node] = entitiesOfStack(resources).keys();
    deepEqual(
      (node as AnyEntity & { kind: "virtualNode" }).spec.backends?.map(
        ({ virtualService }) => virtualService?.virtualServiceName,
      ),
      ["catalog.local", "other.shop", "lab.local"],
    );
  });

  it("may have parts that are not known", () => {
    const [entity] = readObject("VirtualNode", unknownObject, { name: "web" });
    for (const read of [() => entity?.names, () => entity?.spec, () => entity?.meshName])
      deepEqual(notKnown(read), ["spec"]);
    const names = (kind: string, spec: object, metadata: object | string) =>
      readObject(kind, spec, metadata as object).map((each) => notKnown(() => each.names));
    deepEqual(names("VirtualNode", {}, { name: unknownText }), [["metadata", "name"]]);
    deepEqual(names("VirtualNode", {}, { name: "web", namespace: unknownText }), [["metadata", "namespace"]]);
    deepEqual(names("VirtualNode", {}, unknownObject), [["metadata", "name"]]);
    deepEqual(names("VirtualNode", { awsName: unknownText }, { name: "web" }), [["spec", "awsName"]]);
    deepEqual(
      readObject("Mesh", {}, { name: unknownText }).map((each) => notKnown(() => each.meshName)),
      [["metadata", "name"]],
    );
    deepEqual(
      readObject("VirtualNode", {}).map((each) => notKnown(() => each.meshName)),
      [["spec", "meshRef"]],
    );
    const [, route] = readObject("VirtualRouter", { routes: [{ tcpRoute: {} }] });
    deepEqual(
      notKnown(() => route?.names),
      ["spec", "routes", 0, "name"],
    );
    const [unknownGateway] = readObject("GatewayRoute", { virtualGatewayRef: { name: unknownText } });
    deepEqual(
      notKnown(() => unknownGateway?.names),
      ["spec", "virtualGatewayRef", "name"],
    );
    const [nameless] = readObject("VirtualNode", {}, {});
    deepEqual(
      notKnown(() => nameless?.names),
      ["metadata", "name"],
    );
    const [gatewayless] = readObject("GatewayRoute", {});
    deepEqual(
      notKnown(() => gatewayless?.names),
      ["spec", "virtualGatewayRef"],
    );
    const [node] = readObject("VirtualNode", {
      backends: [{ virtualService: { virtualServiceRef: { name: unknownText } } }],
    });
    deepEqual(
      notKnown(
        () =>
          (node as Entity & { spec: { backends: { virtualService: { virtualServiceName: string } }[] } }).spec
            .backends[0]?.virtualService.virtualServiceName,
      ),
      ["spec", "backends", 0, "virtualService", "virtualServiceName"],
    );
    deepEqual(read("kubernetes:appmesh.k8s.aws/v1beta2:Mesh", { kind: "Mesh" }), []);
  });
});
