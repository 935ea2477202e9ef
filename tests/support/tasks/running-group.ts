// Runs a container group: in its order, with its probes, until one of its containers ends it or somebody stops it.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Namespace, Network } from "../namespaces.js";
import { Container, type Outcome } from "./container.js";
import { type ContainerGroup, Unsupported } from "./container-group.js";
import { checkDependencies } from "./dependencies.js";
import { watch } from "./health.js";
import { clone, type Images } from "./images.js";
import { located, Member, met, type Status } from "./member.js";
import type { Place } from "./sandbox.js";
import { makeVolumes } from "./volumes.js";

export interface RunOptions {
  /** Times between probes, and periods of grace, are as long as this share of what is asked. Default: 1. */
  readonly pace?: number;
  /** How many times as long as it is allowed to a probe may take, where the machine may be busy. Default: 1. */
  readonly slack?: number;
}

export class RunningGroup {
  readonly address: string;
  /** When it was asked to run, by Date.now(). */
  readonly startedAt = Date.now();
  /** Why it has stopped, or is stopping. */
  stoppedReason: string | undefined;
  readonly #members: readonly Member[];
  readonly #pace: number;
  readonly #slack: number;
  readonly #place: Omit<Place, "stage">;
  readonly #waiting = new Set<() => void>();
  readonly #stop = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly network: Network,
    /** Its network, as long as it has not stopped. */
    readonly space: Namespace,
    readonly group: ContainerGroup,
    images: Images,
    options: RunOptions,
  ) {
    this.address = space.address;
    this.#pace = options.pace ?? 1;
    this.#slack = options.slack ?? 1;
    this.#members = group.containers.map((spec) => {
      const image = images(spec.image);
      if (image === undefined) {
        throw new Unsupported(`container ${spec.name}: this harness has no image ${spec.image}`);
      }
      return new Member(located(spec, space.address), image);
    });
    checkDependencies(group);
    for (const [program = "", ...args] of group.redirection ?? []) space.run(program, ...args);
    this.#place = {
      clone,
      hostname: group.name,
      hosts: join("/etc/netns", space.id, "hosts"),
      resolvConf: join("/etc/netns", space.id, "resolv.conf"),
      volumes: makeVolumes(group.volumes ?? {}, join(space.folder, "volumes")),
    };
    void this.#startAll();
  }

  async #startAll(): Promise<void> {
    for (const [index, member] of this.#members.entries()) {
      const started = this.#startMember(member).catch((error) => this.#fail((error as Error).message));
      const next = this.#members[index + 1];
      if (this.group.oneByOne && next) await started;
    }
  }

  /** Resolves once it runs, its `postStart` done. */
  async #startMember(member: Member): Promise<void> {
    const { dependsOn = [], startTimeout, name } = member.spec;
    const limit = startTimeout === undefined ? undefined : sleep(startTimeout, "late", { ref: false });
    for (const { container, condition } of dependsOn) {
      const dependency = this.#member(container);
      const holds = this.#when(() => this.#stop.signal.aborted || met(dependency, condition) !== undefined);
      if ((await Promise.race([holds, limit].filter(Boolean))) === "late") {
        this.#fail(`container ${name}: ${container} was not ${condition} in ${startTimeout} ms`);
        return;
      }
      if (this.#stop.signal.aborted) return;
      if (met(dependency, condition) === false) {
        const code = dependency.outcome?.code;
        this.#fail(`container ${name} waits for ${container} to be ${condition}, which ended with ${code}`);
        return;
      }
    }
    await this.#run(member);
  }

  async #run(member: Member): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { spec } = member;
    member.restarts += 1;
    member.restarting = false;
    member.health = "UNKNOWN";
    member.started = false;
    member.stopProbes = new AbortController();
    const container = new Container(spec, member.image, this.space, this.#place, member.restarts);
    member.container = container;
    void container.ended.then((outcome) => this.#ended(member, container, outcome));
    await container.pid().catch(() => {}); // it has ended: told above
    this.#changed();
    if (spec.postStart && !(await container.does(spec.postStart)) && !container.outcome) {
      // As the kubelet does.
      container.kill();
      return;
    }
    void this.#probe(member, container);
  }

  async #probe(member: Member, container: Container): Promise<void> {
    const { startup, readiness, liveness } = member.spec;
    const pace = { pace: this.#pace, slack: this.#slack };
    const stop = AbortSignal.any([this.#stop.signal, member.stopProbes.signal]);
    if (startup) {
      const passed = new AbortController();
      await watch(container, startup, pace, AbortSignal.any([stop, passed.signal]), (health) => {
        if (health === "UNHEALTHY") void container.stop();
        else member.started = true;
        passed.abort();
      });
      if (!member.started) return;
    }
    member.started = true;
    this.#changed();
    if (readiness) {
      void watch(container, readiness, pace, stop, (health) => {
        member.health = health;
        this.#changed();
      });
    }
    if (liveness) {
      void watch(container, liveness, pace, stop, (health) => {
        if (health === "UNHEALTHY") void container.stop();
      });
    }
  }

  #ended(member: Member, container: Container, outcome: Outcome): void {
    const { essential, name, restart } = member.spec;
    member.stopProbes.abort();
    member.outcome = outcome;
    member.logs.push(container.log);
    if (!this.#stop.signal.aborted) {
      const lasted = (outcome.at - container.startedAt) / this.#pace;
      const pause = restart?.({ exitCode: outcome.code, lasted, restarts: member.restarts });
      member.restarting = pause !== undefined;
      if (pause !== undefined) {
        void sleep(pause * this.#pace, undefined, { ref: false }).then(() => this.#run(member));
      } else if (essential && this.#allEnded()) {
        this.#fail(`essential container ${name} ended with ${outcome.code}`);
      }
    }
    this.#changed();
  }

  /** Those that have to, for the group to end. */
  #allEnded(): boolean {
    if (this.group.endsWith !== "all") return true;
    return this.#members.every(
      ({ spec, state, restarting }) => !spec.essential || (state === "STOPPED" && !restarting),
    );
  }

  #fail(reason: string): void {
    this.stoppedReason ??= reason;
    void this.stop();
  }

  /**
   * Asks its containers to end, each after those that depend on it, and waits until they have. Afterwards the group is
   * gone; what it has said stays.
   */
  stop(): Promise<void> {
    this.stoppedReason ??= "it was asked to";
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    this.#changed();
    // As the kubelet does: a sidecar, too, is told that the pod leaves before the first container is asked to end.
    for (const { container } of this.#members) if (!container?.outcome) void container?.leave();
    const stopped = new Map<Member, Promise<unknown>>();
    const stop = (member: Member): Promise<unknown> => {
      const known = stopped.get(member);
      if (known) return known;
      const dependents = this.#members.filter(({ spec }) =>
        spec.dependsOn?.some(({ container }) => container === member.spec.name),
      );
      const work = Promise.all(dependents.map(stop)).then(() => member.container?.stop());
      stopped.set(member, work);
      return work;
    };
    await Promise.all(this.#members.map(stop));
    this.#changed();
    this.network.remove(this.space);
  }

  /** Ends it as a machine that goes down does. */
  kill(): void {
    this.stoppedReason ??= "it was killed";
    this.#stop.abort();
    for (const { container } of this.#members) container?.kill();
    this.network.remove(this.space);
    this.#changed();
  }

  /** By container. */
  get status(): Readonly<Record<string, Status>> {
    return Object.fromEntries(this.#members.map((member) => [member.spec.name, member.status]));
  }

  /** All of its containers run, and those that can be healthy are; what was to end has ended. */
  get isSteady(): boolean {
    return this.#members.every(
      ({ spec, state, health, started }) =>
        (state === "RUNNING" && started && (spec.readiness === undefined || health === "HEALTHY")) ||
        (!spec.essential && state === "STOPPED"),
    );
  }

  /** Waits until it is steady. Fails with what its containers said where it stops instead. */
  async steady(patience = 120_000): Promise<this> {
    const limit = sleep(patience, "late", { ref: false });
    const steady = this.#when(() => this.isSteady || this.#stop.signal.aborted);
    if ((await Promise.race([steady, limit])) === "late" || !this.isSteady) {
      const why =
        this.stoppedReason ?? `it is not steady after ${patience} ms: ${JSON.stringify(this.status)}`;
      throw new Error(`${this.group.name}: ${why}\n${this.logs}`);
    }
    return this;
  }

  /** Waits until something holds of its containers. Fails where it stops before. */
  async until(holds: (status: RunningGroup["status"]) => boolean, patience = 60_000): Promise<void> {
    const limit = sleep(patience, "late", { ref: false });
    const done = this.#when(() => holds(this.status) || this.#stop.signal.aborted);
    if ((await Promise.race([done, limit])) !== "late" && holds(this.status)) return;
    const why = this.stoppedReason ?? `it does not come true: ${holds}`;
    throw new Error(`${this.group.name}: ${why}; ${JSON.stringify(this.status)}\n${this.logs}`);
  }

  /** Waits until it has stopped, and answers why. */
  async stopped(): Promise<string> {
    await this.#when(() => this.#stopping !== undefined);
    await this.#stopping;
    return this.stoppedReason ?? "";
  }

  /** What a container has printed, in all of its runs. */
  log(container: string): string {
    const { logs, container: running } = this.#member(container);
    return [...logs, ...(running && !running.outcome ? [running.log] : [])].join("");
  }

  get logs(): string {
    return this.#members.map(({ spec }) => `-- ${spec.name}\n${this.log(spec.name)}`).join("\n");
  }

  /** A running container. */
  container(name: string): Container {
    const { container } = this.#member(name);
    if (container === undefined) throw new Error(`${this.group.name}: ${name} does not run yet`);
    return container;
  }

  #member(name: string): Member {
    const member = this.#members.find(({ spec }) => spec.name === name);
    if (member === undefined) throw new Error(`${this.group.name} has no container ${name}`);
    return member;
  }

  #when(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check();
  }
}
