import { deepStrictEqual } from "node:assert/strict";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { meshService } from "./mesh-service-args.js";

const checkMeshService = (given: ObjectValue) => checkComponent(meshService, given);

const dns = (hostname: Value): ObjectValue => ({ dns: { hostname } });
const listener = (protocol: string, more: ObjectValue = {}): ObjectValue => ({
  portMapping: { port: 8080, protocol },
  ...more,
});
const service = (more: ObjectValue = {}): ObjectValue => ({
  meshName: "shop",
  virtualServiceName: "catalog.shop.local",
  listener: listener("http"),
  versions: {
    v1: { weight: 90, serviceDiscovery: dns("v1.internal") },
    v2: { weight: 10, virtualNodeName: "catalog-v2" },
  },
  ...more,
});

describe("the check of a MeshService", () => {
  it("finds nothing wrong with every way of giving a version, and with every protocol", () => {
    const routes: ObjectValue = {
      http: { httpRoute: { retryPolicy: { maxRetries: 2, perRetryTimeout: { unit: "s", value: 1 } } } },
      http2: { http2Route: { match: { prefix: "/v1" } } },
      grpc: { grpcRoute: { match: { serviceName: "shop.v1.Catalog" } } },
      tcp: { tcpRoute: { timeout: { idle: { unit: "s", value: 60 } } } },
    };
    for (const [protocol, route] of Object.entries(routes)) {
      const versions = {
        v1: { weight: 1, spec: { serviceDiscovery: dns("v1.internal") } },
        v2: { weight: 0, virtualNodeName: "catalog-v2", port: 8080 },
      };
      const given = service({ listener: listener(protocol), versions, ...(route as ObjectValue) });
      deepStrictEqual(checkMeshService(given), [], protocol);
    }
  });

  it("skips what is not known yet, but for the names of the versions", () => {
    const versions = { v1: { weight: UNKNOWN, serviceDiscovery: UNKNOWN }, v2: { weight: 1, spec: UNKNOWN } };
    deepStrictEqual(checkMeshService(service({ meshName: UNKNOWN, listener: UNKNOWN, versions })), []);
    deepStrictEqual(checkMeshService(service({ versions: UNKNOWN })), [
      {
        property: "versions",
        reason:
          "a value that is not known yet was given; a map of 1 to 10 entries is required, whose names must be known " +
          "before anything is made; what they stand for need not be.",
      },
    ]);
    deepStrictEqual(checkMeshService(service({ versions: { v1: UNKNOWN } })), [
      {
        property: "versions.v1",
        reason: "a value that is not known yet was given; only its members may be so.",
      },
    ]);
  });

  it("tells everything that is wrong with the arguments' shapes at its place", () => {
    const { listener: _, ...rest } = service({
      httpRoute: { match: { prefix: "/" } },
      route: {},
      versions: { v1: { weight: 101, serviceDiscovery: dns("v1"), virtualNodeName: "n" } },
      tags: { "": "x" },
    });
    deepStrictEqual(
      checkMeshService(rest).map(({ property }) => property),
      ["listener", "versions.v1", "versions.v1.weight", "route", 'tags[""]'],
    );
    deepStrictEqual(checkMeshService(service({ grpcRoute: {} })), [
      {
        property: "grpcRoute",
        reason: "grpcRoute was given; httpRoute is allowed, since the listener's protocol is http.",
      },
    ]);
    deepStrictEqual(checkMeshService(service({ versions: {} })), [
      { property: "versions", reason: "a map of 0 entries was given; a map of 1 to 10 entries is allowed." },
    ]);
  });

  it("tells what breaks a rule of the specs where the argument is that it comes from, and once", () => {
    const timeout = { grpc: { idle: { unit: "s", value: 1 } } };
    const versions = {
      v1: { weight: 1, serviceDiscovery: dns("v1") },
      v2: { weight: 1, serviceDiscovery: dns("v2") },
      v3: { weight: 1, spec: { listeners: [listener("http", { timeout })], serviceDiscovery: dns("v3") } },
    };
    const reason = "grpc was given; http is allowed, the protocol of the listener's portMapping.";
    deepStrictEqual(checkMeshService(service({ listener: listener("http", { timeout }), versions })), [
      { property: "listener.timeout.grpc", reason },
      { property: "versions.v3.spec.listeners[0].timeout.grpc", reason },
    ]);
    deepStrictEqual(checkMeshService(service({ httpRoute: { match: { prefix: "v1" } } })), [
      {
        property: "httpRoute.match.prefix",
        reason: '"v1" was given; a path that starts with "/" is allowed.',
      },
    ]);
  });

  it("looks at the headers of a preview where they are, behind those of the service's own route", () => {
    const versions = (preview: Value) => ({ v1: { weight: 1, virtualNodeName: "a", preview } });
    const own = { match: { prefix: "/", headers: [{ name: "x-own" }] } };
    const given = (preview: Value, protocol = "http") =>
      service({
        listener: listener(protocol),
        versions: versions(preview),
        ...(protocol === "http" && { httpRoute: own }),
      });
    const header = { name: "x-preview", match: { exact: "v2" } };
    for (const preview of [UNKNOWN, { headers: UNKNOWN }, { headers: [header, UNKNOWN], priority: UNKNOWN }])
      deepStrictEqual(checkMeshService(given(preview)), []);
    deepStrictEqual(checkMeshService(given({ headers: [header] }, "grpc")), []);
    deepStrictEqual(
      checkMeshService(given({ headers: [{ name: "x", match: { range: { start: 2, end: 1 } } }] })).map(
        ({ property }) => property,
      ),
      ["versions.v1.preview.headers[0].match.range.end"],
    );
    deepStrictEqual(checkMeshService(given({ headers: Array(10).fill(header) })), [
      {
        property: "versions.v1.preview.headers",
        reason: "a list of 11 items was given; a list of 1 to 10 items is allowed.",
      },
    ]);
    deepStrictEqual(checkMeshService(given({ headers: [header] }, "tcp")), [
      {
        property: "versions.v1.preview",
        reason: "it must be left out, since the listener's protocol is tcp, which has no headers.",
      },
    ]);
  });

  it("wants a preview to come no later than the service's own route, as far as their priorities are known", () => {
    const previewed = (priority: Value | undefined, own: Value) => {
      const preview = { headers: [{ name: "x-preview" }], ...(priority !== undefined && { priority }) };
      return service({ priority: own, versions: { v1: { weight: 1, virtualNodeName: "a", preview } } });
    };
    for (const [preview, own] of [
      [undefined, 0],
      [7, 7],
      [3, 1000],
      [UNKNOWN, 1],
      [5, UNKNOWN],
    ] as const)
      deepStrictEqual(checkMeshService(previewed(preview, own)), []);
    deepStrictEqual(checkMeshService(service({ priority: 1001 })), [
      { property: "priority", reason: "1001 was given; an integer from 0 to 1000 is allowed." },
    ]);
    deepStrictEqual(checkMeshService(previewed(8, 7)), [
      {
        property: "versions.v1.preview.priority",
        reason:
          "8 was given; 0 to 7 is allowed, since the service's own route, of priority 7, would take the preview's " +
          "requests before it.",
      },
    ]);
  });

  it("wants one version at least to get traffic, of those whose weight is known", () => {
    const versions = (weight: Value) => ({
      v1: { weight: 0, virtualNodeName: "a" },
      v2: { weight, virtualNodeName: "b" },
    });
    deepStrictEqual(checkMeshService(service({ versions: versions(UNKNOWN) })), []);
    deepStrictEqual(checkMeshService(service({ versions: versions(0) })), [
      {
        property: "versions",
        reason: "every version has weight 0, so that none gets traffic; give at least one a weight above 0.",
      },
    ]);
  });

  it("does not show what is secret", () => {
    const versions = { v1: { weight: new Secret(1234), virtualNodeName: "a" } };
    deepStrictEqual(checkMeshService(service({ versions })), [
      {
        property: "versions.v1.weight",
        reason: "a secret value was given; an integer from 0 to 100 is allowed.",
      },
    ]);
  });
});
