// A container of a running group, over all of its runs.
import type { Container, Outcome } from "./container.js";
import { type Condition, type ContainerSpec, groupAddress } from "./container-group.js";
import type { Health } from "./health.js";
import type { Image } from "./images.js";

/** How one container of a group is. */
export interface Status {
  readonly state: "PENDING" | "RUNNING" | "STOPPED";
  readonly health: Health;
  /** Of its last run that has ended. */
  readonly exitCode?: number;
  readonly restarts: number;
}

export class Member {
  container: Container | undefined;
  health: Health = "UNKNOWN";
  /** Of the startup probe, or at once where there is none. */
  started = false;
  outcome: Outcome | undefined;
  /** It has ended, and is about to be started again. */
  restarting = false;
  restarts = -1;
  logs: string[] = [];
  stopProbes = new AbortController();

  constructor(
    readonly spec: ContainerSpec,
    readonly image: Image,
  ) {}

  get state(): Status["state"] {
    if (this.container === undefined) return "PENDING";
    return this.container.outcome ? "STOPPED" : "RUNNING";
  }

  get status(): Status {
    return {
      state: this.state,
      health: this.health,
      ...(this.outcome && { exitCode: this.outcome.code }),
      restarts: Math.max(0, this.restarts),
    };
  }
}

/** With the address of its group. */
export function located(spec: ContainerSpec, address: string): ContainerSpec {
  const told = (text: string) => text.replaceAll(groupAddress, address);
  const { entryPoint, command, environment = {} } = spec;
  return {
    ...spec,
    ...(entryPoint && { entryPoint: entryPoint.map(told) }),
    ...(command && { command: command.map(told) }),
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, told(value)])),
  };
}

/** Whether a condition holds; undefined as long as it may yet. */
export function met(dependency: Member, condition: Condition): boolean | undefined {
  const { container, health, restarting } = dependency;
  const outcome = container?.outcome;
  switch (condition) {
    case "START":
      return dependency.started || (outcome !== undefined && !restarting) ? true : undefined;
    case "COMPLETE":
      return outcome === undefined ? undefined : true;
    case "SUCCESS":
      return outcome?.code === 0 ? true : outcome === undefined || restarting ? undefined : false;
    case "HEALTHY":
      if (health === "HEALTHY") return true;
      return outcome === undefined || restarting ? undefined : false;
  }
}
