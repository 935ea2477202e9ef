import { hash } from "node:crypto";
import { type DescMessage, fromJson, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type ClusterJson, ClusterSchema } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { VirtualHostSchema } from "../gen/envoy/config/route/v3/route_components_pb.js";
import {
  type RouteConfigurationJson,
  RouteConfigurationSchema,
} from "../gen/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Resource } from "../translate/resources.js";
import { type ResourceKind, traits } from "./resource-kinds.js";
import { typedConfigs } from "./typed-configs.js";
import { WeakTable } from "./weak-table.js";

/** One Envoy resource as it goes over the wire: immutable, and shared by every proxy that is told of it. */
export interface EncodedResource {
  readonly name: string;
  /** A hash of its bytes: the same on every replica and after every restart. 16 hexadecimal digits. */
  readonly version: string;
  /** The google.protobuf.Any that holds it. */
  readonly any: Uint8Array;
  /** As translation named them. */
  readonly entities: readonly string[];
  /** Of a cluster that takes its endpoints from EDS: the name of its ClusterLoadAssignment. */
  readonly assignment?: string;
}

const schemas: Readonly<Record<ResourceKind, DescMessage>> = {
  secrets: SecretSchema,
  clusters: ClusterSchema,
  endpoints: ClusterLoadAssignmentSchema,
  listeners: ListenerSchema,
  routes: RouteConfigurationSchema,
};
const virtualHostsField = RouteConfigurationSchema.field.virtualHosts.number;

/**
 * Encodes Envoy's JSON, each object once: what it made is kept with the object, and objects that come out
 * equal share one encoding.
 */
export class Encoder {
  private readonly byJson = new WeakMap<object, EncodedResource>();
  private readonly virtualHosts = new WeakMap<object, Uint8Array>();
  private readonly byContent = new WeakTable<EncodedResource>();

  /** Throws where the JSON is not the kind's message; the error names the resource. */
  encode(kind: ResourceKind, resource: Resource<object>): EncodedResource {
    const known = this.byJson.get(resource.json);
    if (known !== undefined && known.name === resource.name) return known;
    const encoded = this.share(kind, resource, this.bytes(kind, resource));
    this.byJson.set(resource.json, encoded);
    return encoded;
  }

  private bytes(kind: ResourceKind, resource: Resource<object>): Uint8Array {
    try {
      return kind === "routes"
        ? this.routeConfiguration(resource.json)
        : message(schemas[kind], resource.json);
    } catch (error) {
      // The message of such an error may repeat what it is about.
      if (kind === "secrets") throw new Error(`${kind} ${resource.name} is not valid Envoy configuration`);
      throw new Error(
        `${kind} ${resource.name} is not valid Envoy configuration: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }

  private share(kind: ResourceKind, resource: Resource<object>, value: Uint8Array): EncodedResource {
    const version = hash("sha256", value, "hex").slice(0, 16);
    const key = [kind, version, resource.name, ...resource.entities].join("\0");
    const same = this.byContent.get(key);
    if (same !== undefined) return same;
    const assignment = kind === "clusters" ? assignmentOf(resource.json as ClusterJson) : undefined;
    const encoded: EncodedResource = {
      name: resource.name,
      version,
      any: new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .string(traits[kind].typeUrl)
        .tag(2, WireType.LengthDelimited)
        .bytes(value)
        .finish(),
      entities: resource.entities,
      ...(assignment === undefined ? {} : { assignment }),
    };
    this.byContent.set(key, encoded);
    return encoded;
  }

  /**
   * Protobuf lets a message be put together from the bytes of its fields: each virtual host is encoded once,
   * so that a change of one does not encode the hundreds beside it again.
   */
  private routeConfiguration(json: RouteConfigurationJson): Uint8Array {
    const { virtualHosts = [], ...rest } = json;
    const writer = new BinaryWriter().raw(message(RouteConfigurationSchema, rest));
    for (const virtualHost of virtualHosts) {
      let bytes = this.virtualHosts.get(virtualHost);
      if (bytes === undefined) {
        bytes = message(VirtualHostSchema, virtualHost);
        this.virtualHosts.set(virtualHost, bytes);
      }
      writer.tag(virtualHostsField, WireType.LengthDelimited).bytes(bytes);
    }
    return writer.finish();
  }
}

function message(schema: DescMessage, json: object): Uint8Array {
  return toBinary(schema, fromJson(schema, json as never, { registry: typedConfigs }));
}

function assignmentOf(cluster: ClusterJson): string | undefined {
  return cluster.type === "EDS" ? cluster.edsClusterConfig?.serviceName || cluster.name : undefined;
}
