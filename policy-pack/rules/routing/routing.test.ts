import { deepEqual, ok } from "node:assert/strict";
import type { AnyEntity } from "../../subjects/entity.js";
import { complies, entity, judged, judgedMesh, unknownText } from "../../testing/judged.js";
import { referencesResolve } from "./references-resolve.js";
import { routeWeights } from "./route-weights.js";
import { routesReachable } from "./routes-reachable.js";
import { servicesUsed } from "./services-used.js";

const targets = (...weightedTargets: object[]) => ({ action: { weightedTargets } });
const mesh = entity("mesh", "shop", {});
const node = (name: string, ...backends: string[]): AnyEntity =>
  entity("virtualNode", `shop/${name}`, {
    backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
  });
const service = (name: string, provider?: object): AnyEntity =>
  entity("virtualService", `shop/${name}`, provider ? { provider } : {});
const gatewayRoute = (name: string, virtualServiceName: string, member = "httpRoute"): AnyEntity =>
  entity("gatewayRoute", `shop/edge/${name}`, {
    [member]: { match: {}, action: { target: { virtualService: { virtualServiceName } } } },
  });

describe("route-weights", () => {
  const route = (...weightedTargets: object[]) =>
    judged(routeWeights, entity("route", "shop/catalog/all", { tcpRoute: targets(...weightedTargets) }));

  it("is content with any share, and with a node on two ports", () => {
    deepEqual(route({ virtualNode: "a", weight: 0 }, { virtualNode: "b", weight: 1 }), complies);
    deepEqual(
      route({ virtualNode: "a", weight: 1, port: 1 }, { virtualNode: "a", weight: 1, port: 2 }),
      complies,
    );
  });

  it("finds routes that send nowhere, and nodes that are named twice", () => {
    deepEqual(route({ virtualNode: "a", weight: 0 }, { virtualNode: "b", weight: 0 }), {
      findings: [
        "spec.tcpRoute.action.weightedTargets: all 2 weights are 0: every request is answered with 503; give one of them a weight above 0.",
      ],
    });
    deepEqual(
      route(
        { virtualNode: "a", weight: 1 },
        { virtualNode: "a", weight: 1 },
        { virtualNode: "a", weight: 1, port: 1 },
        { virtualNode: "a", weight: 1, port: 1 },
      ),
      {
        findings: [
          "spec.tcpRoute.action.weightedTargets[1].virtualNode: a is named by an earlier target too; add its weight to that one.",
          "spec.tcpRoute.action.weightedTargets[3].virtualNode: a, port 1 is named by an earlier target too; add its weight to that one.",
        ],
      },
    );
  });

  it("waits for what is not known", () => {
    deepEqual(route({ virtualNode: unknownText, weight: 0 }, { virtualNode: "b", weight: unknownText }), {
      open: [
        "spec.tcpRoute.action.weightedTargets[0].virtualNode",
        "spec.tcpRoute.action.weightedTargets[1].weight",
      ],
    });
  });
});

describe("references-resolve", () => {
  it("is content where every name leads somewhere", () => {
    deepEqual(
      judgedMesh(referencesResolve, [
        mesh,
        node("a", "s", "arn:aws:appmesh:us-east-1:123456789012:mesh/shop/virtualService/t"),
        service("s", { virtualNode: { virtualNodeName: "a" } }),
        service("t", { virtualRouter: { virtualRouterName: "r" } }),
        service("u"),
        entity("virtualRouter", "shop/r", {}),
        entity("route", "shop/r/all", {
          httpRoute: { match: {}, ...targets({ virtualNode: "a", weight: 1 }) },
        }),
        gatewayRoute("g", "s"),
      ]),
      complies,
    );
  });

  it("finds each name that leads nowhere", () => {
    deepEqual(
      judgedMesh(referencesResolve, [
        mesh,
        node("a", "s", "x"),
        service("s", { virtualNode: { virtualNodeName: "x" } }),
        service("t", { virtualRouter: { virtualRouterName: "x" } }),
        entity("route", "shop/r/all", {
          grpcRoute: {
            match: {},
            ...targets({ virtualNode: "a", weight: 1 }, { virtualNode: "y", weight: 0 }),
          },
        }),
        gatewayRoute("g", "y", "grpcRoute"),
      ]),
      {
        findings: [
          "virtualNode/a: spec.backends[1].virtualService.virtualServiceName: there is no virtual service x; correct the name, or declare it.",
          "virtualService/s: spec.provider.virtualNode.virtualNodeName: there is no virtual node x; correct the name, or declare it.",
          "virtualService/t: spec.provider.virtualRouter.virtualRouterName: there is no virtual router x; correct the name, or declare it.",
          "route/r/all: spec.grpcRoute.action.weightedTargets[1].virtualNode: there is no virtual node y; correct the name, or declare it.",
          "gatewayRoute/edge/g: spec.grpcRoute.action.target.virtualService.virtualServiceName: there is no virtual service y; correct the name, or declare it.",
        ],
      },
    );
  });

  for (const rule of [referencesResolve, servicesUsed]) {
    it(`${rule.name} leaves alone what another stack may declare`, () => {
      deepEqual(judgedMesh(rule, [node("a", "x"), service("y")]), {
        notApplicable: "this stack does not declare mesh shop, whose other entities it does not know",
      });
    });
  }
});

