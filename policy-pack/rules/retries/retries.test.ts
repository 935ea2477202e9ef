import { deepEqual, ok } from "node:assert/strict";
import type { AnyEntity } from "../../subjects/entity.js";
import { complies, entity, judged, judgedMesh, unknownObject } from "../../testing/judged.js";
import { retryAmplification } from "./retry-amplification.js";
import { retryAttemptsBounded } from "./retry-attempts-bounded.js";
import { retryIdempotentOnly } from "./retry-idempotent-only.js";
import { retryPolicyRequired } from "./retry-policy-required.js";
import { retryWithinTimeout } from "./retry-within-timeout.js";

const seconds = (value: number) => ({ value, unit: "s" });
const policy = { maxRetries: 2, perRetryTimeout: seconds(2), tcpRetryEvents: ["connection-error"] };
const targets = (...names: string[]) => ({
  weightedTargets: names.map((virtualNode) => ({ virtualNode, weight: 1 })),
});
const http = (more: object = {}, member = "httpRoute") => ({
  [member]: { match: { prefix: "/" }, action: targets("a"), ...more },
});
const route = (spec: object) => entity("route", "shop/catalog/all", spec);
const tcp = route({ tcpRoute: { action: targets("a") } });
const tcpIsLeftOut = { notApplicable: "connections of a TCP route are not tried again" };

describe("retry-policy-required", () => {
  it("is content with a policy that has events, or that retries nothing on purpose", () => {
    deepEqual(judged(retryPolicyRequired, route(http({ retryPolicy: policy }))), complies);
    deepEqual(
      judged(
        retryPolicyRequired,
        route(
          http({ retryPolicy: { ...policy, tcpRetryEvents: undefined, httpRetryEvents: ["stream-error"] } }),
        ),
      ),
      complies,
    );
    deepEqual(
      judged(
        retryPolicyRequired,
        route(
          http(
            { retryPolicy: { ...policy, tcpRetryEvents: [], grpcRetryEvents: ["unavailable"] } },
            "grpcRoute",
          ),
        ),
      ),
      complies,
    );
    deepEqual(
      judged(
        retryPolicyRequired,
        route(http({ retryPolicy: { maxRetries: 0, perRetryTimeout: seconds(1) } })),
      ),
      complies,
    );
  });

  it("finds routes without a policy, whatever they speak, and policies without an event", () => {
    for (const [member, protocol] of [
      ["httpRoute", "HTTP"],
      ["http2Route", "HTTP/2"],
      ["grpcRoute", "gRPC"],
    ] as const) {
      deepEqual(judged(retryPolicyRequired, route(http({}, member))), {
        findings: [
          `spec.${member}.retryPolicy: the ${protocol} route has no retry policy; give one, or one with maxRetries 0 where nothing may be tried again.`,
        ],
      });
    }
    deepEqual(judged(retryPolicyRequired, route(http({ retryPolicy: { ...policy, tcpRetryEvents: [] } }))), {
      findings: [
        "spec.httpRoute.retryPolicy: the retry policy names no event, so that nothing is ever tried again; name events, such as httpRetryEvents gateway-error, or set maxRetries to 0.",
      ],
    });
    deepEqual(
      judged(
        retryPolicyRequired,
        route(http({ retryPolicy: { ...policy, tcpRetryEvents: undefined } }, "grpcRoute")),
      ),
      {
        findings: [
          "spec.grpcRoute.retryPolicy: the retry policy names no event, so that nothing is ever tried again; name events, such as grpcRetryEvents unavailable, or set maxRetries to 0.",
        ],
      },
    );
  });

  it("leaves TCP out, and waits for what is not known", () => {
    deepEqual(judged(retryPolicyRequired, tcp), tcpIsLeftOut);
    deepEqual(judged(retryPolicyRequired, route(http({ retryPolicy: unknownObject }))), {
      open: ["spec.httpRoute.retryPolicy"],
    });
  });
});

