// Specs that leave out whatever can be left out, and more than App Mesh would take: rules take it for left out.
import { deepEqual } from "node:assert/strict";
import type { Kind } from "@pulumi-appmesh/model";
import { isMeshRule } from "../judge.js";
import { entity, judged, judgedMesh } from "../testing/judged.js";
import { declarationsReadable } from "./declarations/declarations-readable.js";
import { rules } from "./index.js";

const listener = { portMapping: { port: 8080, protocol: "http" } };
const paths: Partial<Record<Kind, string>> = { mesh: "shop", route: "shop/r/x", gatewayRoute: "shop/g/x" };
const made = (kind: Kind, spec: object) => entity(kind, paths[kind] ?? "shop/x", spec);

/** Where rules about one entity find something, by their names: but for that which tells what App Mesh would not take. */
const places = (kind: Kind, spec: object) =>
  rules.flatMap((rule) =>
    isMeshRule(rule) || rule === declarationsReadable
      ? []
      : (judged(rule, made(kind, spec))?.findings ?? []).map((text) => `${rule.name} ${text.split(":")[0]}`),
  );

const tls = "spec.backendDefaults.clientPolicy.tls";

describe("rules on sparse specs", () => {
  it("find what is asked for of virtual nodes, and nothing in what is not there", () => {
    deepEqual(places("virtualNode", {}), ["access-log spec.logging.accessLog"]);
    deepEqual(places("virtualNode", { listeners: [listener], backends: [{}], backendDefaults: {} }), [
      "tls-listener-strict spec.listeners[0].tls",
      "tls-mutual spec.listeners[0].tls.validation",
      "health-check spec.listeners[0].healthCheck",
      "outlier-detection spec.listeners[0].outlierDetection",
      "connection-pool spec.listeners[0].connectionPool",
      "access-log spec.logging.accessLog",
    ]);
    const backends = [{ virtualService: { virtualServiceName: "s" } }];
    for (const more of [{}, { backendDefaults: {} }, { backendDefaults: { clientPolicy: {} } }]) {
      deepEqual(places("virtualNode", { backends, ...more }), [
        `tls-client-policy ${tls}`,
        `tls-mutual ${tls}.certificate`,
        "access-log spec.logging.accessLog",
      ]);
      deepEqual(places("virtualNode", { backends: [], ...more }), ["access-log spec.logging.accessLog"]);
    }
  });

  it("find what is asked for of virtual gateways", () => {
    deepEqual(places("virtualGateway", { listeners: [listener] }), [
      "tls-gateway-strict spec.listeners[0].tls",
      `tls-client-policy ${tls}`,
      `tls-mutual ${tls}.certificate`,
      "access-log spec.logging.accessLog",
    ]);
    deepEqual(places("virtualGateway", { listeners: [], backendDefaults: {} }), [
      `tls-client-policy ${tls}`,
      `tls-mutual ${tls}.certificate`,
      "access-log spec.logging.accessLog",
    ]);
  });

  it("find nothing in routes without a protocol, which the provider refuses, nor in the others", () => {
    for (const kind of ["route", "gatewayRoute", "virtualService", "virtualRouter", "mesh"] as const)
      deepEqual(places(kind, {}), [], kind);
  });

  it("of a mesh as a whole tell of what is there", () => {
    const all = [
      made("mesh", {}),
      made("virtualNode", {}),
      entity("virtualNode", "shop/y", { backends: [{}] }),
      made("virtualGateway", {}),
      made("virtualService", {}),
      ...["a", "b"].map((name) => entity("route", `shop/r/${name}`, {})),
      made("gatewayRoute", {}),
    ];
    const told = rules.flatMap((rule) =>
      isMeshRule(rule) ? (judgedMesh(rule, all).findings ?? []).map((text) => `${rule.name} ${text}`) : [],
    );
    deepEqual(told, [
      "routes-reachable route/r/b: route a of the same router comes first and takes all that route b would take; give it a priority below that of all others, narrow the match of route a, or delete it.",
      "services-used virtualService/x: nobody calls x: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.",
    ]);
  });
});
