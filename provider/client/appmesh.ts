import { randomUUID } from "node:crypto";
import { entityTypes, type GivenMeshSettings, type Kind } from "@pulumi-appmesh/model";
import { type Call, type CallOptions, type Connection, encode, HttpClient, type Sender } from "./http.js";
import { TableClient } from "./table.js";

/** Where an entity is: the names from its mesh down to itself. */
export interface Address {
  readonly kind: Kind;
  readonly names: readonly string[];
  /** The account that owns the mesh, where that is not the caller's own. */
  readonly meshOwner?: string | undefined;
}

/** An entity as the API gives it. */
export interface Entity {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status: { readonly status: string };
  readonly metadata: {
    readonly arn: string;
    readonly uid: string;
    readonly version: number;
    readonly meshOwner: string;
    readonly resourceOwner: string;
    /** Seconds since 1970. */
    readonly createdAt: number;
    readonly lastUpdatedAt: number;
  };
}

/** A reference in a list; it also carries its own name and its parents', under their members. */
export interface Reference {
  readonly arn: string;
  readonly [member: string]: unknown;
}

/** A mesh by its name, and by its owner where that is not the caller's own account. */
export interface MeshAddress {
  readonly meshName: string;
  readonly meshOwner?: string | undefined;
}

/** What was issued, and ends. Times are seconds since 1970. */
export interface Ending {
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly status: "Active" | "Expired" | "Revoked";
}

/** What is known of an access key. */
export interface AccessKey extends Ending {
  readonly accessKeyId: string;
  readonly account: string;
  readonly description: string;
}

export interface IssuedAccessKey extends AccessKey {
  readonly secretAccessKey: string;
}

/** What is known of what a proxy proves by who it is. */
export interface ProxyIdentity extends Ending {
  readonly identityId: string;
  readonly nodeId: string;
}

/** The same with all that is told once: a certificate and its key, or a token. */
export interface IssuedProxyIdentity {
  readonly identity: ProxyIdentity;
  readonly trust: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly token?: string;
}

export type Tags = Readonly<Record<string, string>>;

/** The kinds from the mesh down to `kind`. */
export function lineage(kind: Kind): readonly Kind[] {
  const { parent } = entityTypes[kind];
  return parent === undefined ? [kind] : [...lineage(parent), kind];
}

/** The operations of the App Mesh API that a provider needs, one method each. */
/** The virtual nodes and gateways whose proxies run as a service account. */
export interface RunsAs {
  readonly virtualNodes?: readonly string[];
  readonly virtualGateways?: readonly string[];
}

export class AppMesh {
  readonly #sender: Sender;

  constructor(connection: Connection) {
    this.#sender =
      connection.table === undefined
        ? new HttpClient(connection)
        : new TableClient(connection, connection.table);
  }

  get connection(): Connection {
    return this.#sender.connection;
  }

