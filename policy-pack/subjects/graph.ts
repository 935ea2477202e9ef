import type { Kind, Path } from "@pulumi-appmesh/model";
import type { AnyEntity, Entity } from "./entity.js";
import { NotKnownYet } from "./known.js";
import { RunningBehind } from "./running.js";

/** Entities that no mesh can be said to have, with what is not known of them: their names, or the mesh. */
export function unplacedOf(entities: Iterable<AnyEntity>): ReadonlyMap<AnyEntity, Path> {
  const unplaced = new Map<AnyEntity, Path>();
  for (const entity of entities) {
    try {
      // All of it is read, so that nothing that is in a graph has a name that is not known.
      [entity.meshName, ...entity.names].join();
    } catch (error) {
      if (!(error instanceof NotKnownYet)) throw error;
      unplaced.set(entity, entity.source.path(error.path));
    }
  }
  return unplaced;
}

/** What one stack declares of one mesh. */
export class MeshGraph {
  readonly #byName = new Map<string, AnyEntity>();
  readonly #children = new Map<string, AnyEntity[]>();
  readonly entities: AnyEntity[] = [];

  constructor(
    readonly name: string,
    readonly running: RunningBehind,
    /** Kinds of which an entity's name or mesh is not known yet: what seems to be missing may be that one. */
    readonly unplaced: ReadonlySet<Kind>,
  ) {}

  add(entity: AnyEntity): void {
    this.entities.push(entity);
    this.#byName.set(key(entity.kind, entity.names), entity);
    const below = key(entity.kind, entity.names.slice(0, -1));
    const siblings = this.#children.get(below);
    if (siblings) siblings.push(entity);
    else this.#children.set(below, [entity]);
  }

  /** The mesh itself, where this stack declares it: then the stack is where its entities are expected. */
  get mesh(): Entity<"mesh"> | undefined {
    return this.get("mesh");
  }

  get<K extends Kind>(kind: K, ...names: readonly string[]): Entity<K> | undefined {
    return this.#byName.get(key(kind, names)) as Entity<K> | undefined;
  }

  /** All of a kind, or those below the entity of these names. */
  of<K extends Kind>(kind: K): readonly Entity<K>[] {
    return this.entities.filter((entity) => entity.kind === kind) as unknown as readonly Entity<K>[];
  }

  below<K extends Kind>(kind: K, ...names: readonly string[]): readonly Entity<K>[] {
    return (this.#children.get(key(kind, names)) ?? []) as unknown as readonly Entity<K>[];
  }
}

const key = (kind: Kind, names: readonly string[]): string => `${kind} ${names.join("/")}`;

/**
 * The meshes of which these are the entities, and what runs behind their virtual nodes. `scopeOf` tells accounts, regions and
 * clusters apart: one mesh may have entities of several, but none that two of them have. Where two have the same, there are
 * several meshes of the name.
 */
export function graphs(
  entities: Iterable<AnyEntity>,
  running = new RunningBehind([]),
  scopeOf: (entity: AnyEntity) => string = () => "",
): readonly MeshGraph[] {
  const all = [...entities];
  const unknown = unplacedOf(all);
  const unplaced = new Set([...unknown.keys()].map(({ kind }) => kind));
  const meshes = new Map<string, Map<string, AnyEntity[]>>();
  for (const entity of all) {
    if (unknown.has(entity)) continue;
    const scopes = meshes.get(entity.meshName) ?? new Map<string, AnyEntity[]>();
    meshes.set(entity.meshName, scopes);
    const scope = scopeOf(entity);
    const others = scopes.get(scope);
    if (others) others.push(entity);
    else scopes.set(scope, [entity]);
  }
  return [...meshes].flatMap(([name, scopes]) => {
    const groups = [...scopes.values()];
    const separate = hasSame(groups) ? groups : [groups.flat()];
    return separate.map((group) => {
      const graph = new MeshGraph(name, running, unplaced);
      for (const entity of group) graph.add(entity);
      return graph;
    });
  });
}

/** Whether two groups have an entity of the same name. */
function hasSame(groups: readonly (readonly AnyEntity[])[]): boolean {
  const names = groups.map((group) => new Set(group.map((entity) => key(entity.kind, entity.names))));
  return new Set(names.flatMap((each) => [...each])).size < names.reduce((sum, each) => sum + each.size, 0);
}
