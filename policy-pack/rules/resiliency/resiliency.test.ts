import { deepEqual } from "node:assert/strict";
import { complies, entity, judged, unknownObject, unknownText } from "../../testing/judged.js";
import { connectionPool } from "./connection-pool.js";
import { healthCheck } from "./health-check.js";
import { outlierDetection } from "./outlier-detection.js";
import { requestTimeout } from "./request-timeout.js";

const listener = { portMapping: { port: 8080, protocol: "http" } };
const node = (spec: object) => entity("virtualNode", "shop/web", spec);

for (const [rule, member, finding] of [
  [healthCheck, "healthCheck", "endpoints are not checked; give a health check"],
  [
    outlierDetection,
    "outlierDetection",
    "an endpoint that keeps failing is not ejected; give outlier detection",
  ],
  [
    connectionPool,
    "connectionPool",
    "there is no limit; give a connection pool with what the application can carry",
  ],
] as const) {
  describe(rule.name, () => {
    it("finds each listener without one", () => {
      deepEqual(judged(rule, node({ listeners: [{ ...listener, [member]: {} }] })), complies);
      deepEqual(judged(rule, node({ listeners: [listener, { ...listener, [member]: {} }, listener] })), {
        findings: [`spec.listeners[0].${member}: ${finding}.`, `spec.listeners[2].${member}: ${finding}.`],
      });
    });

    it("says nothing without listeners, and waits for what is not known", () => {
      deepEqual(judged(rule, node({})), { notApplicable: "it has no listener" });
      deepEqual(judged(rule, node({ listeners: [{ ...listener, [member]: unknownObject }, listener] })), {
        findings: [`spec.listeners[1].${member}: ${finding}.`],
        open: [`spec.listeners[0].${member}`],
      });
    });
  });
}

describe("request-timeout", () => {
  const route = (spec: object) => entity("route", "shop/catalog/all", spec);
  const http = (timeout?: object) =>
    route({ http2Route: { match: {}, action: { weightedTargets: [] }, ...(timeout && { timeout }) } });
  const tcp = (timeout?: object) =>
    route({ tcpRoute: { action: { weightedTargets: [] }, ...(timeout && { timeout }) } });

  it("is content with a limit that is not too long", () => {
    deepEqual(judged(requestTimeout, http({ perRequest: { value: 300, unit: "s" } })), complies);
    deepEqual(judged(requestTimeout, http({ perRequest: { value: 1, unit: "ms" } })), complies);
    deepEqual(judged(requestTimeout, tcp()), complies);
    deepEqual(judged(requestTimeout, tcp({ idle: { value: 5, unit: "s" } })), complies);
  });

  it("lets streams last that end once nothing moves", () => {
    const stream = (idle: object) => http({ perRequest: { value: 0, unit: "s" }, idle });
    deepEqual(judged(requestTimeout, stream({ value: 1, unit: "ms" })), complies);
    deepEqual(
      judged(requestTimeout, stream({ value: 0, unit: "s" })),
      judged(requestTimeout, http({ perRequest: { value: 0, unit: "s" } })),
    );
    deepEqual(judged(requestTimeout, stream({ value: unknownText, unit: "s" })), {
      open: ["spec.http2Route.timeout.idle.value"],
    });
  });

  it("finds routes without a limit, with none on purpose, and with a long one", () => {
    deepEqual(judged(requestTimeout, http()), {
      findings: [
        "spec.http2Route.timeout.perRequest: the HTTP/2 route says nothing of the time of a request, so that 15 s apply; give the time that the slowest good answer takes.",
      ],
    });
    deepEqual(judged(requestTimeout, http({ perRequest: { value: 0, unit: "s" } })), {
      findings: [
        "spec.http2Route.timeout.perRequest: 0 switches the limit off; give a value from 1 ms to 300 s, or, where answers are streams, timeout.idle above 0.",
      ],
    });
    deepEqual(
      judged(requestTimeout, http({ perRequest: { value: 10_001, unit: "ms" } }), { maximumSeconds: 10 }),
      {
        findings: [
          "spec.http2Route.timeout.perRequest: 10001 ms are longer than the 10 s that are allowed; give 10 s or less.",
        ],
      },
    );
    deepEqual(judged(requestTimeout, tcp({ idle: { value: 0, unit: "s" } })), {
      findings: [
        "spec.tcpRoute.timeout.idle: 0 switches the limit off: a connection that nobody uses stays for ever; leave it out for 300 s, or give a value above 0.",
      ],
    });
  });

  it("waits for what is not known", () => {
    deepEqual(judged(requestTimeout, http({ perRequest: { value: unknownText, unit: "s" } })), {
      open: ["spec.http2Route.timeout.perRequest.value"],
    });
  });
});
