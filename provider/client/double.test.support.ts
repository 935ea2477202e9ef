import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every kind.
  readonly body: any;
}

export type Reply = (response: ServerResponse) => void;

/** App Mesh's API in memory, as far as the provider uses it, which can be told to fail; what it was asked is kept. */
export interface Double {
  readonly endpoint: string;
  readonly seen: Seen[];
  /** Entities by path: meshes/shop/virtualNodes/catalog-v1. */
  readonly entities: Map<string, Record<string, unknown>>;
  readonly tags: Map<string, Map<string, string>>;
  /** Paths of entities that are in use: they are not deleted. */
  readonly inUse: Set<string>;
  /** These answer the next requests, before anything else is done with them; undefined lets one pass. */
  readonly next: (Reply | undefined)[];
  close(): Promise<void>;
}

/** App Mesh's way of telling an error. */
export const failure =
  (status: number, code: string, message: string): Reply =>
  (response) => {
    response.writeHead(status, { "x-amzn-errortype": code, "content-type": "application/json" });
    response.end(JSON.stringify({ message }));
  };

export const text =
  (status: number, body: string): Reply =>
  (response) =>
    void response.writeHead(status).end(body);

export const breakOff: Reply = (response) => void response.destroy();
export const noAnswer: Reply = () => {};

const json = (body: unknown): Reply => text(200, JSON.stringify(body));

export const arnOf = (path: string): string => `arn:aws:appmesh:us-east-1:000000000000:${path}`;

export async function startDouble(): Promise<Double> {
  const seen: Seen[] = [];
  const entities: Double["entities"] = new Map();
  const tags: Double["tags"] = new Map();
  const inUse: Double["inUse"] = new Set();
  const next: Double["next"] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString("utf8");
    const { method = "", url = "", headers } = request;
    const asked: Seen = { method, path: url, headers, body: raw === "" ? undefined : JSON.parse(raw) };
    seen.push(asked);
    (next.shift() ?? answer(asked, entities, tags, inUse))(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    entities,
    tags,
    inUse,
    next,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function answer(
  { method, path, body }: Seen,
  entities: Double["entities"],
  tags: Double["tags"],
  inUse: Double["inUse"],
): Reply {
  const url = new URL(path, "http://double");
  const at = url.pathname.replace("/v20190125/", "");
  const arn = url.searchParams.get("resourceArn") ?? "";
  if (arn !== "") {
    const own = tags.get(arn) ?? new Map<string, string>();
    tags.set(arn, own);
    for (const { key, value } of body?.tags ?? []) own.set(key, value);
    for (const key of body?.tagKeys ?? []) own.delete(key);
    return json(method === "GET" ? { tags: [...own].map(([key, value]) => ({ key, value })) } : {});
  }
  const isCollection = at.split("/").length % 2 === 1;
  if (isCollection && method === "GET") {
    const member = at.split("/").at(-1) ?? "";
    const found = [...entities.keys()].filter((each) => each.slice(0, each.lastIndexOf("/")) === at);
    const name = `${member.slice(0, -1).replace(/^meshe$/, "mesh")}Name`;
    const reference = (each: string) => ({ ...made(each, 1, {}).metadata, [name]: each.split("/").at(-1) });
    return json({ [member]: found.map(reference) });
  }
  const name = Object.entries(body ?? {}).find(([key]) => key.endsWith("Name"))?.[1];
  const key = isCollection ? `${at}/${name}` : at;
  const entity = entities.get(key);
  if (isCollection && entity !== undefined) return failure(409, "ConflictException", `${key} exists.`);
  if (!isCollection && entity === undefined) return failure(404, "NotFoundException", `${key} is not there.`);
  if (method === "DELETE" && inUse.has(key)) return failure(409, "ResourceInUseException", "in use");
  if (method === "DELETE") entities.delete(key);
  if (method === "PUT") {
    const { version = 0 } = (entity?.metadata ?? {}) as { version?: number };
    entities.set(key, made(key, version + 1, body.spec ?? {}));
    if (isCollection && body.tags)
      tags.set(
        arnOf(key),
        new Map(body.tags.map((tag: { key: string; value: string }) => [tag.key, tag.value])),
      );
  }
  return json(entities.get(key) ?? entity);
}

const made = (path: string, version: number, spec: unknown) => ({
  spec,
  status: { status: "ACTIVE" },
  metadata: {
    arn: arnOf(path),
    uid: `uid-of-${path}`,
    version,
    meshOwner: "000000000000",
    resourceOwner: "000000000000",
    createdAt: 1_700_000_000,
    lastUpdatedAt: 1_700_000_000 + version,
  },
});