describe("services-used", () => {
  it("finds services that nobody calls", () => {
    deepEqual(
      judgedMesh(servicesUsed, [mesh, service("s"), node("a", "s"), service("t"), gatewayRoute("g", "t")]),
      complies,
    );
    deepEqual(judgedMesh(servicesUsed, [mesh, service("s")]), {
      findings: [
        "virtualService/s: nobody calls s: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.",
      ],
    });
  });
});

describe("routes-reachable", () => {
  const to = targets({ virtualNode: "a", weight: 1 });
  const http = (match: object, priority?: number) => ({
    ...(priority !== undefined && { priority }),
    httpRoute: { match, ...to },
  });
  const routes = (...specs: object[]) =>
    judgedMesh(
      routesReachable,
      specs.map((spec, index) => entity("route", `shop/r/${"abcdef"[index]}`, spec)),
    );
  const hidden = (behind: string, before: string, priority: string) => ({
    findings: [
      `route/r/${behind}: route ${before} of the same router comes first and takes all that route ${behind} would take; give it a priority below ${priority}, narrow the match of route ${before}, or delete it.`,
    ],
  });

  it("is content where the narrower comes first, by priority or by itself", () => {
    deepEqual(routes(http({ prefix: "/" }, 2), http({ prefix: "/a" }, 1)), complies);
    deepEqual(routes(http({ prefix: "/" }), http({ prefix: "/a" })), complies);
    deepEqual(routes(http({ prefix: "/" }), http({ prefix: "/" }, 5)), hidden("a", "b", "5"));
  });

  it("finds routes behind one that takes all of theirs", () => {
    deepEqual(routes(http({ prefix: "/" }, 1), http({ prefix: "/a" }, 2)), hidden("b", "a", "1"));
    deepEqual(routes(http({}, 1), http({ path: { exact: "/a" } })), hidden("b", "a", "1"));
    deepEqual(routes(http({ prefix: "/a" }, 1), http({ path: { exact: "/ab" } })), hidden("b", "a", "1"));
    deepEqual(
      routes(http({ prefix: "/a" }, 1), http({ prefix: "/ab", method: "GET" })),
      hidden("b", "a", "1"),
    );
    deepEqual(routes(http({ prefix: "/" }), http({ prefix: "/" })), hidden("b", "a", "that of all others"));
    deepEqual(routes(http({ prefix: "/" }, 1), http({ path: { regex: "/a" } }, 2)), hidden("b", "a", "1"));
    deepEqual(
      routes(http({ prefix: "/a", method: undefined }, 1), http({ prefix: "/a" }, 2)),
      hidden("b", "a", "1"),
    );
    const regex = { path: { regex: "/a.*" } };
    deepEqual(routes(http(regex, 1), http(regex, 2)), hidden("b", "a", "1"));
    deepEqual(routes({ priority: 1, tcpRoute: to }, { tcpRoute: to }), hidden("b", "a", "1"));
  });

  it("finds the later one by name of those that take the same", () => {
    const named = (...names: string[]) =>
      judgedMesh(
        routesReachable,
        names.map((name) => entity("route", `shop/r/${name}`, http({ prefix: "/" }))),
      );
    deepEqual(named("b", "a"), hidden("b", "a", "that of all others"));
    deepEqual(named("a", "b"), hidden("b", "a", "that of all others"));
  });

  it("looks at the routes of each gateway, by themselves", () => {
    const at = (gateway: string, name: string, match: object, priority?: number) =>
      entity("gatewayRoute", `shop/${gateway}/${name}`, {
        ...(priority !== undefined && { priority }),
        httpRoute: { match, action: { target: { virtualService: { virtualServiceName: "s" } } } },
      });
    const all = at("edge", "all", { prefix: "/" }, 1);
    deepEqual(judgedMesh(routesReachable, [all, at("edge", "shop", { prefix: "/shop" }, 2)]), {
      findings: [
        "gatewayRoute/edge/shop: gateway route all of the same gateway comes first and takes all that gateway route shop would take; give it a priority below 1, narrow the match of gateway route all, or delete it.",
      ],
    });
    const ofShop = { prefix: "/", hostname: { exact: "shop.example" } };
    deepEqual(
      judgedMesh(routesReachable, [at("edge", "shop", ofShop, 1), at("edge", "all", { prefix: "/" }, 2)]),
      complies,
    );
    deepEqual(judgedMesh(routesReachable, [all, at("edge", "host", ofShop, 2)]).findings?.length, 1);
    deepEqual(judgedMesh(routesReachable, [all, at("other", "shop", { prefix: "/shop" }, 2)]), complies);
    const route = entity("route", "shop/edge/shop", http({ prefix: "/shop" }, 2));
    deepEqual(judgedMesh(routesReachable, [all, route]), complies);
  });

  it("is content where they cannot be compared", () => {
    deepEqual(routes(http({ prefix: "/a" }, 1), http({ prefix: "/b" }, 2)), complies);
    deepEqual(routes(http({ prefix: "/a" }, 1), http({ prefix: "/" }, 2)), complies);
    deepEqual(routes(http({ prefix: "/a" }, 1), http({ path: { exact: "/b" } }, 2)), complies);
    deepEqual(routes(http({ prefix: "/a" }, 1), http({ path: { regex: "/a" } }, 2)), complies);
    deepEqual(routes(http({ path: { regex: "/a" } }, 1), http({ path: { regex: "/b" } }, 2)), complies);
    deepEqual(routes(http({ path: { exact: "/a" } }, 1), http({ prefix: "/a" }, 2)), complies);
    deepEqual(
      routes(
        { priority: 1, http2Route: { match: {}, ...to } },
        { priority: 2, grpcRoute: { match: {}, ...to } },
      ),
      complies,
    );
    deepEqual(
      routes({ priority: 1, grpcRoute: { match: {}, ...to } }, { priority: 2, tcpRoute: to }),
      complies,
    );
    deepEqual(routes(http({ path: { regex: "/.*" } }, 1), http({ prefix: "/a" }, 2)), complies);
    deepEqual(routes(http({ prefix: "/", method: "GET" }, 1), http({ prefix: "/a" }, 2)), complies);
    deepEqual(routes(http({ prefix: "/" }, 1), { priority: 2, http2Route: { match: {}, ...to } }), complies);
    deepEqual(routes(http({ prefix: "/" }, 1), { priority: 2, grpcRoute: { match: {}, ...to } }), complies);
  });

  it("names the first of several that it is behind", () => {
    const behind = http({ prefix: "/a/b", method: "GET" }, 9);
    deepEqual(routes(http({ prefix: "/" }, 5), http({ prefix: "/a", method: "GET" }, 2), behind), {
      findings: [...hidden("c", "b", "2").findings],
    });
    deepEqual(routes(http({ prefix: "/", method: "PUT" }, 5), http({ prefix: "/" }, 7), behind), {
      findings: [...hidden("c", "b", "7").findings],
    });
    const first = hidden("c", "a", "2");
    deepEqual(routes(http({ prefix: "/" }, 2), http({ prefix: "/a" }, 5), behind), {
      findings: [...hidden("b", "a", "2").findings, ...first.findings],
    });
    deepEqual(routes(http({ prefix: "/", method: "GET" }, 3), http({}, 3), http({}, 3)), {
      findings: [...hidden("c", "b", "3").findings],
    });
  });

  it("waits for what is not known, where there is another route to compare with", () => {
    const open = { open: ["spec.httpRoute.match.prefix of route r/a"] };
    deepEqual(routes(http({ prefix: unknownText }, 1), http({ prefix: "/a" }, 2)), open);
    deepEqual(routes(http({ prefix: unknownText }, 1)), complies);
  });

  it("looks at a router with twice the routes at twice the work", () => {
    const work = (count: number): number => {
      let reads = 0;
      const made = Array.from({ length: count }, (_, at) => {
        const route = entity("route", `shop/r/${at}`, {});
        const match = { prefix: `/some/where/${at}/`, method: "GET", port: 8080 };
        const spec = { priority: at % 1000, httpRoute: { match, ...to } };
        const counting = new Proxy(spec, {
          get(target, key, receiver) {
            reads++;
            return Reflect.get(target, key, receiver);
          },
        });
        return Object.defineProperty(route, "spec", { get: () => counting });
      });
      deepEqual(judgedMesh(routesReachable, made), complies);
      return reads;
    };
    const [half, whole] = [work(1_000), work(2_000)];
    ok(whole <= 2.1 * half, `${half} reads for 1,000 routes, ${whole} for 2,000`);
  });

  it("looks at each router by itself, and says nothing without routes", () => {
    deepEqual(
      judgedMesh(routesReachable, [
        entity("route", "shop/r/a", http({ prefix: "/" }, 1)),
        entity("route", "shop/s/a", http({ prefix: "/" }, 2)),
      ]),
      complies,
    );
    deepEqual(judgedMesh(routesReachable, [mesh]), { notApplicable: "there is no route" });
  });
});
