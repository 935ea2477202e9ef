// Specs that App Mesh would not take, which no rule can rely on: that is told, at the place that is wrong.
import { deepEqual } from "node:assert/strict";
import { fromWire } from "../pulumi/values.js";
import { fromAws } from "../subjects/aws.js";
import type { AnyEntity } from "../subjects/entity.js";
import { fromKubernetes } from "../subjects/kubernetes.js";
import { entity, judged, judgedMesh, unknownText } from "../testing/judged.js";
import { retryWithinTimeout } from "./retries/retry-within-timeout.js";
import { referencesResolve } from "./routing/references-resolve.js";
import { tlsListenerStrict } from "./tls/tls-listener-strict.js";

const invalid = (path: string, given: string) =>
  `${path}: the spec is invalid, so that the rule cannot judge it: ${given}; correct it.`;
const httpRoute = {
  match: { prefix: "/" },
  action: { weightedTargets: [{ virtualNode: "a", weight: 1 }] },
  retryPolicy: { maxRetries: 2, httpRetryEvents: ["server-error"] },
};
const missing = "nothing was given; an object with value and unit is required";

describe("rules on invalid specs", () => {
  it("find what is invalid where they cannot go on, however it is declared", () => {
    const found = { findings: [invalid("spec.httpRoute.retryPolicy.perRetryTimeout", missing)] };
    deepEqual(judged(retryWithinTimeout, entity("route", "shop/r/all", { httpRoute })), found);
    const props = { name: "all", meshName: "shop", virtualRouterName: "r", spec: { httpRoute } };
    const aws = fromAws("aws:appmesh/route:Route", props);
    deepEqual(judged(retryWithinTimeout, aws as AnyEntity), found);
    const object = fromWire({
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind: "VirtualRouter",
      metadata: { name: "r" },
      spec: { routes: [{ name: "all", httpRoute }] },
    }) as Record<string, unknown>;
    const [, route] = fromKubernetes(object);
    deepEqual(judged(retryWithinTimeout, route as AnyEntity), {
      findings: [invalid("spec.routes[0].httpRoute.retryPolicy.perRetryTimeout", missing)],
    });
  });

  it("take what is not known yet for valid", () => {
    const spec = { priority: unknownText, httpRoute };
    deepEqual(judged(retryWithinTimeout, entity("route", "shop/r/all", spec)), {
      findings: [invalid("spec.httpRoute.retryPolicy.perRetryTimeout", missing)],
    });
  });

  it("judge the other entities of a mesh", () => {
    const route = (name: string, action: object) =>
      entity("route", `shop/r/${name}`, { httpRoute: { match: { prefix: "/" }, action } });
    deepEqual(
      judgedMesh(referencesResolve, [
        entity("mesh", "shop", {}),
        entity("virtualNode", "shop/b", { backends: [7] }),
        entity("virtualNode", "shop/c", { backends: "all" }),
        route("one", { weightedTargets: [{ virtualNode: "x", weight: 1 }] }),
      ]).findings?.at(-1),
      "route/r/one: spec.httpRoute.action.weightedTargets[0].virtualNode: there is no virtual node x; correct the name, or declare it.",
    );
  });

  it("find nothing by it where they can do without", () => {
    const listener = { portMapping: { port: 8080, protocol: "http" }, tls: { mode: "STRICT" } };
    const node = entity("virtualNode", "shop/web", { listeners: [listener], backends: 7 });
    deepEqual(judged(tlsListenerStrict, node), {});
  });
});