describe("retry-attempts-bounded", () => {
  it("allows as many as it is told to", () => {
    deepEqual(
      judged(retryAttemptsBounded, route(http({ retryPolicy: { ...policy, maxRetries: 3 } }))),
      complies,
    );
    deepEqual(judged(retryAttemptsBounded, route(http({ retryPolicy: { ...policy, maxRetries: 4 } }))), {
      findings: [
        "spec.httpRoute.retryPolicy.maxRetries: 4 retries are more than the 3 that are allowed; set maxRetries to 3 or less.",
      ],
    });
    deepEqual(
      judged(retryAttemptsBounded, route(http({ retryPolicy: { ...policy, maxRetries: 4 } })), {
        maximum: 4,
      }),
      complies,
    );
  });

  it("says nothing without a policy", () => {
    deepEqual(judged(retryAttemptsBounded, route(http())), { notApplicable: "it has no retry policy" });
    deepEqual(judged(retryAttemptsBounded, tcp), tcpIsLeftOut);
  });
});

describe("retry-within-timeout", () => {
  const within = (retryPolicy: object, timeout?: object) =>
    judged(
      retryWithinTimeout,
      route(http({ retryPolicy: { ...policy, ...retryPolicy }, ...(timeout && { timeout }) })),
    );

  it("is content where all attempts fit", () => {
    deepEqual(within({ perRetryTimeout: seconds(5) }), complies);
    deepEqual(within({}, { perRequest: seconds(6) }), complies);
    deepEqual(within({ perRetryTimeout: seconds(100) }, { perRequest: seconds(0) }), complies);
  });

  it("finds attempts that do not fit, or that have no limit", () => {
    deepEqual(within({ perRetryTimeout: { value: 5001, unit: "ms" } }), {
      findings: [
        "spec.httpRoute.retryPolicy.perRetryTimeout: 3 attempts of 5001 ms take 15003 ms, and the request by default has 15000 ms; set perRetryTimeout to 5000 ms or less, or give the request more time.",
      ],
    });
    deepEqual(within({}, { perRequest: { value: 5999, unit: "ms" } }), {
      findings: [
        "spec.httpRoute.retryPolicy.perRetryTimeout: 3 attempts of 2 s take 6000 ms, and the request has 5999 ms; set perRetryTimeout to 1999 ms or less, or give the request more time.",
      ],
    });
    deepEqual(within({ perRetryTimeout: seconds(0) }), {
      findings: [
        "spec.httpRoute.retryPolicy.perRetryTimeout: 0 gives an attempt all the time of the request, so that none is left for a retry; give each attempt its share of the request's time.",
      ],
    });
  });

  it("says nothing where nothing is retried", () => {
    deepEqual(within({ maxRetries: 0 }), { notApplicable: "its retries are switched off" });
  });
});

describe("retry-idempotent-only", () => {
  const events = { ...policy, httpRetryEvents: ["server-error", "stream-error", "gateway-error"] };

  it("is content where nothing has happened yet, or where the method may be repeated", () => {
    deepEqual(judged(retryIdempotentOnly, route(http({ retryPolicy: policy }))), complies);
    deepEqual(
      judged(
        retryIdempotentOnly,
        route(http({ match: { prefix: "/", method: "GET" }, retryPolicy: events })),
      ),
      complies,
    );
  });

  it("finds events after which the request may have been carried out", () => {
    deepEqual(judged(retryIdempotentOnly, route(http({ retryPolicy: events }))), {
      findings: [
        "spec.httpRoute.retryPolicy.httpRetryEvents[0]: after server-error the request may have been carried out, and the route takes any method, POST included; match repeatable methods by a route of their own, or leave server-error out.",
        "spec.httpRoute.retryPolicy.httpRetryEvents[1]: after stream-error the request may have been carried out, and the route takes any method, POST included; match repeatable methods by a route of their own, or leave stream-error out.",
        "spec.httpRoute.retryPolicy.httpRetryEvents[2]: after gateway-error the request may have been carried out, and the route takes any method, POST included; match repeatable methods by a route of their own, or leave gateway-error out.",
      ],
    });
    deepEqual(
      judged(
        retryIdempotentOnly,
        route(
          http(
            { match: { method: "POST" }, retryPolicy: { ...policy, httpRetryEvents: ["client-error"] } },
            "http2Route",
          ),
        ),
      ),
      {
        findings: [
          "spec.http2Route.retryPolicy.httpRetryEvents[0]: after client-error the request may have been carried out, and the route takes POST; match repeatable methods by a route of their own, or leave client-error out.",
        ],
      },
    );
    const grpc = route(
      http({ match: {}, retryPolicy: { ...policy, grpcRetryEvents: ["unavailable"] } }, "grpcRoute"),
    );
    deepEqual(judged(retryIdempotentOnly, grpc), {
      findings: [
        "spec.grpcRoute.retryPolicy.grpcRetryEvents[0]: after unavailable the request may have been carried out, and the route takes a gRPC method, which may not be repeatable; match repeatable gRPC methods by a route of their own, or leave unavailable out.",
      ],
    });
    deepEqual(judged(retryIdempotentOnly, grpc, { grpc: true }), {
      notApplicable: "gRPC methods may be repeated, by configuration",
    });
  });

  it("takes what is said of gRPC for gRPC alone", () => {
    const get = route(http({ match: { method: "GET" }, retryPolicy: events }));
    deepEqual(judged(retryIdempotentOnly, get, { grpc: true }), complies);
    const any = route(http({ match: {}, retryPolicy: events }));
    deepEqual(judged(retryIdempotentOnly, any, { grpc: true }), judged(retryIdempotentOnly, any));
    ok(judged(retryIdempotentOnly, any)?.findings);
  });

  it("takes the methods that it is told, and no retries as an answer", () => {
    const post = route(http({ match: { method: "POST" }, retryPolicy: events }));
    deepEqual(judged(retryIdempotentOnly, post, { methods: ["POST"] }), complies);
    deepEqual(judged(retryIdempotentOnly, route(http({ retryPolicy: { ...events, maxRetries: 0 } }))), {
      notApplicable: "its retries are switched off",
    });
  });
});