  create(at: Address, spec: unknown, tags: Tags, options?: CallOptions): Promise<Entity> {
    const body = {
      // The same token goes with every retry, so that an answer that was lost does not make a second entity.
      clientToken: randomUUID(),
      [entityTypes[at.kind].nameMember]: at.names.at(-1),
      ...(spec !== undefined && { spec }),
      ...(Object.keys(tags).length > 0 && { tags: tagList(tags) }),
    };
    return this.#send<Entity>(
      {
        operation: { name: "create", kind: at.kind, names: at.names.slice(0, -1) },
        method: "PUT",
        path: collectionPath(at.kind, at.names.slice(0, -1)),
        query: owner(at),
        body,
      },
      options,
    );
  }

  describe(at: Address, options?: CallOptions): Promise<Entity> {
    return this.#send<Entity>(
      { operation: on("describe", at), method: "GET", path: path(at), query: owner(at) },
      options,
    );
  }

  update(at: Address, spec: unknown, options?: CallOptions): Promise<Entity> {
    const body = { clientToken: randomUUID(), ...(spec !== undefined && { spec }) };
    return this.#send<Entity>(
      { operation: on("update", at), method: "PUT", path: path(at), query: owner(at), body },
      options,
    );
  }

  async delete(at: Address, options?: CallOptions): Promise<void> {
    await this.#send(
      { operation: on("delete", at), method: "DELETE", path: path(at), query: owner(at) },
      options,
    );
  }

  /** The entities of one kind below `parents` (their names from the mesh down; none for meshes). */
  async *list(
    kind: Kind,
    parents: readonly string[],
    meshOwner: string | undefined,
    options?: CallOptions,
  ): AsyncGenerator<Reference> {
    let nextToken: string | undefined;
    do {
      const query = { ...(meshOwner && { meshOwner }), ...(nextToken && { nextToken }) };
      const page = await this.#send<Record<string, unknown>>(
        {
          operation: { name: "list", kind, names: parents },
          method: "GET",
          path: collectionPath(kind, parents),
          query,
        },
        options,
      );
      yield* (page[entityTypes[kind].listMember] ?? []) as Reference[];
      nextToken = page.nextToken as string | undefined;
    } while (nextToken);
  }

  async tags(arn: string, options?: CallOptions): Promise<Tags> {
    const tags: Record<string, string> = {};
    let nextToken: string | undefined;
    do {
      const query = { resourceArn: arn, ...(nextToken && { nextToken }) };
      const page = await this.#send<{ tags?: { key: string; value?: string }[]; nextToken?: string }>(
        { operation: { name: "tags" }, method: "GET", path: "/v20190125/tags", query },
        options,
      );
      for (const { key, value } of page.tags ?? []) tags[key] = value ?? "";
      nextToken = page.nextToken;
    } while (nextToken);
    return tags;
  }

  async tag(arn: string, tags: Tags, options?: CallOptions): Promise<void> {
    const body = { tags: tagList(tags) };
    await this.#send(
      {
        operation: { name: "tag" },
        method: "PUT",
        path: "/v20190125/tag",
        query: { resourceArn: arn },
        body,
      },
      options,
    );
  }

  async untag(arn: string, tagKeys: readonly string[], options?: CallOptions): Promise<void> {
    await this.#send(
      {
        operation: { name: "untag" },
        method: "PUT",
        path: "/v20190125/untag",
        query: { resourceArn: arn },
        body: { tagKeys },
      },
      options,
    );
  }

  /** What the owner of a mesh has settled beyond App Mesh's model. */
  settings(meshName: string, options?: CallOptions): Promise<GivenMeshSettings> {
    return this.#send<GivenMeshSettings>(
      { operation: { name: "settings", names: [meshName] }, method: "GET", path: settingsPath(meshName) },
      options,
    );
  }

  /** Settles what is given, and leaves the rest at its default. */
  async settle(meshName: string, body: object, options?: CallOptions): Promise<void> {
    const path = settingsPath(meshName);
    await this.#send(
      { operation: { name: "settle", names: [meshName] }, method: "PUT", path, body },
      options,
    );
  }

  /** Whose proxies run as a service account of Kubernetes, NAMESPACE:NAME. Throws where nobody's do. */
  serviceAccount(meshName: string, account: string, options?: CallOptions): Promise<RunsAs> {
    return this.#ofServiceAccount<RunsAs>("serviceAccount", "GET", [meshName, account], undefined, options);
  }

  /** Says whose proxies, and nobody else's, run as a service account of Kubernetes. */
  async putServiceAccount(
    meshName: string,
    account: string,
    body: RunsAs,
    options?: CallOptions,
  ): Promise<void> {
    await this.#ofServiceAccount("putServiceAccount", "PUT", [meshName, account], body, options);
  }

  async deleteServiceAccount(meshName: string, account: string, options?: CallOptions): Promise<void> {
    await this.#ofServiceAccount("deleteServiceAccount", "DELETE", [meshName, account], undefined, options);
  }

  #ofServiceAccount<T>(
    name: "serviceAccount" | "putServiceAccount" | "deleteServiceAccount",
    method: "GET" | "PUT" | "DELETE",
    names: readonly [meshName: string, account: string],
    body: object | undefined,
    options?: CallOptions,
  ): Promise<T> {
    const [meshName, account] = names;
    const path = `/v1/meshes/${encode(meshName)}/service-accounts/${encode(account)}`;
    return this.#send<T>(
      { operation: { name, names }, method, path, ...(body !== undefined && { body }) },
      options,
    );
  }

  /** Issues an access key as `body`, the control plane's CreateAccessKeyInput, asks for it. */
  async issueKey(body: object, options?: CallOptions): Promise<IssuedAccessKey> {
    const operation = { name: "issueKey" } as const;
    const { accessKey } = await this.#send<{ accessKey: IssuedAccessKey }>(
      { operation, method: "POST", path: KEYS, body: marked(body) },
      options,
    );
    return accessKey;
  }

  /** Undefined where the control plane does not know it, or no longer. */
  async accessKey(accessKeyId: string, options?: CallOptions): Promise<AccessKey | undefined> {
    const { accessKeys } = await this.#send<{ accessKeys: readonly AccessKey[] }>(
      { operation: { name: "keys" }, method: "GET", path: KEYS },
      options,
    );
    return accessKeys.find((key) => key.accessKeyId === accessKeyId);
  }

  /** Changes what is said of an access key for people. */
  async describeKey(accessKeyId: string, description: string, options?: CallOptions): Promise<void> {
    const operation = { name: "describeKey", names: [accessKeyId] } as const;
    const path = keyPath(accessKeyId);
    await this.#send({ operation, method: "PUT", path, body: { description } }, options);
  }

  async revokeKey(accessKeyId: string, options?: CallOptions): Promise<void> {
    const operation = { name: "revokeKey", names: [accessKeyId] } as const;
    await this.#send({ operation, method: "DELETE", path: keyPath(accessKeyId) }, options);
  }

  /** Issues what `body`, the control plane's IssueIdentityInput, asks for. */
  issueIdentity(of: MeshAddress, body: object, options?: CallOptions): Promise<IssuedProxyIdentity> {
    return this.#send<IssuedProxyIdentity>(
      {
        operation: { name: "issueIdentity", names: [of.meshName] },
        method: "POST",
        path: identitiesPath(of),
        query: ownerOf(of),
        body: marked(body),
      },
      options,
    );
  }

  /** Undefined where the control plane does not know it, or no longer. Throws where there is no such mesh. */
  async identity(
    of: MeshAddress,
    identityId: string,
    options?: CallOptions,
  ): Promise<ProxyIdentity | undefined> {
    const { identities } = await this.#send<{ identities: readonly ProxyIdentity[] }>(
      {
        operation: { name: "identities", names: [of.meshName] },
        method: "GET",
        path: identitiesPath(of),
        query: ownerOf(of),
      },
      options,
    );
    return identities.find((identity) => identity.identityId === identityId);
  }

  async revokeIdentity(of: MeshAddress, identityId: string, options?: CallOptions): Promise<void> {
    await this.#send(
      {
        operation: { name: "revokeIdentity", names: [of.meshName, identityId] },
        method: "DELETE",
        path: `${identitiesPath(of)}/${encode(identityId)}`,
        query: ownerOf(of),
      },
      options,
    );
  }

  close(): void {
    this.#sender.close();
  }

  async #send<T>(call: Call, options?: CallOptions): Promise<T> {
    return (await this.#sender.send(call, options)) as T;
  }
}

