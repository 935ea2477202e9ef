import type { MeshEntities } from "../translate/entities.js";

/** What a mesh can be asked for, in the words of MeshChange: `mesh`, or a kind and a name. */
type ReadKind = Exclude<keyof MeshEntities, "meshName">;

/** One thing that was read of a mesh, and who read it. */
export class Read<Reader> {
  readonly readers = new Set<Reader>();
  constructor(
    readonly mesh: MeshReads<Reader>,
    readonly kind: ReadKind,
    readonly name: string,
  ) {}
}

type MeshReads<Reader> = Map<ReadKind, Map<string, Read<Reader>>>;

/**
 * Who reads what. A thousand proxies' worth of readers read hundreds of things each at every change: a read is an
 * object, found by its kind and its name, so that none of it is put together or taken apart as text.
 */
export class ReadIndex<Reader> {
  private readonly meshes = new Map<string, MeshReads<Reader>>();

  /** Reads from `entities`, and adds each read to `reads`. */
  track(entities: MeshEntities, reads: Set<Read<Reader>>): MeshEntities {
    const { meshName } = entities;
    const mesh: MeshReads<Reader> = this.meshes.get(meshName) ?? new Map();
    this.meshes.set(meshName, mesh);
    const read = (kind: ReadKind, name: string): void => {
      reads.add(readOf(mesh, kind, name));
    };
    return {
      meshName,
      mesh() {
        read("mesh", "");
        return entities.mesh();
      },
      virtualNode(name) {
        read("virtualNode", name);
        return entities.virtualNode(name);
      },
      virtualRouter(name) {
        read("virtualRouter", name);
        return entities.virtualRouter(name);
      },
      virtualService(name) {
        read("virtualService", name);
        return entities.virtualService(name);
      },
      virtualGateway(name) {
        read("virtualGateway", name);
        return entities.virtualGateway(name);
      },
      routes(virtualRouterName) {
        read("routes", virtualRouterName);
        return entities.routes(virtualRouterName);
      },
      gatewayRoutes(virtualGatewayName) {
        read("gatewayRoutes", virtualGatewayName);
        return entities.gatewayRoutes(virtualGatewayName);
      },
    };
  }

  /** The reader has read `after`, and nothing else any more. */
  settle(
    reader: Reader,
    meshName: string,
    before: ReadonlySet<Read<Reader>>,
    after: ReadonlySet<Read<Reader>>,
  ): void {
    for (const read of after) if (!before.has(read)) read.readers.add(reader);
    for (const read of before) {
      if (after.has(read)) continue;
      read.readers.delete(reader);
      if (read.readers.size === 0) forget(read);
    }
    if (this.meshes.get(meshName)?.size === 0) this.meshes.delete(meshName);
  }

  /** Who has read that, as MeshChange names it: `virtualNode/catalog-v1`. */
  readers(meshName: string, read: string): Iterable<Reader> {
    const slash = read.indexOf("/");
    const [kind, name] = slash < 0 ? [read, ""] : [read.slice(0, slash), read.slice(slash + 1)];
    return (
      this.meshes
        .get(meshName)
        ?.get(kind as ReadKind)
        ?.get(name)?.readers ?? []
    );
  }
}

function readOf<Reader>(mesh: MeshReads<Reader>, kind: ReadKind, name: string): Read<Reader> {
  let reads = mesh.get(kind);
  if (reads === undefined) {
    reads = new Map();
    mesh.set(kind, reads);
  }
  let read = reads.get(name);
  if (read === undefined) {
    read = new Read(mesh, kind, name);
    reads.set(name, read);
  }
  return read;
}

function forget<Reader>({ mesh, kind, name }: Read<Reader>): void {
  const reads = mesh.get(kind);
  reads?.delete(name);
  if (reads?.size === 0) mesh.delete(kind);
}
