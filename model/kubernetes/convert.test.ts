import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSpec } from "../check-spec.js";
import { entityTypes } from "../entities.js";
import type { Kind } from "../entity.js";
import type { Shape } from "../shape.js";
import { arbitrarySpec } from "../testing/index.js";
import { formatPath } from "../violation.js";
import { declaredEntities, pathInManifest, specInModel } from "./convert.js";
import { substitutes } from "./words.js";

const object = (kind: string, name: string, spec: unknown) => ({
  apiVersion: "appmesh.k8s.aws/v1beta2",
  kind,
  metadata: { name, namespace: "shop" },
  spec,
});

describe("what an object of Kubernetes declares", () => {
  it("is a virtual node, whose backends are named by objects or by ARNs", () => {
    const [node, ...others] = declaredEntities(
      object("VirtualNode", "front", {
        podSelector: { matchLabels: { app: "front" } },
        meshRef: { name: "shop", uid: "1" },
        backendGroups: [{ name: "all" }],
        listeners: [
          {
            portMapping: { port: 8080, protocol: "http" },
            tls: {
              mode: "STRICT",
              certificate: { acm: { certificateARN: "arn:aws:acm:eu-west-1:1:certificate/2" } },
            },
          },
        ],
        serviceDiscovery: { dns: { hostname: "front.shop.svc.cluster.local" } },
        backends: [
          { virtualService: { virtualServiceRef: { name: "catalog" } } },
          { virtualService: { virtualServiceRef: { name: "stock", namespace: "back" } } },
          {
            virtualService: {
              virtualServiceARN:
                "arn:aws:appmesh:eu-west-1:111122223333:mesh/shop/virtualService/legacy.example",
            },
          },
        ],
      }),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(node, {
      kind: "virtualNode",
      place: ["spec"],
      name: "front_shop",
      spec: {
        listeners: [
          {
            portMapping: { port: 8080, protocol: "http" },
            tls: {
              mode: "STRICT",
              certificate: { acm: { certificateArn: "arn:aws:acm:eu-west-1:1:certificate/2" } },
            },
          },
        ],
        serviceDiscovery: { dns: { hostname: "front.shop.svc.cluster.local" } },
        backends: [
          { virtualService: { virtualServiceName: "catalog.shop" } },
          { virtualService: { virtualServiceName: "stock.back" } },
          { virtualService: { virtualServiceName: "legacy.example" } },
        ],
      },
    });
  });

  it("is a virtual router and each of its routes", () => {
    const targets = (name: string) => ({
      weightedTargets: [{ virtualNodeRef: { name }, weight: 1, port: 8080 }],
    });
    const declared = declaredEntities(
      object("VirtualRouter", "catalog", {
        awsName: "catalog",
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        routes: [
          { name: "all", priority: 3, httpRoute: { match: { prefix: "/" }, action: targets("v1") } },
          { name: "calls", grpcRoute: { match: {}, action: targets("v2") } },
        ],
      }),
      { resolve: (_kind, name) => (name === "v2" ? "catalog-two" : undefined) },
    );
    assert.deepEqual(declared, [
      {
        kind: "virtualRouter",
        place: ["spec"],
        name: "catalog",
        spec: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] },
      },
      {
        kind: "route",
        place: ["spec", "routes", 0],
        name: "all",
        spec: {
          priority: 3,
          httpRoute: {
            match: { prefix: "/" },
            action: { weightedTargets: [{ virtualNode: "v1_shop", weight: 1, port: 8080 }] },
          },
        },
      },
      {
        kind: "route",
        place: ["spec", "routes", 1],
        name: "calls",
        spec: {
          grpcRoute: {
            match: {},
            action: { weightedTargets: [{ virtualNode: "catalog-two", weight: 1, port: 8080 }] },
          },
        },
      },
    ]);
  });

  it("has the names that the controller gives", () => {
    const named = (kind: string, spec: unknown = {}) => declaredEntities(object(kind, "a", spec))[0]?.name;
    assert.deepEqual(
      ["Mesh", "VirtualNode", "VirtualRouter", "VirtualService", "VirtualGateway", "GatewayRoute"].map(
        (kind) => named(kind),
      ),
      ["a", "a_shop", "a_shop", "a.shop", "a_shop", "a_shop"],
    );
    assert.equal(named("VirtualService", { awsName: "a.example" }), "a.example");
    assert.equal(named("VirtualService", { awsName: "" }), "a.shop");
  });

  it("is nothing where the object is somebody else's, or a group of backends", () => {
    assert.deepEqual(
      declaredEntities({ apiVersion: "networking.istio.io/v1", kind: "VirtualService", spec: {} }),
      [],
    );
    assert.deepEqual(
      declaredEntities(object("BackendGroup", "all", { virtualservices: [{ name: "a" }] })),
      [],
    );
    assert.deepEqual(declaredEntities({}), []);
  });

  it("keeps what nobody knows where it stands, so that it can be told of", () => {
    const spec = specInModel(
      "mesh",
      { egressfilter: {}, egressFilter: 1, awsName: "x" },
      { namespace: "shop" },
    );
    assert.deepEqual(spec, { egressfilter: {}, egressFilter: 1 });
  });

  it("leaves alone what is not known yet", () => {
    const unknown = Symbol("unknown");
    const convert = (virtualService: unknown) =>
      specInModel(
        "virtualNode",
        { backends: [{ virtualService }] },
        { namespace: "shop", isUnknown: (value) => value === unknown },
      );
    for (const given of [
      { virtualServiceRef: unknown },
      { virtualServiceRef: { name: unknown } },
      { virtualServiceRef: { name: "a", namespace: unknown } },
      { virtualServiceARN: unknown },
    ])
      assert.deepEqual(convert(given), { backends: [{ virtualService: { virtualServiceName: unknown } }] });
    assert.deepEqual(convert(unknown), { backends: [{ virtualService: unknown }] });
  });

  it("is the same spec that was written as a manifest, whatever the spec", () => {
    for (const kind of Object.keys(entityTypes) as Kind[])
      fc.assert(
        fc.property(arbitrarySpec(kind), (spec) => {
          const manifest = asManifest(entityTypes[kind].spec, spec);
          const back = specInModel(kind, manifest, { namespace: "shop" });
          assert.deepEqual(back, withoutAbsent(entityTypes[kind].spec, spec));
          assert.deepEqual(checkSpec(kind, back), []);
        }),
        { numRuns: 100 },
      );
  });
});

