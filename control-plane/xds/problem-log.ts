import type { Logger } from "pino";
import type { Problem } from "../translate/resources.js";
import { memo } from "./resource-set.js";

/** Logs what translation leaves out: once when it is first left out, however many views leave it out. */
export class ProblemLog<View extends object> {
  private readonly views = new Map<string, Set<View>>();
  private readonly known = new WeakMap<View, ReadonlySet<string>>();

  constructor(private readonly log: Logger) {}

  /** How many different things are left out now. */
  get size(): number {
    return this.views.size;
  }

  /** What one view leaves out now. */
  tell(view: View, meshName: string, problems: readonly Problem[]): void {
    const keys = new Set<string>();
    for (const { entity, path, message } of problems) {
      const key = JSON.stringify([meshName, entity, path, message]);
      keys.add(key);
      const views = memo(this.views, key, () => {
        const where = path === "" ? entity : `${entity}, ${path}`;
        this.log.warn({ mesh: meshName, entity, path }, `mesh ${meshName}: ${where}: ${message}`);
        return new Set<View>();
      });
      views.add(view);
    }
    for (const key of this.known.get(view) ?? []) {
      if (keys.has(key)) continue;
      const views = this.views.get(key);
      views?.delete(view);
      if (views?.size === 0) this.views.delete(key);
    }
    if (keys.size > 0) this.known.set(view, keys);
    else this.known.delete(view);
  }
}
