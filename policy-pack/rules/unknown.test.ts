// Rules about a whole mesh in which something is not known yet: all else is judged, and nothing is claimed too early.
import { deepEqual } from "node:assert/strict";
import type { AnyEntity } from "../subjects/entity.js";
import type { Linked } from "../subjects/running.js";
import { entity, judgedMesh, unknownObject, unknownText } from "../testing/judged.js";
import { retryAmplification } from "./retries/retry-amplification.js";
import { referencesResolve } from "./routing/references-resolve.js";
import { routesReachable } from "./routing/routes-reachable.js";
import { routesToEmptyServices } from "./routing/routes-to-empty-services.js";
import { servicesUsed } from "./routing/services-used.js";
import { tlsCoverage } from "./tls/tls-coverage.js";

const mesh = entity("mesh", "shop", {});
const backends = (...names: string[]) =>
  names.map((virtualServiceName) => ({ virtualService: { virtualServiceName } }));
const node = (name: string, ...names: string[]) =>
  entity("virtualNode", `shop/${name}`, { backends: backends(...names) });
const unknownNode = (name: string) => entity("virtualNode", `shop/${name}`, unknownText);
const service = (name: string, virtualRouterName: string = name) =>
  entity("virtualService", `shop/${name}`, { provider: { virtualRouter: { virtualRouterName } } });
const route = (router: string, name: string, spec: object) => entity("route", `shop/${router}/${name}`, spec);
const to = (...targets: [string, number | string][]) => ({
  action: { weightedTargets: targets.map(([virtualNode, weight]) => ({ virtualNode, weight })) },
});
const gatewayRoute = (name: string, virtualServiceName: string) =>
  entity("gatewayRoute", `shop/edge/${name}`, {
    httpRoute: { match: {}, action: { target: { virtualService: { virtualServiceName } } } },
  });

describe("references-resolve, of what is not known yet", () => {
  const missing = (where: string, title: string) =>
    `${where}: there is no ${title}; correct the name, or declare it.`;

  it("judges the others, of other entities and of the same", () => {
    deepEqual(
      judgedMesh(referencesResolve, [
        mesh,
        unknownNode("a"),
        node("b", unknownText, "x"),
        entity("virtualService", "shop/s", { provider: unknownObject }),
        service("t", "y"),
        route("r", "one", { httpRoute: unknownObject }),
        route("r", "two", { httpRoute: { match: {}, ...to([unknownText, 1], ["z", 1]) } }),
        gatewayRoute("g", unknownText),
        gatewayRoute("h", "x"),
      ]),
      {
        findings: [
          missing("virtualNode/b: spec.backends[1].virtualService.virtualServiceName", "virtual service x"),
          missing("virtualService/t: spec.provider.virtualRouter.virtualRouterName", "virtual router y"),
          missing("route/r/two: spec.httpRoute.action.weightedTargets[1].virtualNode", "virtual node z"),
          missing(
            "gatewayRoute/edge/h: spec.httpRoute.action.target.virtualService.virtualServiceName",
            "virtual service x",
          ),
        ],
        open: [
          "spec of virtual node a",
          "spec.backends[0].virtualService.virtualServiceName of virtual node b",
          "spec.provider of virtual service s",
          "spec.httpRoute of route r/one",
          "spec.httpRoute.action.weightedTargets[0].virtualNode of route r/two",
          "spec.httpRoute.action.target.virtualService.virtualServiceName of gateway route edge/g",
        ],
      },
    );
  });

  it("claims of no kind that something is missing while a name of that kind is not known", () => {
    deepEqual(
      judgedMesh(referencesResolve, [mesh, service(unknownText), node("a", "x"), service("t", "y")]),
      {
        findings: [
          missing("virtualService/t: spec.provider.virtualRouter.virtualRouterName", "virtual router y"),
        ],
        open: ["spec.backends[0].virtualService.virtualServiceName of virtual node a"],
      },
    );
  });
});

describe("services-used, of what is not known yet", () => {
  const unused = (name: string) =>
    `virtualService/${name}: nobody calls ${name}: it is the backend of no virtual node and the target of no gateway route; add it to the backends of its callers, or delete it.`;

  it("claims nothing while a caller is not known, who may call any service", () => {
    for (const [caller, open] of [
      [unknownNode("a"), "spec of virtual node a"],
      [node("a", unknownText), "spec.backends[0].virtualService.virtualServiceName of virtual node a"],
      [
        gatewayRoute("g", unknownText),
        "spec.httpRoute.action.target.virtualService.virtualServiceName of gateway route edge/g",
      ],
    ] as const)
      deepEqual(judgedMesh(servicesUsed, [mesh, service("s"), caller]), { open: [open] });
    const waits = {
      notApplicable: "some callers are not known before they are made: it is judged by `pulumi up`",
    };
    deepEqual(judgedMesh(servicesUsed, [mesh, service("s"), node(unknownText)]), waits);
    deepEqual(judgedMesh(servicesUsed, [mesh, service("s"), gatewayRoute(unknownText, "s")]), waits);
  });

  it("is not kept from it by what is not known of others", () => {
    const others: AnyEntity[] = [
      service(unknownText),
      entity("virtualService", "shop/t", unknownText),
      route("r", "one", { httpRoute: unknownObject }),
      entity("virtualNode", "shop/web", { backends: [], listeners: unknownObject }),
    ];
    deepEqual(judgedMesh(servicesUsed, [mesh, service("s"), node("a", "t"), ...others]), {
      findings: [unused("s")],
    });
  });
});

