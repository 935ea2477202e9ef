// Meshes of the same name in several accounts, regions and clusters, which one stack declares: each is judged by itself.
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { Analyzer } from "../pulumi/analyzer.js";
import { entitiesOfStack, type StackResource, scopeOf } from "../pulumi/subjects.js";
import { configure } from "../settings.js";
import { unknownText } from "../testing/judged.js";

const said = (rule: string, resources: readonly StackResource[]) =>
  new Analyzer(configure({ all: "disabled", rules: { [rule]: "mandatory" } }))
    .analyzeStack(resources)
    .diagnostics.map(({ urn, message }) => [urn, message]);

const all = { match: { prefix: "/" }, action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] } };
const resource = (type: string, name: string, props: object, more: object = {}): StackResource => ({
  urn: `urn:${name}`,
  type,
  props: { meshName: "shop", ...props },
  ...more,
});
const route = (name: string, more?: object, props: object = {}) =>
  resource(
    "aws:appmesh/route:Route",
    name,
    { name, virtualRouterName: "web", spec: { httpRoute: all }, ...props },
    more,
  );
const hidden = [
  [
    "urn:b",
    "route a of the same router comes first and takes all that route b would take; give it a priority below that of all others, narrow the match of route a, or delete it.",
  ],
];
const again = (more: object, props: object = {}) => ({
  ...route("a", more, props),
  urn: "urn:a again",
});

describe("meshes of one name", () => {
  const [east, west] = [{ scope: "east" }, { scope: "west" }];

  it("are one, whoever declares what is in it", () => {
    deepEqual(said("routes-reachable", [route("a"), route("b")]), hidden);
    deepEqual(said("routes-reachable", [route("a", east), route("b", west)]), hidden);
    deepEqual(said("routes-reachable", [route("a"), route("b", {}, { region: "eu-west-1" })]), hidden);
  });

  it("are several where the same is there several times", () => {
    deepEqual(said("routes-reachable", [route("a", east), again(west)]), []);
    deepEqual(said("routes-reachable", [route("a"), again({}, { region: "eu-west-1" })]), []);
    deepEqual(said("routes-reachable", [route("a", {}, { region: "r" }), again({}, { region: "s" })]), []);
    deepEqual(
      said("routes-reachable", [route("a", {}, { region: "r" }), again({}, { region: "r" })]).length,
      1,
    );
    deepEqual(said("routes-reachable", [route("a", east), route("b", east), again(west)]), hidden);
    // Anybody else's region says nothing of where it is.
    const ours = (urn: string) => ({
      ...resource("appmesh:index:Route", "a", {
        virtualRouterName: "web",
        routeName: "a",
        region: urn,
        spec: { httpRoute: all },
      }),
      urn,
    });
    equal(said("routes-reachable", [ours("urn:a"), ours("urn:again")]).length, 1);
  });

  it("have references of their own", () => {
    const mesh = (more: object) => resource("aws:appmesh/mesh:Mesh", "shop", { name: "shop" }, more);
    const node = (more: object) =>
      resource("aws:appmesh/virtualNode:VirtualNode", "web", { name: "web", spec: {} }, more);
    deepEqual(
      said("references-resolve", [mesh(east), node(east), route("a", east), mesh(west), again(west)]),
      [
        [
          "urn:a again",
          "spec.httpRoute.action.weightedTargets[0].virtualNode: there is no virtual node web; correct the name, or declare it.",
        ],
      ],
    );
  });

  it("are known to Kubernetes objects without one, and objects of another cluster are not called by their names", () => {
    const object = (kind: string, name: string, spec: object, scope: string): StackResource => ({
      urn: `urn:${kind} ${name} ${scope}`,
      type: `kubernetes:appmesh.k8s.aws/v1beta2:${kind}`,
      props: { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata: { name, namespace: "n" }, spec },
      scope,
    });
    const inCluster = (scope: string, awsName: string) => [
      object("Mesh", "shop", {}, scope),
      object("VirtualService", "db", { awsName }, scope),
      object(
        "VirtualNode",
        "web",
        { backends: [{ virtualService: { virtualServiceRef: { name: "db" } } }] },
        scope,
      ),
    ];
    deepEqual(said("services-used", [...inCluster("east", "db.east"), ...inCluster("west", "db.west")]), []);
    const [mesh, , node] = inCluster("west", "db.west");
    deepEqual(
      said("references-resolve", [...inCluster("east", "db.east"), mesh, node] as readonly StackResource[]),
      [
        [
          "urn:VirtualNode web west",
          "spec.backends[0].virtualService.virtualServiceRef: there is no virtual service db.n; correct the name, or declare it.",
        ],
      ],
    );
  });
});

describe("where a resource is", () => {
  const route = (urn: string, region?: string): StackResource => ({
    urn,
    type: "aws:appmesh/route:Route",
    props: {
      ...{ name: "all", meshName: "shop", virtualRouterName: "r", region },
      spec: { tcpRoute: { action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] } } },
    },
  });

  it("is in a region of its own, or in that of its provider where it names none that is known", () => {
    const scopes = (...regions: (string | undefined)[]) =>
      [...entitiesOfStack(regions.map((region, at) => route(`${at}`, region))).values()].map(
        ({ scope }) => scope,
      );
    deepEqual(scopes("a", "b", undefined, unknownText), [" in a", " in b", "", ""]);
  });
});

describe("where a provider makes what it makes", () => {
  const scope = (props: object, urn = "urn:a") => scopeOf({ urn, props });

  it("is the same by the same configuration, whatever its order, name and version", () => {
    const one = scope({ region: "r", profile: "p", version: "7.0.0" });
    equal(one, scope({ profile: "p", region: "r", pluginDownloadURL: "u", version: "7.1.0" }, "urn:b"));
    notEqual(one, scope({ region: "s", profile: "p" }));
    notEqual(one, scope({ region: "r" }));
  });

  it("is the provider's own where not all is known", () => {
    equal(scope({ kubeconfig: unknownText }), "urn:a");
    equal(scope({ kubeconfig: { deep: [unknownText] } }), "urn:a");
    notEqual(scope({ kubeconfig: "k" }), "urn:a");
  });
});
