import type { Path } from "@pulumi-appmesh/model";
import type { ContainerDefinition } from "./container-definition.js";
import type { MeshOptions } from "./mesh-options.js";
import type { Mode } from "./plan.js";

/** A value of which some parts are not known yet, and left out. */
export type Partly<T> = T extends readonly (infer I)[]
  ? readonly (Partly<I> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Partly<T[K]> }
    : T;

export type GivenContainer = Partly<ContainerDefinition>;

/** What a task is given, as far as it is known. */
export class Given {
  readonly options: Partly<MeshOptions>;
  /** Where a container is not known at all, nothing stands. */
  readonly containers: readonly (GivenContainer | undefined)[];
  readonly #unknown: string[] = [];

  constructor(
    containerDefinitions: unknown,
    options: object,
    readonly isUnknown: (value: unknown) => boolean,
  ) {
    this.containers = (this.#known(containerDefinitions ?? [], ["containerDefinitions"]) ??
      []) as typeof this.containers;
    this.options = this.#known(options, []) as Partly<MeshOptions>;
  }

  /** Whether what stands there is not known yet: it, something around it, or something in it. */
  isOpen(...path: Path): boolean {
    const here = key(path);
    return this.#unknown.some((unknown) => here.startsWith(unknown) || unknown.startsWith(here));
  }

  /** What was chosen, or what is chosen where nothing is given; undefined while that is not known yet. */
  choice<T>(otherwise: T, ...path: Path): T | undefined {
    if (this.isOpen(...path)) return undefined;
    const chosen = path.reduce<unknown>(
      (value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step],
      this.options,
    );
    return (chosen as T | undefined) ?? otherwise;
  }

  /** Whether it is known that the task may run on Fargate; undefined while it is not known whether. */
  get fargate(): boolean | undefined {
    return this.choice<readonly unknown[]>(["FARGATE"], "requiresCompatibilities")?.includes("FARGATE");
  }

  /** How traffic gets into the Envoy of a virtual node; undefined while that is not known. */
  get mode(): Mode | undefined {
    return this.choice<Mode>("proxyConfiguration", "interception", "mode");
  }

  /** What takes the traces in the task itself; undefined where nothing does, or while that is not known. */
  get tracer(): "otel" | "xray" | undefined {
    const { tracing } = this.options;
    if (tracing === undefined || tracing.host !== undefined || this.isOpen("tracing", "host"))
      return undefined;
    return this.choice<"otel" | "xray">("otel", "tracing", "tracer");
  }

  #known(value: unknown, path: Path): unknown {
    if (this.isUnknown(value)) {
      this.#unknown.push(key(path));
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
