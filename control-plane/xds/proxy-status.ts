import type { AdsStream } from "./ads-stream.js";
import type { Channel } from "./channel.js";
import { type ResourceKind, resourceKinds } from "./resource-kinds.js";
import type { Protocol } from "./transport.js";

/** One connected proxy: who it is, and how far it follows its configuration. */
export interface ProxyStatus {
  readonly nodeId: string;
  /** `node.cluster` of its bootstrap. */
  readonly cluster: string;
  readonly meshName: string;
  /** The account that owns the mesh, where the proxy names one. */
  readonly meshOwner?: string;
  /** As `virtualNode/catalog-v1`. */
  readonly entity: string;
  readonly interception: "transparent" | "explicit";
  readonly protocol: Protocol;
  readonly peer: string;
  /** What it has proven who it is by. */
  readonly identity?: string;
  /** ISO 8601. */
  readonly connectedSince: string;
  /** What keeps it from today's configuration, such as an entity that does not exist. */
  readonly problem?: string;
  /** By kind of resource; without those that it has not asked for. */
  readonly resources: Partial<Record<ResourceKind, ResourceStatus>>;
}

export interface ResourceStatus {
  /** The version that the proxy should have; absent where it is to be told nothing. */
  readonly version?: string;
  /** The version that it last took; absent where it took none. */
  readonly acknowledged?: string;
  /** The version that it was sent and has not answered. */
  readonly pending?: string;
  /** Its last rejection, for as long as something of it is held back. */
  readonly error?: RejectionStatus;
}

export interface RejectionStatus {
  readonly version: string;
  /** The proxy's own words. */
  readonly reason: string;
  /** The resources that the reason names, or all of the response where it names none. */
  readonly resources: readonly string[];
  /** The entities that those are made from, as `virtualNode/catalog-v1`. */
  readonly entities: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** Undefined for a stream that has not said yet who it is. */
export function statusOf(stream: AdsStream): ProxyStatus | undefined {
  const { node, proxy, view } = stream;
  if (node === undefined || proxy === undefined) return undefined;
  const resources: Partial<Record<ResourceKind, ResourceStatus>> = {};
  for (const kind of resourceKinds) {
    const channel = stream.channels[kind];
    if (channel.asked) resources[kind] = resourceStatus(channel, view?.snapshot?.[kind].version);
  }
  return {
    nodeId: node.id,
    cluster: node.cluster,
    meshName: proxy.meshName,
    ...(proxy.meshOwner === undefined ? {} : { meshOwner: proxy.meshOwner }),
    entity: `${proxy.kind}/${proxy.name}`,
    interception: proxy.interception.mode,
    protocol: stream.protocol,
    peer: stream.connection.peer,
    ...(stream.connection.identity && { identity: stream.connection.identity.description }),
    connectedSince: new Date(stream.connectedAt).toISOString(),
    ...(view?.problem === undefined ? {} : { problem: view.problem }),
    resources,
  };
}

function resourceStatus(channel: Channel, version: string | undefined): ResourceStatus {
  const pending = channel.outstanding.at(-1)?.set.version;
  const { acknowledged, rejection } = channel;
  return {
    ...(version === undefined ? {} : { version }),
    ...(acknowledged === undefined ? {} : { acknowledged: acknowledged.version }),
    ...(pending === undefined ? {} : { pending }),
    ...(rejection === undefined
      ? {}
      : {
          error: {
            version: rejection.set.version,
            reason: rejection.reason,
            resources: rejection.suspects.map(({ name }) => name),
            entities: [...new Set(rejection.suspects.flatMap(({ entities }) => entities))],
            at: new Date(rejection.at).toISOString(),
          },
        }),
  };
}