describe("routes-reachable, of what is not known yet", () => {
  it("judges the other routes of the same router", () => {
    const http = (match: object, priority: number | string) => ({
      priority,
      httpRoute: { match, ...to(["a", 1]) },
    });
    deepEqual(
      judgedMesh(routesReachable, [
        route("r", "all", http({ prefix: "/" }, 1)),
        route("r", "later", http({ prefix: unknownText }, 2)),
        route("r", "some", http({ prefix: "/some" }, unknownText)),
        route("r", "behind", http({ prefix: "/behind" }, 3)),
      ]),
      {
        findings: [
          "route/r/behind: route all of the same router comes first and takes all that route behind would take; give it a priority below 1, narrow the match of route all, or delete it.",
        ],
        open: ["spec.httpRoute.match.prefix of route r/later", "spec.priority of route r/some"],
      },
    );
  });
});

describe("retry-amplification, of what is not known yet", () => {
  const retrying = (router: string, node: string, maxRetries: number | string) =>
    route(router, "all", {
      httpRoute: {
        match: { prefix: "/" },
        ...to([node, 1]),
        retryPolicy: {
          maxRetries,
          perRetryTimeout: { value: 1, unit: "s" },
          tcpRetryEvents: ["connection-error"],
        },
      },
    });

  it("counts the ways that are known", () => {
    deepEqual(
      judgedMesh(
        retryAmplification,
        [
          node("a", "b", unknownText),
          node("b", "c"),
          node("c"),
          unknownNode("d"),
          entity("virtualService", "shop/x", unknownText),
          node("e", "x"),
          ...[service("b"), retrying("b", "b", 3), retrying("b", unknownText, 3)],
          ...[service("c"), retrying("c", "c", 1), retrying("c", "c", unknownText)],
        ],
        { maximum: 7 },
      ),
      {
        findings: [
          "virtualNode/a: one request may become 8 on the way a -> b -> c, and 7 are allowed; lower maxRetries on the routes of that way.",
        ],
        open: [
          "spec.backends[1].virtualService.virtualServiceName of virtual node a",
          "spec.httpRoute.action.weightedTargets[0].virtualNode of route b/all",
          "spec.httpRoute.retryPolicy.maxRetries of route c/all",
          "spec of virtual node d",
          "spec of virtual service x",
        ],
      },
    );
  });
});

describe("routes-to-empty-services, of what is not known yet", () => {
  const running: Linked[] = [
    {
      type: "kubernetes:core/v1:Service",
      props: { metadata: { name: "web" }, spec: { selector: { app: "a" } } },
    },
    {
      type: "kubernetes:apps/v1:Deployment",
      props: {
        metadata: { name: "web" },
        spec: { replicas: 0, template: { metadata: { labels: { app: "a" } } } },
      },
    },
  ];

  it("judges the other targets and routes", () => {
    const dns = (hostname: string) => ({ serviceDiscovery: { dns: { hostname } } });
    deepEqual(
      judgedMesh(
        routesToEmptyServices,
        [
          entity("virtualNode", "shop/web", dns("web.default")),
          entity("virtualNode", "shop/other", dns(unknownText)),
          route("r", "one", { httpRoute: unknownObject }),
          route("r", "two", {
            httpRoute: { match: {}, ...to(["web", unknownText], ["other", 1], ["web", 2]) },
          }),
        ],
        {},
        running,
      ),
      {
        findings: [
          "route/r/two: spec.httpRoute.action.weightedTargets[2].weight: weight 2 sends traffic to virtual node web, and Deployment web behind it is of size 0; set the weight to 0, or run a copy at least.",
        ],
        open: [
          "spec.httpRoute of route r/one",
          "spec.httpRoute.action.weightedTargets[0].weight of route r/two",
          "spec.serviceDiscovery.dns.hostname of virtual node other",
        ],
      },
    );
  });
});

describe("tls-coverage, of what is not known yet", () => {
  const listeners = (...modes: string[]) => modes.map((mode) => ({ tls: { mode } }));
  const owner = (name: string, ...modes: string[]) =>
    entity("virtualNode", `shop/${name}`, { listeners: listeners(...modes) });
  const found = (share: string, minimum: number) => [
    `mesh: ${share} %; at least ${minimum} % is asked for; give more listeners TLS in mode STRICT.`,
  ];
  const open = (name: string, listener = "") => [`spec${listener} of virtual node ${name}`];

  it("finds too little where no listener that is not known could make it enough", () => {
    const known = [mesh, owner("a", "STRICT", "PERMISSIVE")];
    const share = "1 of 2 known listeners of mesh shop have TLS in mode STRICT, which is 50";
    const one = [...known, owner("b", unknownText)];
    deepEqual(judgedMesh(tlsCoverage, one, { minimumPercent: 66 }), {
      open: open("b", ".listeners[0].tls.mode"),
    });
    deepEqual(judgedMesh(tlsCoverage, one, { minimumPercent: 67 }), {
      findings: found(share, 67),
      open: open("b", ".listeners[0].tls.mode"),
    });
    const many = [...known, unknownNode("b")];
    deepEqual(judgedMesh(tlsCoverage, many, { minimumPercent: 99 }), { open: open("b") });
    deepEqual(judgedMesh(tlsCoverage, many), { findings: found(share, 100), open: open("b") });
    deepEqual(judgedMesh(tlsCoverage, [owner("a", "STRICT"), unknownNode("b")]), { open: open("b") });
  });

  it("is exact about shares", () => {
    const ten = [mesh, owner("a", ...Array.from({ length: 9 }, () => "STRICT"), "DISABLED")];
    deepEqual(judgedMesh(tlsCoverage, ten, { minimumPercent: 90 }), {});
    deepEqual(judgedMesh(tlsCoverage, ten, { minimumPercent: 91 }), {
      findings: found("9 of 10 listeners of mesh shop have TLS in mode STRICT, which is 90", 91),
    });
  });
});