/** /v20190125/meshes/shop/virtualRouter/catalog/routes */
function collectionPath(kind: Kind, parents: readonly string[]): string {
  const { parent, collection } = entityTypes[kind];
  return `${parent === undefined ? "/v20190125" : parentPath(parent, parents)}/${collection}`;
}

function parentPath(kind: Kind, names: readonly string[]): string {
  const { parent, parentSegment } = entityTypes[kind];
  const above = parent === undefined ? "/v20190125" : parentPath(parent, names.slice(0, -1));
  return `${above}/${parentSegment}/${encode(names.at(-1) ?? "")}`;
}

const settingsPath = (meshName: string): string => `/v1/meshes/${encode(meshName)}/settings`;

const KEYS = "/v1/access-keys";
const keyPath = (accessKeyId: string): string => `${KEYS}/${encode(accessKeyId)}`;
const identitiesPath = ({ meshName }: MeshAddress): string => `/v1/meshes/${encode(meshName)}/identities`;

const path = ({ kind, names }: Address): string =>
  `${collectionPath(kind, names.slice(0, -1))}/${encode(names.at(-1) ?? "")}`;

const on = (name: "describe" | "update" | "delete", { kind, names }: Address) => ({ name, kind, names });

/** The mesh operations themselves know no other owner than the caller. */
const owner = ({ kind, meshOwner }: Address): Record<string, string> =>
  meshOwner === undefined || kind === "mesh" ? {} : { meshOwner };

const ownerOf = ({ meshOwner }: MeshAddress): Record<string, string> =>
  meshOwner === undefined ? {} : { meshOwner };

/** One mark for all attempts of a call: what an attempt has issued whose answer was lost is taken back by the next one. */
const marked = (body: object): object => ({ ...body, clientToken: randomUUID() });

const tagList = (tags: Tags): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));
