import { isDeepStrictEqual } from "node:util";
import type { Instances } from "../translate/entities.js";
import type { CloudMap, CloudMapService, Discovered } from "./cloud-map.js";

export interface CloudMapInstancesOptions {
  readonly cloudMap: CloudMap;
  /** How often each service is looked up, give or take a fifth. Default: 5 seconds. */
  readonly intervalMillis?: number;
  /** Called after what is known of a service has changed, with those who look at it. */
  readonly changed: (service: CloudMapService, lookers: Iterable<string>) => void;
}

/** All services together are looked up no more often than this; Cloud Map allows an account 1000. */
const maxLookupsPerSecond = 100;
/** A Cloud Map that does not answer is asked ever less often, down to this. */
const maxIntervalMillis = 60_000;
/** Cloud Map is asked for the instances themselves at least once in so many lookups, whatever their revision says. */
const lookupsPerFullOne = 12;

/**
 * The instances of the services that somebody looks at, kept up to date. What was heard last stays for as long as
 * Cloud Map cannot be asked.
 */
export class CloudMapInstances {
  readonly #services = new Map<string, Watch>();

  constructor(private readonly options: CloudMapInstancesOptions) {}

  /**
   * What is known of a service. It is looked up again and again from now on, until all lookers have forgotten it. Whoever
   * chooses some of its instances in a way that is new gets an answer of today: a version that is routed to for the first
   * time has often been started a moment ago.
   *
   * @param choice what instances are chosen by
   */
  read(service: CloudMapService, looker: string, choice = ""): Instances {
    const key = keyOf(service);
    let watch = this.#services.get(key);
    if (watch === undefined) {
      watch = new Watch(this.options, service, () => this.#interval());
      this.#services.set(key, watch);
    }
    watch.lookers.add(looker);
    return watch.read(choice);
  }

  forget(service: CloudMapService, looker: string): void {
    const key = keyOf(service);
    const watch = this.#services.get(key);
    if (watch === undefined || !watch.lookers.delete(looker) || watch.lookers.size > 0) return;
    this.#services.delete(key);
    watch.end();
  }

  /** The services that are looked at. */
  get services(): readonly CloudMapService[] {
    return [...this.#services.values()].map(({ service }) => service);
  }

  close(): void {
    for (const watch of this.#services.values()) watch.end();
    this.#services.clear();
  }

  #interval(): number {
    const { intervalMillis = 5_000 } = this.options;
    return Math.max(intervalMillis, (this.#services.size / maxLookupsPerSecond) * 1000);
  }
}

const keyOf = ({ namespaceName, serviceName }: CloudMapService) =>
  JSON.stringify([namespaceName, serviceName]);

const notYet: Instances = { list: undefined };

/** One service that is looked at. */
class Watch {
  readonly lookers = new Set<string>();
  #instances = notYet;
  /** Of the choices of instances: those that a lookup has answered, that the one under way will, and that wait for the next. */
  readonly #answered = new Set<string>();
  #underWay: ReadonlySet<string> | undefined;
  #waiting = new Set<string>();
  #last: Discovered | undefined;
  #lookups = 0;
  #failures = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: CloudMapInstancesOptions,
    readonly service: CloudMapService,
    private readonly interval: () => number,
  ) {}

  read(choice: string): Instances {
    if (this.#answered.has(choice)) return this.#instances;
    if (!this.#underWay?.has(choice)) this.#waiting.add(choice);
    if (this.#underWay === undefined) void this.#lookUp();
    return notYet;
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #lookUp(): Promise<void> {
    clearTimeout(this.#timer);
    const choices = this.#waiting;
    this.#waiting = new Set();
    this.#underWay = choices;
    const outcome = await this.#outcome();
    this.#underWay = undefined;
    if (this.#ended) return;
    if (outcome !== undefined) this.#know(outcome, choices);
    else for (const choice of choices) this.#waiting.add(choice);
    if (this.#waiting.size > 0) void this.#lookUp();
    else this.#timer = setTimeout(() => void this.#lookUp(), this.#pause()).unref();
  }

  /** undefined: nothing is to be said of it. */
  async #outcome(): Promise<Instances | undefined> {
    try {
      if (await this.#mayDiffer()) this.#last = await this.options.cloudMap.discover(this.service);
      this.#failures = 0;
      return { list: this.#last?.instances };
    } catch (error) {
      this.#failures += 1;
      // One lost answer is no news, as long as there is another.
      if (this.#failures === 1 && this.#last !== undefined) return undefined;
      return { list: this.#last?.instances, problem: (error as Error).message };
    }
  }

  #pause(): number {
    const usual = this.interval();
    const longest = Math.max(usual, maxIntervalMillis);
    return Math.min(usual * 2 ** Math.max(0, this.#failures - 1), longest) * (0.8 + Math.random() * 0.4);
  }

  /** False where Cloud Map says that its answer would be the last one. */
  async #mayDiffer(): Promise<boolean> {
    const last = this.#last;
    this.#lookups += 1;
    if (last === undefined || last.checked || last.revision === undefined) return true;
    if (this.#lookups % lookupsPerFullOne === 0) return true;
    return (await this.options.cloudMap.revision(this.service)) !== last.revision;
  }

  #know(instances: Instances, choices: ReadonlySet<string>): void {
    const { list, problem } = this.#instances;
    const isSame = problem === instances.problem && isDeepStrictEqual(list, instances.list);
    for (const choice of choices) this.#answered.add(choice);
    if (isSame && choices.size === 0) return;
    // The same list stays the same object, so that nothing is made anew of it.
    if (!isSame)
      this.#instances = isDeepStrictEqual(list, instances.list) ? { ...instances, list } : instances;
    this.options.changed(this.service, this.lookers);
  }
}
