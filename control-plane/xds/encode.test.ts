import assert from "node:assert/strict";
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type RouteConfigurationJson,
  RouteConfigurationSchema,
} from "../gen/envoy/config/route/v3/route_pb.js";
import { packed } from "../translate/extensions.js";
import { Encoder } from "./encode.js";

const virtualHost = (name: string) => ({
  name,
  domains: [name],
  routes: [{ match: { prefix: "/" }, route: { cluster: name } }],
});
const value = (any: Uint8Array) => fromBinary(AnySchema, any);

describe("encoding", () => {
  let encoder: Encoder;
  beforeEach(() => {
    encoder = new Encoder();
  });

  it("makes of Envoy's JSON an Any of the right type, with a version that its content alone decides", () => {
    const json = { name: "c", type: "EDS", edsClusterConfig: { edsConfig: { ads: {} } } } as const;
    const cluster = encoder.encode("clusters", { name: "c", json, entities: ["virtualNode/c"] });
    assert.equal(value(cluster.any).typeUrl, "type.googleapis.com/envoy.config.cluster.v3.Cluster");
    assert.match(cluster.version, /^[0-9a-f]{16}$/);
    assert.equal(
      new Encoder().encode("clusters", { name: "c", json: { ...json }, entities: [] }).version,
      cluster.version,
    );
    assert.notEqual(
      encoder.encode("clusters", { name: "c", json: { ...json, connectTimeout: "1s" }, entities: [] })
        .version,
      cluster.version,
    );
  });

  it("encodes an object once, and equal objects to one encoding", () => {
    const json = { name: "c" };
    const first = encoder.encode("clusters", { name: "c", json, entities: ["virtualNode/c"] });
    assert.equal(encoder.encode("clusters", { name: "c", json, entities: ["virtualNode/c"] }), first);
    assert.equal(
      encoder.encode("clusters", { name: "c", json: { name: "c" }, entities: ["virtualNode/c"] }),
      first,
    );
    assert.notEqual(
      encoder.encode("clusters", { name: "c", json: { name: "c" }, entities: ["virtualNode/d"] }),
      first,
    );
  });

  it("knows under which name a cluster asks for its endpoints", () => {
    const assignment = (json: object) =>
      encoder.encode("clusters", { name: "c", json, entities: [] }).assignment;
    const edsConfig = { ads: {} };
    assert.equal(assignment({ name: "c", type: "EDS", edsClusterConfig: { edsConfig } }), "c");
    assert.equal(
      assignment({ name: "c", type: "EDS", edsClusterConfig: { edsConfig, serviceName: "s" } }),
      "s",
    );
    assert.equal(assignment({ name: "c", type: "STRICT_DNS" }), undefined);
  });

  it("puts a route configuration together from its virtual hosts as if it were encoded whole", () => {
    const hosts = [virtualHost("a"), virtualHost("b")];
    const json: RouteConfigurationJson = {
      name: "r",
      virtualHosts: hosts,
      validateClusters: false,
      mostSpecificHeaderMutationsWins: true,
    };
    const { any } = encoder.encode("routes", { name: "r", json, entities: [] });
    const decoded = fromBinary(RouteConfigurationSchema, value(any).value);
    assert.deepEqual(
      toJson(RouteConfigurationSchema, decoded),
      toJson(RouteConfigurationSchema, fromJson(RouteConfigurationSchema, json)),
    );
    assert.equal(value(any).value.length, toBinary(RouteConfigurationSchema, decoded).length);
  });

  it("packs typed configurations", () => {
    const filter = {
      name: "tcp",
      typedConfig: packed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
        statPrefix: "s",
        cluster: "c",
      }),
    };
    encoder.encode("listeners", {
      name: "l",
      json: { name: "l", filterChains: [{ filters: [filter] }] },
      entities: [],
    });
  });

  it("refuses what is no such message, by name", () => {
    assert.throws(() => encoder.encode("clusters", { name: "c", json: { nmae: "c" }, entities: [] }), {
      message: /^clusters c is not valid Envoy configuration: .*nmae/,
    });
    assert.throws(
      () =>
        encoder.encode("listeners", {
          name: "l",
          json: {
            name: "l",
            listenerFilters: [{ name: "x", typedConfig: { "@type": "type.googleapis.com/no.such.Thing" } }],
          },
          entities: [],
        }),
      { message: /^listeners l is not valid Envoy configuration: .*no\.such\.Thing/ },
    );
  });
});
