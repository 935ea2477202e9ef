import type { MeshEntities } from "../translate/entities.js";
import { memo } from "./resource-set.js";

/** What a mesh can be asked for, in the words of MeshChange: `mesh`, or a kind and a name. */
type ReadKind = Exclude<keyof MeshEntities, "meshName" | "derive">;

/** One thing that was read of a mesh, and who read it. */
export class Read<Reader> {
  readonly readers = new Set<Reader>();
  constructor(
    readonly mesh: MeshReads<Reader>,
    readonly kind: ReadKind,
    readonly name: string,
  ) {}
}

type Compute = (entities: MeshEntities, name: string) => unknown;

/** Of one mesh. */
class MeshReads<Reader> {
  readonly byKind = new Map<ReadKind, Map<string, Read<Reader>>>();
  /** What was derived since the last change, and what it was derived from. */
  readonly derived = new Map<Compute, Map<string, { value: unknown; reads: ReadonlySet<Read<Reader>> }>>();
}

/**
 * Who reads what. A thousand proxies' worth of readers read hundreds of things each at every change: a read is an
 * object, found by its kind and its name, so that none of it is put together or taken apart as text; and what
 * several readers derive from the same reads is derived once.
 */
export class ReadIndex<Reader> {
  private readonly meshes = new Map<string, MeshReads<Reader>>();

  /** Reads from `entities`, which are those of the mesh of that key, and adds each read to `reads`. */
  track(key: string, entities: MeshEntities, reads: Set<Read<Reader>>): MeshEntities {
    return tracked(
      memo(this.meshes, key, () => new MeshReads<Reader>()),
      entities,
      reads,
    );
  }

  /** The reader has read `after` of the mesh, and nothing else any more. */
  settle(
    reader: Reader,
    key: string,
    before: ReadonlySet<Read<Reader>>,
    after: ReadonlySet<Read<Reader>>,
  ): void {
    for (const read of after) if (!before.has(read)) read.readers.add(reader);
    for (const read of before) {
      if (after.has(read)) continue;
      read.readers.delete(reader);
      if (read.readers.size === 0) forget(read);
    }
    if (this.meshes.get(key)?.byKind.size === 0) this.meshes.delete(key);
  }

  /** Something of a mesh has changed, as MeshChange names it: `virtualNode/catalog-v1`. Answers who has read it. */
  change(key: string, read: string): Iterable<Reader> {
    const mesh = this.meshes.get(key);
    mesh?.derived.clear();
    const slash = read.indexOf("/");
    const [kind, name] = slash < 0 ? [read, ""] : [read.slice(0, slash), read.slice(slash + 1)];
    return mesh?.byKind.get(kind as ReadKind)?.get(name)?.readers ?? [];
  }
}

function tracked<Reader>(
  mesh: MeshReads<Reader>,
  entities: MeshEntities,
  reads: Set<Read<Reader>>,
): MeshEntities {
  const read = (kind: ReadKind, name: string): void => {
    const ofKind = memo(mesh.byKind, kind, () => new Map<string, Read<Reader>>());
    reads.add(memo(ofKind, name, () => new Read(mesh, kind, name)));
  };
  return {
    meshName: entities.meshName,
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
    derive<T>(compute: (entities: MeshEntities, name: string) => T, name: string): T {
      const known = memo(mesh.derived, compute, () => new Map());
      let derivation = known.get(name);
      if (derivation === undefined) {
        const own = new Set<Read<Reader>>();
        try {
          derivation = { value: compute(tracked(mesh, entities, own), name), reads: own };
          known.set(name, derivation);
        } finally {
          for (const read of own) reads.add(read);
        }
      } else {
        for (const read of derivation.reads) reads.add(read);
      }
      return derivation.value as T;
    },
  };
}

function forget<Reader>({ mesh, kind, name }: Read<Reader>): void {
  const ofKind = mesh.byKind.get(kind);
  ofKind?.delete(name);
  if (ofKind?.size === 0) mesh.byKind.delete(kind);
  // It may have been derived from: whoever takes that over has to make the read anew.
  mesh.derived.clear();
}