describe("where a part of a spec stands in a manifest", () => {
  it("is where the manifest has it", () => {
    const place = (kind: Kind, path: readonly (string | number)[], given?: unknown) =>
      formatPath(pathInManifest(kind, path, given));
    assert.equal(
      place("virtualNode", ["listeners", 0, "tls", "certificate", "acm", "certificateArn"]),
      "listeners[0].tls.certificate.acm.certificateARN",
    );
    assert.equal(place("mesh", ["serviceDiscovery", "ipPreference"]), "meshServiceDiscovery.ipPreference");
    assert.equal(
      place("virtualNode", ["serviceDiscovery", "dns", "hostname"]),
      "serviceDiscovery.dns.hostname",
    );
    const target = ["httpRoute", "action", "weightedTargets", 0, "virtualNode"];
    assert.equal(place("route", target), "httpRoute.action.weightedTargets[0].virtualNodeRef");
    const byArn = { httpRoute: { action: { weightedTargets: [{ virtualNodeARN: "arn:x" }] } } };
    assert.equal(place("route", target, byArn), "httpRoute.action.weightedTargets[0].virtualNodeARN");
    assert.equal(place("virtualNode", ["nosuch", 3, "thing"]), "nosuch[3].thing");
  });
});

/** The way back, for entities that are not of the cluster. */
function asManifest(shape: Shape, value: unknown): unknown {
  if (shape.kind === "list") return (value as unknown[]).map((item) => asManifest(shape.item, item));
  if (shape.kind !== "structure") return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).flatMap(([name, member]) => {
      const substitute = substitutes[shape.name]?.[name];
      if (substitute === "absent") return [];
      if (typeof substitute === "object" && "refers" in substitute)
        return [
          [
            substitute.arn,
            `arn:aws:appmesh:eu-west-1:111122223333:mesh/shop/${substitute.refers}/${inArn(member)}`,
          ],
        ];
      const renamed = typeof substitute === "object" ? substitute.renamed : name;
      return [[renamed, asManifest((shape.members[name] as { shape: Shape }).shape, member)]];
    }),
  );
}

/** Nothing that a manifest cannot say. */
function withoutAbsent(shape: Shape, value: unknown): unknown {
  if (shape.kind === "list") return (value as unknown[]).map((item) => withoutAbsent(shape.item, item));
  if (shape.kind !== "structure") return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).flatMap(([name, member]) => {
      const substitute = substitutes[shape.name]?.[name];
      if (substitute === "absent") return [];
      if (typeof substitute === "object" && "refers" in substitute) return [[name, inArn(member)]];
      return [[name, withoutAbsent((shape.members[name] as { shape: Shape }).shape, member)]];
    }),
  );
}

/** No entity has a slash in its name. */
const inArn = (name: unknown) => String(name).replaceAll("/", "-");
