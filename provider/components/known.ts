import type { Path } from "@pulumi-appmesh/model";
import { isUnknown as isUnknownHere } from "../server/values.js";

/** What is known of a value, and of which of its parts nothing is. */
export class Known {
  /** Without the parts that are not known; where an item of a list is not, nothing stands. */
  readonly value: unknown;
  readonly #open: string[] = [];

  /** @param isUnknown How what is not known yet is told from all else. */
  constructor(
    value: unknown,
    private readonly isUnknown: (value: unknown) => boolean = isUnknownHere,
  ) {
    this.value = this.#known(value, []);
  }

  /** Whether what stands there is not known yet: it, something around it, or something in it. */
  readonly isOpen = (path: Path): boolean => {
    const here = key(path);
    return this.#open.some((open) => here.startsWith(open) || open.startsWith(here));
  };

  #known(value: unknown, path: Path): unknown {
    if (this.isUnknown(value)) {
      this.#open.push(key(path));
      return undefined;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.#known(item, [...path, index]));
    if (typeof value !== "object" || value === null) return value ?? undefined;
    const members = Object.entries(value).map(([name, member]) => [
      name,
      this.#known(member, [...path, name]),
    ]);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }
}

/** A path with an end, so that none is the beginning of another but by its steps. */
const key = (path: Path): string => path.map((step) => `${JSON.stringify(step)}/`).join("");
