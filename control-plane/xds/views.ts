import type { Logger } from "pino";
import type { MeshChange, MeshSource } from "../source/mesh-source.js";
import type { MeshEntities, Proxy } from "../translate/entities.js";
import type { Problem, ProxyResources, Resource } from "../translate/resources.js";
import { Encoder } from "./encode.js";
import { ProblemLog } from "./problem-log.js";
import { type Read, ReadIndex } from "./read-index.js";
import { type ResourceKind, resourceKinds } from "./resource-kinds.js";
import { memo, type ResourceSet, ResourceSets } from "./resource-set.js";

export type Translate = (entities: MeshEntities, proxy: Proxy) => ProxyResources;

/** Everything that a proxy is told, at one moment. */
export type Snapshot = Readonly<Record<ResourceKind, ResourceSet>>;

/** What all proxies of one description are told: those of one virtual node, intercepting in one way. */
export interface View {
  readonly proxy: Proxy;
  /**
   * The last good configuration. It outlives a translation that fails and the entity itself: a proxy that runs
   * keeps running. Undefined where there never was one, and then proxies are told nothing at all.
   */
  readonly snapshot: Snapshot | undefined;
  /** Why the snapshot is not of today: what is missing, or what went wrong. */
  readonly problem: string | undefined;
  /** What entities ask for and the snapshot leaves out. */
  readonly problems: readonly Problem[];
}

export interface ViewsOptions {
  readonly source: MeshSource;
  readonly translate: Translate;
  readonly log: Logger;
  readonly onTranslated?: (event: Translated) => void;
}

/** The configuration of the proxies of one description was made, or could not be made. */
export interface Translated {
  readonly millis: number;
  readonly failed: boolean;
}

interface MutableView extends View {
  readonly key: string;
  snapshot: Snapshot | undefined;
  problem: string | undefined;
  problems: readonly Problem[];
  reads: ReadonlySet<Read<MutableView>>;
  readonly subscribers: Set<() => void>;
  /** What proxies had when the last of them went, for as long as that differs from the snapshot. */
  previous: Snapshot | undefined;
  closing: NodeJS.Timeout | undefined;
}

/**
 * How long a view outlives its last proxy. One that comes back is told of the difference alone; a state-of-the-world
 * client says no more than the version of what it has, and what that was must still be known.
 */
const lingerMillis = 60_000;

/** One view for each description of a proxy, computed when something that it was made from changes. */
export class Views {
  readonly sets = new ResourceSets();
  private readonly encoder = new Encoder();
  private readonly byList: Readonly<Record<ResourceKind, WeakMap<object, ResourceSet>>> = {
    secrets: new WeakMap(),
    clusters: new WeakMap(),
    endpoints: new WeakMap(),
    listeners: new WeakMap(),
    routes: new WeakMap(),
  };
  private readonly views = new Map<string, MutableView>();
  private readonly reads = new ReadIndex<MutableView>();
  private readonly outdated = new Set<MutableView>();

  private readonly problemLog: ProblemLog<View>;

  constructor(private readonly options: ViewsOptions) {
    this.problemLog = new ProblemLog(options.log);
  }

  /** How many different things views leave out now. */
  get problems(): number {
    return this.problemLog.size;
  }

  /**
   * The view of a proxy, computed at once where it is the first of its description. `changed` is called after
   * each later change of it, until the returned function is.
   */
  attach(proxy: Proxy, changed: () => void): { view: View; detach: () => void } {
    const view = memo(this.views, JSON.stringify(proxy), () => this.open(proxy));
    clearTimeout(view.closing);
    if (view.subscribers.size === 0 && this.outdated.delete(view)) {
      view.previous = view.snapshot;
      // Who comes back may have been told more elsewhere: what was true here before is not told to it again.
      if (this.compute(view) === "waits") view.snapshot = undefined;
    }
    view.subscribers.add(changed);
    return {
      view,
      detach: () => {
        view.subscribers.delete(changed);
        if (view.subscribers.size > 0) return;
        clearTimeout(view.closing);
        view.closing = setTimeout(() => this.close(view), lingerMillis).unref();
      },
    };
  }

  /** Marks the views that read what changed. True where a proxy is to be told of it. */
  invalidate({ meshName, meshOwner, reads }: MeshChange): boolean {
    let concernsProxies = false;
    // A proxy that names no owner means the mesh of the control plane's own account, whichever that is.
    for (const key of [meshKey(meshName, undefined), meshKey(meshName, meshOwner)]) {
      for (const read of reads) {
        for (const view of this.reads.change(key, read)) {
          this.outdated.add(view);
          concernsProxies ||= view.subscribers.size > 0;
        }
      }
    }
    return concernsProxies;
  }

