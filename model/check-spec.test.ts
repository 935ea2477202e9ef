import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSpec } from "./check-spec.js";
import { entityTypes, type Specs } from "./entities.js";
import type { Kind } from "./entity.js";
import type { Listener } from "./listener.js";
import type { HttpRouteMatch } from "./routing/http-route.js";
import { arbitrarySpec } from "./testing/index.js";
import { formatViolation } from "./violation.js";

const errors = <K extends Kind>(kind: K, spec: Specs[K]) => checkSpec(kind, spec).map(formatViolation);

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const errorsOfPreview = (kind: Kind, spec: unknown) =>
  checkSpec(kind, spec, { isUnknown: (value) => value === unknown }).map(formatViolation);

const kinds = Object.keys(entityTypes) as Kind[];
const serviceDiscovery = { dns: { hostname: "catalog.shop.local" } };
const healthCheck = {
  protocol: "http",
  intervalMillis: 5000,
  timeoutMillis: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
} as const;
const action = { weightedTargets: [{ virtualNode: "catalog-v1", weight: 1 }] };
const target = { virtualService: { virtualServiceName: "catalog.shop.local" } };

describe("checkSpec", () => {
  describe("finds nothing in whatever the model allows", () => {
    for (const kind of kinds) {
      it(kind, () => {
        fc.assert(fc.property(arbitrarySpec(kind), (spec) => assert.deepEqual(errors(kind, spec), [])));
      });
    }
  });

  it("never throws, whatever JSON it is given and whatever is unknown in it", () => {
    const isUnknown = (value: unknown) => value === null || value === "" || value === 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.jsonValue(),
        (kind, spec) => void checkSpec(kind, spec, { isUnknown }),
      ),
    );
  });

  describe("never throws on a spec in which anything is replaced by anything", () => {
    for (const kind of kinds) {
      it(kind, () => {
        fc.assert(
          fc.property(arbitrarySpec(kind), fc.nat(), fc.jsonValue(), (spec, place, value) => {
            checkSpec(kind, withReplaced(spec, place, value));
            checkSpec(kind, withReplaced(spec, place, unknown), { isUnknown: (given) => given === unknown });
          }),
        );
      });
    }
  });

  it("says nothing of a spec in which anything became unknown", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.context(),
        fc.nat(),
        fc.gen(),
        (kind, context, place, generate) => {
          const spec = withReplaced(generate(arbitrarySpec, kind), place, unknown);
          context.log(JSON.stringify(spec));
          assert.deepEqual(errorsOfPreview(kind, spec), []);
        },
      ),
    );
  });

  it("reports what breaks the shape and what breaks a rule together", () => {
    const spec = {
      listeners: [
        { portMapping: { port: 70000, protocol: "http" }, connectionPool: { tcp: { maxConnections: 0 } } },
        { portMapping: { port: 80, protocol: "http" }, healthCheck: { ...healthCheck, port: 81 } },
      ],
    };
    assert.deepEqual(checkSpec("virtualNode", spec).map(formatViolation), [
      "spec.listeners[0].portMapping.port: 70000 was given; an integer from 1 to 65535 is allowed.",
      "spec.listeners[0].connectionPool.tcp.maxConnections: 0 was given; an integer from 1 to 2147483647 is allowed.",
      "spec.serviceDiscovery: nothing was given; a virtual node with listeners needs it, so that callers find its endpoints. Give it, or leave out the listeners.",
      "spec.listeners[0].connectionPool.tcp: tcp was given; http is allowed, the protocol of the listener's portMapping.",
      "spec.listeners[1].healthCheck.port: 81 was given; 80 is allowed, the port of the listener's portMapping. Leave the member out to check that port.",
    ]);
  });

  it("says where the spec stands", () => {
    assert.deepEqual(checkSpec("mesh", { egressFilter: { type: "NONE" } }, { path: ["body", "spec"] }), [
      {
        path: ["body", "spec", "egressFilter", "type"],
        given: "NONE",
        message: '"NONE" was given; "ALLOW_ALL" or "DROP_ALL" is allowed.',
      },
    ]);
  });

  describe("virtual node", () => {
    const withListener = (listener: Partial<Listener>, ...more: Listener[]) =>
      errors("virtualNode", {
        serviceDiscovery,
        listeners: [{ portMapping: { port: 8080, protocol: "http" }, ...listener }, ...more],
      });

    it("needs service discovery with listeners only", () => {
      const needed =
        "spec.serviceDiscovery: nothing was given; a virtual node with listeners needs it, so that callers find its endpoints. Give it, or leave out the listeners.";
      assert.deepEqual(
        errors("virtualNode", { listeners: [{ portMapping: { port: 80, protocol: "tcp" } }] }),
        [needed],
      );
      assert.deepEqual(errors("virtualNode", { listeners: [] }), []);
      assert.deepEqual(errors("virtualNode", { serviceDiscovery }), []);
    });

    it("has the connection pool of its protocol", () => {
      assert.deepEqual(withListener({ connectionPool: { http: { maxConnections: 1 } } }), []);
      assert.deepEqual(withListener({ connectionPool: { grpc: { maxRequests: 1 } } }), [
        "spec.listeners[0].connectionPool.grpc: grpc was given; http is allowed, the protocol of the listener's portMapping.",
      ]);
    });

    it("has the timeouts of its protocol", () => {
      assert.deepEqual(withListener({ timeout: { http: {} } }), []);
      assert.deepEqual(withListener({ timeout: { http2: {} } }), [
        "spec.listeners[0].timeout.http2: http2 was given; http is allowed, the protocol of the listener's portMapping.",
      ]);
    });

    it("is checked on the port of its listener", () => {
      assert.deepEqual(withListener({ healthCheck: { ...healthCheck, port: 8080 } }), []);
      assert.deepEqual(withListener({ healthCheck: { ...healthCheck, port: 8081 } }), [
        "spec.listeners[0].healthCheck.port: 8081 was given; 8080 is allowed, the port of the listener's portMapping. Leave the member out to check that port.",
      ]);
    });

    it("is checked by gRPC only where HTTP/2 is spoken", () => {
      const grpc = { healthCheck: { ...healthCheck, protocol: "grpc" } } as const;
      assert.deepEqual(withListener(grpc), [
        `spec.listeners[0].healthCheck.protocol: "grpc" was given, and the listener's portMapping has http; a gRPC health check is allowed with http2 and grpc.`,
      ]);
      assert.deepEqual(withListener({ ...grpc, portMapping: { port: 80, protocol: "tcp" } }), [
        `spec.listeners[0].healthCheck.protocol: "grpc" was given, and the listener's portMapping has tcp; a gRPC health check is allowed with http2 and grpc.`,
      ]);
      assert.deepEqual(withListener({ ...grpc, portMapping: { port: 80, protocol: "http2" } }), []);
      assert.deepEqual(withListener({ ...grpc, portMapping: { port: 80, protocol: "grpc" } }), []);
    });

    it("ejects endpoints at intervals and for a time", () => {
      const none = { value: 0, unit: "s" } as const;
      const some = { value: 1, unit: "ms" } as const;
      const limits = { maxServerErrors: 1, maxEjectionPercent: 50 };
      assert.deepEqual(
        withListener({ outlierDetection: { ...limits, interval: some, baseEjectionDuration: some } }),
        [],
      );
      assert.deepEqual(
        withListener({ outlierDetection: { ...limits, interval: none, baseEjectionDuration: none } }),
        [
          "spec.listeners[0].outlierDetection.interval.value: 0 was given; an integer of at least 1 is allowed here.",
          "spec.listeners[0].outlierDetection.baseEjectionDuration.value: 0 was given; an integer of at least 1 is allowed here.",
        ],
      );
    });

    it("listens on a port once", () => {
      assert.deepEqual(
        withListener(
          {},
          { portMapping: { port: 8081, protocol: "http" } },
          { portMapping: { port: 8080, protocol: "grpc" } },
        ),
        [
          "spec.listeners[2].portMapping.port: 8080 was given, as in spec.listeners[0].portMapping.port; a port that no other listener has is allowed.",
        ],
      );
    });

    it("is not judged by what is not known yet", () => {
      const portMapping = { port: 8080, protocol: "http" };
      for (const spec of [
        { listeners: unknown },
        { listeners: [{ portMapping }], serviceDiscovery: unknown },
        {
          listeners: [{ portMapping: unknown, connectionPool: { tcp: { maxConnections: 1 } } }],
          serviceDiscovery,
        },
        { listeners: [{ portMapping, connectionPool: unknown, timeout: unknown }], serviceDiscovery },
        { listeners: [{ portMapping, healthCheck: { ...healthCheck, port: unknown } }], serviceDiscovery },
        {
          listeners: [{ portMapping: { ...portMapping, port: unknown } }, { portMapping }],
          serviceDiscovery,
        },
        unknown,
      ]) {
        assert.deepEqual(errorsOfPreview("virtualNode", spec), []);
      }
    });
  });

  describe("virtual router", () => {
    it("listens on a port once", () => {
      const portMapping = { port: 80, protocol: "http" } as const;
      assert.deepEqual(errors("virtualRouter", { listeners: [{ portMapping }, { portMapping }] }), [
        "spec.listeners[1].portMapping.port: 80 was given, as in spec.listeners[0].portMapping.port; a port that no other listener has is allowed.",
      ]);
    });
  });

  describe("virtual gateway", () => {
    it("follows the rules of listeners", () => {
      const portMapping = { port: 8080, protocol: "http" } as const;
      const spec: Specs["virtualGateway"] = {
        listeners: [
          {
            portMapping,
            connectionPool: { http2: { maxRequests: 1 } },
            healthCheck: { ...healthCheck, protocol: "grpc", port: 1 },
          },
          { portMapping },
        ],
      };
      assert.deepEqual(errors("virtualGateway", spec), [
        "spec.listeners[0].connectionPool.http2: http2 was given; http is allowed, the protocol of the listener's portMapping.",
        "spec.listeners[0].healthCheck.port: 1 was given; 8080 is allowed, the port of the listener's portMapping. Leave the member out to check that port.",
        `spec.listeners[0].healthCheck.protocol: "grpc" was given, and the listener's portMapping has http; a gRPC health check is allowed with http2 and grpc.`,
        "spec.listeners[1].portMapping.port: 8080 was given, as in spec.listeners[0].portMapping.port; a port that no other listener has is allowed.",
      ]);
    });
  });

  describe("route", () => {
    const matching = (match: HttpRouteMatch) => [
      ...errors("route", { httpRoute: { match, action } }),
      ...errors("route", { http2Route: { match, action } }),
    ];

    it("is of one type", () => {
      assert.deepEqual(errors("route", { priority: 1 }), [
        "spec: none of httpRoute, http2Route, grpcRoute and tcpRoute was given; exactly one of them is required.",
      ]);
      assert.deepEqual(errors("route", { httpRoute: { match: {}, action }, tcpRoute: { action } }), [
        "spec: httpRoute and tcpRoute were given; exactly one of httpRoute, http2Route, grpcRoute and tcpRoute is allowed.",
      ]);
    });

    it("matches a prefix that starts with a slash", () => {
      assert.deepEqual(matching({ prefix: "/" }), []);
      assert.deepEqual(matching({ prefix: "items" }), [
        'spec.httpRoute.match.prefix: "items" was given; a path that starts with "/" is allowed.',
        'spec.http2Route.match.prefix: "items" was given; a path that starts with "/" is allowed.',
      ]);
      assert.deepEqual(errors("route", { httpRoute: { match: { prefix: "" }, action } }), [
        'spec.httpRoute.match.prefix: "" was given; a path that starts with "/" is allowed.',
      ]);
    });

    it("matches a prefix or a path, or by neither", () => {
      assert.deepEqual(matching({ port: 8080 }), []);
      assert.deepEqual(
        errors("route", { httpRoute: { match: { prefix: "/", path: { exact: "/" } }, action } }),
        ["spec.httpRoute.match: prefix and path were given; at most one of prefix and path is allowed."],
      );
    });

    it("matches a range that holds something", () => {
      const range = (start: number, end: number) => ({
        headers: [{ name: "a", match: { range: { start, end } } }],
      });
      assert.deepEqual(matching(range(-5, -4)), []);
      assert.deepEqual(matching(range(5, 5)), [
        "spec.httpRoute.match.headers[0].match.range.end: 5 was given; an integer of more than 5 is allowed, the start of the range.",
        "spec.http2Route.match.headers[0].match.range.end: 5 was given; an integer of more than 5 is allowed, the start of the range.",
      ]);
      const metadata = [{ name: "a" }, { name: "b", match: { range: { start: 9, end: 1 } } }];
      assert.deepEqual(errors("route", { grpcRoute: { match: { metadata }, action } }), [
        "spec.grpcRoute.match.metadata[1].match.range.end: 1 was given; an integer of more than 9 is allowed, the start of the range.",
      ]);
    });

    it("matches a method of a named service", () => {
      const grpc = (match: object) => errors("route", { grpcRoute: { match, action } });
      assert.deepEqual(grpc({ serviceName: "shop.v1.Catalog", methodName: "Get" }), []);
      assert.deepEqual(grpc({ methodName: "Get" }), [
        "spec.grpcRoute.match.serviceName: nothing was given; it is required when methodName is given.",
      ]);
    });

    it("takes every weight that App Mesh took", () => {
      const weights = (...each: number[]) =>
        errors("route", {
          tcpRoute: {
            action: { weightedTargets: each.map((weight) => ({ virtualNode: "catalog-v1", weight })) },
          },
        });
      assert.deepEqual(weights(0), []);
      assert.deepEqual(weights(1, 2), []);
      assert.deepEqual(weights(100, 100), []);
      assert.deepEqual(weights(101), [
        "spec.tcpRoute.action.weightedTargets[0].weight: 101 was given; an integer from 0 to 100 is allowed.",
      ]);
    });
  });

  describe("gateway route", () => {
    it("leaves alone what is reserved", () => {
      const prefix = (text: string) =>
        errors("gatewayRoute", { httpRoute: { match: { prefix: text }, action: { target } } });
      assert.deepEqual(prefix("/aws"), []);
      for (const reserved of ["/aws-appmesh", "/aws-app-mesh/x"]) {
        assert.deepEqual(prefix(reserved), [
          `spec.httpRoute.match.prefix: "${reserved}" was given; anything but /aws-appmesh* and /aws-app-mesh* is allowed, which are reserved for App Mesh.`,
        ]);
      }
      const service = (serviceName: string) =>
        errors("gatewayRoute", { grpcRoute: { match: { serviceName }, action: { target } } });
      assert.deepEqual(service("aws.appmesh.Mine"), []);
      for (const reserved of ["aws.appmesh", "aws.app-mesh.v1", "/aws.app-mesh"]) {
        assert.deepEqual(service(reserved), [
          `spec.grpcRoute.match.serviceName: "${reserved}" was given; anything but aws.app-mesh* and aws.appmesh is allowed, which are reserved for App Mesh.`,
        ]);
      }
    });

    it("matches and rewrites paths that start with a slash", () => {
      const http2Route = {
        match: { prefix: "items", headers: [{ name: "a", match: { range: { start: 1, end: 1 } } }] },
        action: { target, rewrite: { prefix: { value: "goods" } } },
      };
      assert.deepEqual(errors("gatewayRoute", { http2Route }), [
        'spec.http2Route.match.prefix: "items" was given; a path that starts with "/" is allowed.',
        "spec.http2Route.match.headers[0].match.range.end: 1 was given; an integer of more than 1 is allowed, the start of the range.",
        'spec.http2Route.action.rewrite.prefix.value: "goods" was given; a path that starts with "/" is allowed.',
      ]);
      const httpRoute = { match: {}, action: { target, rewrite: { path: { exact: "goods" } } } };
      assert.deepEqual(errors("gatewayRoute", { httpRoute }), [
        'spec.httpRoute.action.rewrite.path.exact: "goods" was given; a path that starts with "/" is allowed.',
      ]);
    });

    it("rewrites in one way", () => {
      const rewrite = { prefix: { defaultPrefix: "ENABLED", value: "/" }, path: { exact: "/" } } as const;
      assert.deepEqual(errors("gatewayRoute", { httpRoute: { match: {}, action: { target, rewrite } } }), [
        "spec.httpRoute.action.rewrite: prefix and path were given; at most one of prefix and path is allowed.",
        "spec.httpRoute.action.rewrite.prefix: defaultPrefix and value were given; exactly one of defaultPrefix and value is allowed.",
      ]);
    });
  });
});

/** A copy of a spec in which the value at one place, counted from the outside in, is replaced. */
function withReplaced(spec: unknown, place: number, replacement: unknown): unknown {
  const copy = structuredClone({ spec });
  const places: [Record<string, unknown>, string][] = [];
  const visit = (holder: Record<string, unknown>) => {
    for (const name of Object.keys(holder)) {
      places.push([holder, name]);
      const value = holder[name];
      if (typeof value === "object" && value !== null) visit(value as Record<string, unknown>);
    }
  };
  visit(copy as unknown as Record<string, unknown>);
  const [holder, name] = places[place % places.length] ?? [copy as Record<string, unknown>, "spec"];
  holder[name] = replacement;
  return copy.spec;
}
