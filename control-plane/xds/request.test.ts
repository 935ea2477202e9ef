import assert from "node:assert/strict";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from "../gen/envoy/service/discovery/v3/discovery_pb.js";
import { readIncrementalRequest, readStateOfTheWorldRequest } from "./request.js";

const node = {
  id: "mesh/shop/virtualNode/web",
  cluster: "web",
  userAgentName: "envoy",
  locality: { region: "us-east-1", zone: "a" },
  metadata: {
    other: { deep: [1, null, "x"] },
    "appmesh.interception": { mode: "explicit", appPorts: { "80": 8080 } },
  },
  extensions: [{ name: "envoy.filters.http.router", category: "envoy.filters.http", typeUrls: ["a", "b"] }],
  clientFeatures: ["f"],
  listeningAddresses: [
    {
      address: {
        case: "socketAddress" as const,
        value: { address: "::", portSpecifier: { case: "portValue" as const, value: 1 } },
      },
    },
  ],
};
const readNode = {
  id: "mesh/shop/virtualNode/web",
  cluster: "web",
  interception: { mode: "explicit", appPorts: { "80": 8080 } },
};
const text = fc.string({ unit: "grapheme" });

describe("requests", () => {
  it("are read without what nobody reads: state of the world", () => {
    const bytes = toBinary(
      DiscoveryRequestSchema,
      create(DiscoveryRequestSchema, {
        node,
        versionInfo: "v",
        resourceNames: ["a", "b"],
        resourceLocators: [{ name: "l" }],
        typeUrl: "type.googleapis.com/t",
        responseNonce: "7",
        errorDetail: { code: 13, message: "no", details: [{ typeUrl: "x", value: new Uint8Array([1]) }] },
      }),
    );
    assert.deepEqual(readStateOfTheWorldRequest(bytes), {
      node: readNode,
      version: "v",
      names: ["a", "b"],
      typeUrl: "type.googleapis.com/t",
      nonce: "7",
      error: "no",
    });
  });

  it("are read without what nobody reads: incremental", () => {
    const bytes = toBinary(
      DeltaDiscoveryRequestSchema,
      create(DeltaDiscoveryRequestSchema, {
        node,
        typeUrl: "type.googleapis.com/t",
        resourceNamesSubscribe: ["a"],
        resourceNamesUnsubscribe: ["b", "c"],
        resourceLocatorsSubscribe: [{ name: "l", dynamicParameters: { k: "v" } }],
        initialResourceVersions: { a: "1", ü: "2" },
        responseNonce: "7",
        errorDetail: { message: "" },
      }),
    );
    assert.deepEqual(readIncrementalRequest(bytes), {
      node: readNode,
      typeUrl: "type.googleapis.com/t",
      subscribe: ["a"],
      unsubscribe: ["b", "c"],
      initialVersions: new Map([
        ["a", "1"],
        ["ü", "2"],
      ]),
      nonce: "7",
      // Present and empty: a rejection all the same.
      error: "",
    });
  });

  it("are read as the protobuf library reads them", () => {
    fc.assert(
      fc.property(
        text,
        fc.array(text),
        fc.array(text),
        fc.dictionary(text, text),
        text,
        (typeUrl, subscribe, unsubscribe, versions, nonce) => {
          const bytes = toBinary(
            DeltaDiscoveryRequestSchema,
            create(DeltaDiscoveryRequestSchema, {
              typeUrl,
              resourceNamesSubscribe: subscribe,
              resourceNamesUnsubscribe: unsubscribe,
              initialResourceVersions: versions,
              responseNonce: nonce,
            }),
          );
          assert.deepEqual(readIncrementalRequest(bytes), {
            typeUrl,
            subscribe,
            unsubscribe,
            initialVersions: new Map(Object.entries(versions)),
            nonce,
          });
        },
      ),
    );
  });

  it("are read or refused, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [readIncrementalRequest, readStateOfTheWorldRequest]) {
          try {
            assert.equal(typeof read(bytes).typeUrl, "string");
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error));
          }
        }
      }),
    );
  });

  it("with metadata nested without end are refused, not followed", () => {
    // A google.protobuf.Value that is a list of one Value that is a list, ten thousand deep.
    let value: Buffer = Buffer.from([0x08, 0x00]);
    const field = (tag: number, bytes: Buffer): Buffer => {
      const length: number[] = [];
      for (let rest = bytes.length; ; rest >>>= 7) {
        length.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
    };
    for (let depth = 0; depth < 10_000; depth++) value = field(0x32, field(0x0a, value));
    const entry = Buffer.concat([field(0x0a, Buffer.from("appmesh.interception")), field(0x12, value)]);
    const request = field(0x0a, field(0x1a, field(0x0a, entry)));
    assert.throws(() => readIncrementalRequest(request), /recursion|depth|deep|stack/i);
  });
});
