import type { Path } from "@pulumi-appmesh/model";
import { Known } from "../known.js";
import type { Partly } from "../partly.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { MeshOptions } from "./mesh-options.js";
import type { Mode } from "./plan.js";

export type GivenContainer = Partly<ContainerDefinition>;

/** What a task is given, as far as it is known. */
export class Given {
  readonly options: Partly<MeshOptions>;
  /** Where a container is not known at all, nothing stands. */
  readonly containers: readonly (GivenContainer | undefined)[];
  readonly #known: Known;

  constructor(containerDefinitions: unknown, given: object, isUnknown: (value: unknown) => boolean) {
    this.#known = new Known({ ...given, containerDefinitions }, isUnknown);
    const { containerDefinitions: containers = [], ...options } = this.#known.value as Record<
      string,
      unknown
    >;
    this.containers = containers as typeof this.containers;
    this.options = options as Partly<MeshOptions>;
  }

  /** Whether what stands there is not known yet: it, something around it, or something in it. */
  isOpen(...path: Path): boolean {
    return this.#known.isOpen(path);
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
}
