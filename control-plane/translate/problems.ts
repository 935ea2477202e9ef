import type { Problem } from "./resources.js";

/** Gathers what cannot be done. The same problem is told once. */
export class Problems {
  readonly #known = new Map<string, Problem>();

  add(entity: string, path: string, message: string): void {
    this.merge([{ entity, path, message }]);
  }

  merge(problems: Iterable<Problem>): void {
    for (const problem of problems) {
      const key = JSON.stringify([problem.entity, problem.path, problem.message]);
      if (!this.#known.has(key)) this.#known.set(key, problem);
    }
  }

  all(): readonly Problem[] {
    return [...this.#known.values()];
  }
}
