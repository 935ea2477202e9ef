import assert from "node:assert/strict";
import { createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
} from "../gen/envoy/service/discovery/v3/discovery_pb.js";
import { Encoder } from "./encode.js";
import { incrementalBody, nonceTail, stateOfTheWorldBody } from "./response.js";

const typeUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const cluster = new Encoder().encode("clusters", { name: "c", json: { name: "c" }, entities: [] });
const whole = (body: Uint8Array, nonce: string) => new Uint8Array(Buffer.concat([body, nonceTail(nonce)]));

describe("responses", () => {
  it("are what the protobuf library reads: state of the world", () => {
    const bytes = whole(stateOfTheWorldBody(typeUrl, "v", [cluster]), "12345");
    assert.deepEqual(
      toJson(DiscoveryResponseSchema, fromBinary(DiscoveryResponseSchema, bytes), {
        registry: createRegistry(ClusterSchema),
      }),
      {
        versionInfo: "v",
        typeUrl,
        nonce: "12345",
        resources: [{ "@type": typeUrl, name: "c" }],
      },
    );
  });

  it("are what the protobuf library reads: incremental", () => {
    const bytes = whole(incrementalBody(typeUrl, "v", [cluster], ["gone", "ü"]), "7");
    const { resources, ...rest } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    assert.deepEqual(
      { ...rest, $typeName: undefined },
      {
        $typeName: undefined,
        systemVersionInfo: "v",
        typeUrl,
        nonce: "7",
        removedResources: ["gone", "ü"],
        removedResourceNames: [],
      },
    );
    assert.deepEqual(
      resources.map(({ name, version, resource }) => ({ name, version, resource })),
      [{ name: "c", version: cluster.version, resource: fromBinary(AnySchema, cluster.any) }],
    );
  });
});
