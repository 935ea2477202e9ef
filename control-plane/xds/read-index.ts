import type { AwsCloudMapServiceDiscovery } from "@pulumi-appmesh/model";
import type {
  ExportedAuthority,
  ExportedCertificate,
  Instances,
  MeshEntities,
  MeshSettings,
  Unavailable,
} from "../translate/entities.js";
import { memo } from "./resource-set.js";

/** What a mesh can be asked for, in the words of MeshChange: `mesh`, or a kind and a name. */
type ReadKind = Exclude<keyof MeshEntities, "meshName" | "derive">;

/** One thing that was read of a mesh, who read it, and what was derived from it. */
export class Read<Reader> {
  readonly readers = new Set<Reader>();
  readonly derivations = new Set<Derivation<Reader>>();
  constructor(
    readonly mesh: MeshReads<Reader>,
    readonly kind: ReadKind,
    readonly name: string,
  ) {}
}

type Compute = (entities: MeshEntities, name: string) => unknown;

/** A value, and all that it was made from. It is good until something of that changes. */
interface Derivation<Reader> {
  readonly value: unknown;
  readonly reads: ReadonlySet<Read<Reader>>;
  /** Where it is kept, and under which name. */
  readonly home: Map<string, Derivation<Reader>>;
  readonly name: string;
}

/** Of one mesh. */
class MeshReads<Reader> {
  readonly byKind = new Map<ReadKind, Map<string, Read<Reader>>>();
  readonly derived = new Map<Compute, Map<string, Derivation<Reader>>>();
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

  /**
   * The reader has read `after` of the mesh, and nothing else any more. Answers what nobody reads any more, as
   * MeshChange names it.
   */
  settle(
    reader: Reader,
    key: string,
    before: ReadonlySet<Read<Reader>>,
    after: ReadonlySet<Read<Reader>>,
  ): readonly string[] {
    const forgotten: string[] = [];
    for (const read of after) if (!before.has(read)) read.readers.add(reader);
    for (const read of before) {
      if (after.has(read)) continue;
      read.readers.delete(reader);
      if (read.readers.size > 0) continue;
      forget(read);
      forgotten.push(read.name === "" ? read.kind : `${read.kind}/${read.name}`);
    }
    if (this.meshes.get(key)?.byKind.size === 0) this.meshes.delete(key);
    return forgotten;
  }

  /** Something of a mesh has changed, as MeshChange names it: `virtualNode/catalog-v1`. Answers who has read it. */
  change(key: string, read: string): Iterable<Reader> {
    const slash = read.indexOf("/");
    const [kind, name] = slash < 0 ? [read, ""] : [read.slice(0, slash), read.slice(slash + 1)];
    const found = this.meshes
      .get(key)
      ?.byKind.get(kind as ReadKind)
      ?.get(name);
    if (found === undefined) return [];
    outdate(found);
    return found.readers;
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
    ...(entities.settings && {
      settings() {
        read("settings", "");
        return entities.settings?.() as MeshSettings;
      },
    }),
    ...(entities.instances && {
      instances(
        namespaceName: string,
        serviceName: string,
        ...attributes: [AwsCloudMapServiceDiscovery["attributes"]?]
      ) {
        read("instances", `${serviceName}.${namespaceName}`);
        return entities.instances?.(namespaceName, serviceName, ...attributes) as Instances;
      },
    }),
    ...(entities.certificate && {
      certificate(certificateArn: string) {
        read("certificate", certificateArn);
        return entities.certificate?.(certificateArn) as ExportedCertificate | Unavailable;
      },
    }),
    ...(entities.certificateAuthority && {
      certificateAuthority(certificateAuthorityArn: string) {
        read("certificateAuthority", certificateAuthorityArn);
        return entities.certificateAuthority?.(certificateAuthorityArn) as ExportedAuthority | Unavailable;
      },
    }),
    ...(entities.managedTls && {
      managedTls() {
        read("managedTls", "");
        return entities.managedTls?.();
      },
    }),
    ...(entities.workloadCertificate && {
      workloadCertificate(entity: string) {
        read("workloadCertificate", entity);
        return entities.workloadCertificate?.(entity) as ExportedCertificate | Unavailable;
      },
    }),
    ...(entities.workloadTrust && {
      workloadTrust() {
        read("workloadTrust", "");
        return entities.workloadTrust?.() as ExportedAuthority | Unavailable;
      },
    }),
    derive<T>(compute: (entities: MeshEntities, name: string) => T, name: string): T {
      const home = memo(mesh.derived, compute, () => new Map<string, Derivation<Reader>>());
      const known = home.get(name);
      if (known !== undefined) {
        for (const read of known.reads) reads.add(read);
        return known.value as T;
      }
      const own = new Set<Read<Reader>>();
      try {
        const value = compute(tracked(mesh, entities, own), name);
        const derivation = { value, reads: own, home, name };
        home.set(name, derivation);
        for (const read of own) read.derivations.add(derivation);
        return value;
      } finally {
        for (const read of own) reads.add(read);
      }
    },
  };
}

/** What was derived from this is made anew when it is asked for again. */
function outdate<Reader>({ derivations }: Read<Reader>): void {
  for (const derivation of derivations) {
    derivation.home.delete(derivation.name);
    for (const read of derivation.reads) read.derivations.delete(derivation);
  }
}

function forget<Reader>(read: Read<Reader>): void {
  const { mesh, kind, name } = read;
  const ofKind = mesh.byKind.get(kind);
  ofKind?.delete(name);
  if (ofKind?.size === 0) mesh.byKind.delete(kind);
  // Whoever derives the same again has to make the read again.
  outdate(read);
}