describe("retry-amplification", () => {
  const node = (name: string, ...backends: string[]): AnyEntity =>
    entity("virtualNode", `shop/${name}`, {
      backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
    });
  const byNode = (name: string): AnyEntity =>
    entity("virtualService", `shop/${name}`, { provider: { virtualNode: { virtualNodeName: name } } });
  const byRouter = (name: string, ...routes: object[]): AnyEntity[] => [
    entity("virtualService", `shop/${name}`, { provider: { virtualRouter: { virtualRouterName: name } } }),
    ...routes.map((spec, index) => entity("route", `shop/${name}/${index}`, spec)),
  ];
  const retries = (maxRetries: number, ...to: string[]) =>
    http({ action: targets(...to), retryPolicy: { ...policy, maxRetries } });

  it("multiplies along a way, with the default where nothing is said", () => {
    const chain = [node("a", "b"), node("b", "c"), node("c", "d"), node("d"), ...["b", "c", "d"].map(byNode)];
    deepEqual(judgedMesh(retryAmplification, chain), complies);
    deepEqual(judgedMesh(retryAmplification, chain, { maximum: 26 }), {
      findings: [
        "virtualNode/a: one request may become 27 on the way a -> b -> c -> d, and 26 are allowed; lower maxRetries on the routes of that way.",
      ],
    });
  });

  it("takes the worst of several ways, and what the routes say", () => {
    const mesh = [
      node("a", "b", "c"),
      node("b"),
      node("c", "b"),
      ...byRouter("b", retries(4, "b"), retries(1, "b")),
      ...byRouter("c", retries(0, "c")),
    ];
    deepEqual(judgedMesh(retryAmplification, mesh, { maximum: 4 }), {
      findings: [
        "virtualNode/a: one request may become 5 on the way a -> b, and 4 are allowed; lower maxRetries on the routes of that way.",
      ],
    });
  });

  it("finds what calls itself, by whomever it is called first", () => {
    const loop = [byNode("a"), node("a", "a")];
    deepEqual(judgedMesh(retryAmplification, loop), {
      findings: [
        "virtualNode/a: the way a -> a comes back to where it was, so that retries multiply without end; lower maxRetries on the routes of that way.",
      ],
    });
    deepEqual(judgedMesh(retryAmplification, [...loop, node("first", "a")]), {
      findings: [
        "virtualNode/first: the way first -> a -> a comes back to where it was, so that retries multiply without end; lower maxRetries on the routes of that way.",
      ],
    });
  });

  it("counts once what is never tried again: connections of TCP, and policies without events", () => {
    const listening = (name: string, ...protocols: string[]) =>
      entity("virtualNode", `shop/${name}`, {
        listeners: protocols.map((protocol, index) => ({ portMapping: { port: 5432 + index, protocol } })),
      });
    const worst = (...mesh: AnyEntity[]) =>
      judgedMesh(retryAmplification, [node("a", "b"), ...mesh], { maximum: 1 }).findings?.[0]?.split(
        " on ",
      )[0];
    const three = "virtualNode/a: one request may become 3";
    deepEqual(worst(byNode("b"), listening("b", "tcp")), undefined);
    deepEqual(worst(byNode("b"), listening("b", "tcp", "http")), three);
    deepEqual(worst(byNode("b"), listening("b")), three);
    deepEqual(worst(byNode("b"), entity("virtualNode", "shop/b", {})), three);
    const none = { maxRetries: 2, perRetryTimeout: policy.perRetryTimeout };
    for (const [events, found] of [
      [{}, undefined],
      [{ httpRetryEvents: [], tcpRetryEvents: [] }, undefined],
      [{ tcpRetryEvents: ["connection-error"] }, three],
      [{ httpRetryEvents: ["server-error"] }, three],
    ] as const) {
      const route = http({ action: targets("b"), retryPolicy: { ...none, ...events } });
      deepEqual(worst(...byRouter("b", route), node("b")), found, JSON.stringify(events));
    }
  });

  it("tells of a way where it begins", () => {
    const chain = [node("a", "b"), byNode("b"), node("b", "c"), byNode("c"), node("c")];
    deepEqual(judgedMesh(retryAmplification, chain, { maximum: 2 }), {
      findings: [
        "virtualNode/a: one request may become 9 on the way a -> b -> c, and 2 are allowed; lower maxRetries on the routes of that way.",
      ],
    });
  });

  it("begins at gateways, follows ARNs, and leaves out targets without a share", () => {
    const mesh = [
      entity("virtualGateway", "shop/edge", { listeners: [] }),
      entity("gatewayRoute", "shop/edge/all", {
        httpRoute: {
          match: { prefix: "/" },
          action: { target: { virtualService: { virtualServiceName: "b" } } },
        },
      }),
      byNode("b"),
      node("b", "arn:aws:appmesh:us-east-1:123456789012:mesh/shop/virtualService/c.shop.local"),
      ...byRouter(
        "c.shop.local",
        {
          httpRoute: {
            match: { prefix: "/" },
            action: {
              weightedTargets: [
                { virtualNode: "c", weight: 0 },
                { virtualNode: "d", weight: 1 },
              ],
            },
            retryPolicy: policy,
          },
        },
        { tcpRoute: { action: targets("c") } },
      ),
      node("c"),
      node("d"),
    ];
    deepEqual(judgedMesh(retryAmplification, mesh, { maximum: 1 }), {
      findings: [
        "virtualGateway/edge: one request may become 9 on the way edge -> b -> d, and 1 are allowed; lower maxRetries on the routes of that way.",
      ],
    });
  });

  it("finds ways that come back to where they were", () => {
    const circle = [node("a", "b"), node("b", "c"), node("c", "b"), ...["b", "c"].map(byNode)];
    const endless = judgedMesh(retryAmplification, circle);
    deepEqual(endless, {
      findings: [
        "virtualNode/a: the way a -> b -> c -> b comes back to where it was, so that retries multiply without end; lower maxRetries on the routes of that way.",
      ],
    });
    const alone = [node("b", "c"), node("c", "b"), ...["b", "c"].map(byNode)];
    deepEqual(judgedMesh(retryAmplification, alone), {
      findings: [
        "virtualNode/b: the way b -> c -> b comes back to where it was, so that retries multiply without end; lower maxRetries on the routes of that way.",
      ],
    });
    const calm = [
      node("b", "c"),
      node("c", "b"),
      ...byRouter("b", retries(0, "b")),
      ...byRouter("c", retries(0, "c")),
    ];
    deepEqual(judgedMesh(retryAmplification, calm, { maximum: 1 }), complies);
  });

  it("says nothing where nobody calls", () => {
    deepEqual(judgedMesh(retryAmplification, [node("a")]), {
      notApplicable: "no virtual node or gateway of this stack calls another",
    });
  });
});
