import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type ApiClientOptions, callApi } from "./api-client.js";

/** An entity as the API describes it, with its tags. */
export interface Described {
  readonly meshName: string;
  readonly spec: object;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly [member: string]: unknown;
}

/** Every entity of a mesh, the mesh first, each before those below it. Throws ApiError. */
export async function readMesh(
  client: ApiClientOptions,
  mesh: string,
  meshOwner?: string,
): Promise<readonly Described[]> {
  const get = (path: string, query: Readonly<Record<string, string>>) =>
    callApi(client, "GET", `/v20190125/${path}?${new URLSearchParams(query)}`) as Promise<Members>;
  const owner: Record<string, string> = meshOwner === undefined ? {} : { meshOwner };

  async function* pages(path: string, member: string, query: Readonly<Record<string, string>>) {
    let next: Record<string, string> = {};
    do {
      const page = await get(path, { ...query, ...next });
      yield* page[member] as readonly Members[];
      next = typeof page.nextToken === "string" ? { nextToken: page.nextToken } : {};
    } while ("nextToken" in next);
  }

  async function describe(path: string): Promise<Described> {
    const entity = (await get(path, owner)) as Members & { readonly metadata: { readonly arn: string } };
    const tags: Described["tags"][number][] = [];
    for await (const tag of pages("tags", "tags", { resourceArn: entity.metadata.arn }))
      tags.push(tag as unknown as Described["tags"][number]);
    return { ...entity, tags } as unknown as Described;
  }

  const found: Described[] = [];
  /** The entity, and all below it. */
  async function read(kind: Kind, above: string, name: string): Promise<void> {
    const { collection, parentSegment } = entityTypes[kind];
    found.push(await describe(`${above}${collection}/${encodeURIComponent(name)}`));
    if (parentSegment === undefined) return;
    const below = `${above}${parentSegment}/${encodeURIComponent(name)}/`;
    for (const child of Object.values(entityTypes)) {
      if (child.parent !== kind) continue;
      for await (const reference of pages(`${below}${child.collection}`, child.listMember, owner))
        await read(child.kind, below, String(reference[child.nameMember]));
    }
  }
  await read("mesh", "", mesh);
  return found;
}

type Members = Readonly<Record<string, unknown>>;