  /** Computes the marked views again, one at each step, and yields whom to tell. */
  *refresh(): Generator<() => void> {
    for (const view of this.outdated) {
      if (view.subscribers.size === 0) continue;
      this.outdated.delete(view);
      const before = view.snapshot;
      if (before !== undefined) view.previous = undefined;
      this.compute(view);
      if (view.snapshot !== before) yield* view.subscribers;
    }
  }

  private open(proxy: Proxy): MutableView {
    const view: MutableView = {
      key: JSON.stringify(proxy),
      proxy,
      snapshot: undefined,
      problem: undefined,
      problems: [],
      reads: new Set(),
      subscribers: new Set(),
      previous: undefined,
      closing: undefined,
    };
    this.compute(view);
    return view;
  }

  private close(view: MutableView): void {
    this.views.delete(view.key);
    this.outdated.delete(view);
    this.settle(view, new Set());
    this.problemLog.tell(view, view.proxy.meshName, []);
  }

  private compute(view: MutableView): "waits" | undefined {
    const { source, translate } = this.options;
    const { proxy } = view;
    const reads = new Set<Read<MutableView>>();
    const start = performance.now();
    let failed = false;
    try {
      const { meshName, meshOwner } = proxy;
      const key = meshKey(meshName, meshOwner);
      const entities = this.reads.track(key, source.entities(meshName, meshOwner), reads);
      const missing = missingEntity(entities, proxy);
      if (missing !== undefined) {
        this.setProblem(view, missing, "warn");
        return undefined;
      }
      const resources = translate(entities, proxy);
      if (resources.waiting !== undefined) {
        this.setProblem(view, resources.waiting, "info");
        return "waits";
      }
      view.snapshot = this.snapshot(view, resources);
      view.problems = resources.problems;
      this.problemLog.tell(view, proxy.meshName, resources.problems);
      this.setProblem(view, undefined, "info");
      return undefined;
    } catch (error) {
      failed = true;
      this.setProblem(view, `its configuration cannot be made: ${(error as Error).message}`, "error", error);
      return undefined;
    } finally {
      this.settle(view, reads);
      this.options.onTranslated?.({ millis: performance.now() - start, failed });
    }
  }

  private snapshot(view: MutableView, resources: ProxyResources): Snapshot {
    const next = Object.fromEntries(
      resourceKinds.map((kind) => [kind, this.set(kind, resources[kind])]),
    ) as Snapshot;
    const { snapshot } = view;
    return snapshot !== undefined && resourceKinds.every((kind) => next[kind] === snapshot[kind])
      ? snapshot
      : next;
  }

  /** Translation gives the same list for the same resources, and then it is the same set. */
  private set(kind: ResourceKind, resources: readonly Resource<object>[]): ResourceSet {
    return memo(this.byList[kind], resources, () =>
      this.sets.of(
        kind,
        resources.map((resource) => this.encoder.encode(kind, resource)),
      ),
    );
  }

  /** Says what is wrong with a view once, when it begins and when it ends. */
  private setProblem(
    view: MutableView,
    problem: string | undefined,
    level: "info" | "warn" | "error",
    error?: unknown,
  ): void {
    if (problem === view.problem) return;
    view.problem = problem;
    const keeps =
      view.snapshot === undefined ? "they are told nothing until then" : "they keep what they were last told";
    const { meshName, kind, name } = view.proxy;
    const whose = `proxies of ${kind}/${name} in mesh ${meshName}`;
    this.options.log[level](
      { mesh: meshName, entity: `${kind}/${name}`, ...(error === undefined ? {} : { err: error }) },
      problem === undefined ? `${whose} are up to date again` : `${whose}: ${problem}; ${keeps}`,
    );
  }

  private settle(view: MutableView, reads: ReadonlySet<Read<MutableView>>): void {
    const { meshName, meshOwner } = view.proxy;
    const { source } = this.options;
    const forgotten = this.reads.settle(view, meshKey(meshName, meshOwner), view.reads, reads);
    view.reads = reads;
    for (const read of forgotten) source.forget?.(meshName, meshOwner, read);
  }
}

/** Meshes of different owners may have the same name. */
const meshKey = (meshName: string, meshOwner: string | undefined): string => `${meshOwner ?? ""}/${meshName}`;

function missingEntity(entities: MeshEntities, { meshName, kind, name }: Proxy): string | undefined {
  // Both are read whatever the first says, so that the creation of either is heard of.
  const mesh = entities.mesh();
  const entity = kind === "virtualNode" ? entities.virtualNode(name) : entities.virtualGateway(name);
  if (mesh === undefined) return `mesh ${meshName} does not exist`;
  return entity === undefined ? `${kind}/${name} does not exist` : undefined;
}
