import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { Display } from "./display.js";
import type { Environment } from "./environment.js";
import { nodes } from "./program.js";
import { isPlausible, summarize } from "./statistics.js";
import { Traffic } from "./traffic.js";

/** Requests that are measured after each shift of weights. */
const SAMPLE = 1_000;
/** The shares of catalog v2, in the order in which a release goes through them. */
const STEPS = [0, 10, 50, 100] as const;

/** The story of the shop, a step at a time; a step that does not hold ends it with its name. */
export class Demo {
  #stack: Stack | undefined;
  #traffic: Traffic | undefined;
  /** What the Pulumi CLI does just now, and how to end it. */
  #pulumi: Promise<unknown> = Promise.resolve();
  readonly #interruption = new AbortController();

  constructor(
    private readonly environment: Environment,
    private readonly display: Display,
  ) {}

  /** Brings the mesh up and moves the catalog from version 1 to version 2 while traffic flows. */
  async run(): Promise<void> {
    const { environment } = this;
    await this.#step("the control plane starts", () => environment.startControlPlane());
    await this.#step("pulumi up makes the mesh", async () => {
      await this.#run(async () => {
        this.#stack = await environment.createStack();
      });
      await this.#up(0);
    });
    await this.#step("the services start, each with its Envoy", () => environment.startServices());

    this.#traffic = new Traffic(environment.storefront);
    this.display.say();
    this.display.header();
    for (const v2 of STEPS) {
      await this.#step(`the weights move to ${100 - v2}/${v2}`, () => this.#shift(v2), { quiet: true });
    }
    this.display.say();
  }

  /** What must still hold at the end: nothing left to change, and nothing left behind. */
  async check(): Promise<void> {
    const stack = this.#stack;
    ok(stack, "check follows run");
    await this.#step("pulumi preview shows no change", async () => {
      await this.#run((signal) => stack.preview({ expectNoChanges: true, signal }));
    });
    await this.#traffic?.stop();
    await this.#step("pulumi destroy leaves no entity", async () => {
      await this.#run((signal) => stack.destroy({ signal }));
      deepStrictEqual((await stack.exportStack()).deployment.resources ?? [], []);
      deepStrictEqual(await this.environment.listMeshes(), []);
    });
  }

  async stop(): Promise<void> {
    this.display.settle();
    this.#interruption.abort();
    await this.#pulumi;
    await this.#traffic?.stop();
    await this.environment.stop();
  }

  /** Moves the catalog's weights by `pulumi up` and measures what the traffic makes of it. */
  async #shift(v2: number): Promise<void> {
    const traffic = this.#traffic;
    ok(traffic);
    const title = `catalog ${100 - v2}/${v2}`;
    const before = performance.now();
    const updates = await this.#routeUpdates();
    this.display.follow(title, () => traffic.samples);
    const [ended, applied] = await Promise.all([
      this.#up(v2),
      // The first weights are those that the mesh was made with.
      v2 === STEPS[0] ? 0 : this.#routesApplied(updates),
    ]);
    const from = Math.max(ended, applied);

    while (traffic.since(from).length < SAMPLE) {
      await Promise.race([sleep(50), this.environment.failed.then((error) => Promise.reject(error))]);
    }
    this.display.settle();
    const measured = traffic.since(from);
    const { requests, versions } = summarize(measured);
    const follows = (measured[0]?.sent ?? Number.NaN) - ended;
    this.display.row(title, measured);
    this.display.say(
      `  ${" ".repeat(24)} first request that follows: ${follows.toFixed(0)} ms after the end of \`up\``,
    );

    const failures = traffic.since(before).filter(({ failure }) => failure !== undefined);
    strictEqual(
      failures.length,
      0,
      `${failures.length} requests failed, the first with: ${failures[0]?.failure}`,
    );
    const hits = versions.v2 ?? 0;
    ok(
      isPlausible(hits, requests, v2),
      `version 2 answered ${hits} of ${requests} requests, which a share of ${v2} % does not explain`,
    );
  }

  /** Runs a real `pulumi up` and gives back the moment of its end. */
  async #up(v2: number): Promise<number> {
    const stack = this.#stack;
    ok(stack);
    await this.#run(async (signal) => {
      await stack.setConfig("shop:catalogV2Weight", { value: String(v2) });
      signal.throwIfAborted();
      await stack.up({ signal });
    });
    return performance.now();
  }

  /** Runs commands of Pulumi's so that they end with the demonstration, and before what they write is removed. */
  async #run(command: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { signal } = this.#interruption;
    signal.throwIfAborted();
    const running = command(signal);
    this.#pulumi = running.catch(() => {});
    await running;
  }

  /** How often the storefront's Envoy has taken over routes. */
  #routeUpdates(): Promise<number> {
    return this.environment.statistic("storefront", "rds\\..*\\.update_success$");
  }

  /** The moment at which it has done so more often than before. */
  async #routesApplied(before: number): Promise<number> {
    const end = performance.now() + 60_000;
    while ((await this.#routeUpdates()) === before) {
      if (performance.now() > end)
        throw new Error("the storefront's Envoy took over no new routes within 60 s");
      await sleep(2, undefined, { signal: this.#interruption.signal });
    }
    return performance.now();
  }

  async #step(what: string, happens: () => Promise<void>, { quiet = false } = {}): Promise<void> {
    const start = performance.now();
    try {
      await Promise.race([happens(), this.environment.failed.then((error) => Promise.reject(error))]);
    } catch (error) {
      this.display.settle();
      throw new Error(`this step failed: ${what}\n${await this.environment.reasonOf(error)}`, {
        cause: error,
      });
    }
    if (!quiet) this.display.say(`✓ ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  }

  /** How to look around while everything runs. */
  explain(): void {
    const { environment, display } = this;
    display.say("Everything stays up until Ctrl-C. Look around:");
    display.say();
    display.say(
      `  export AWS_ACCESS_KEY_ID=${environment.key.id} AWS_SECRET_ACCESS_KEY=${environment.key.secret} AWS_DEFAULT_REGION=us-east-1`,
    );
    display.say(`  aws appmesh list-virtual-nodes --mesh-name shop --endpoint-url http://${environment.api}`);
    display.say(`  curl ${environment.storefront}`);
    for (const node of nodes)
      display.say(
        `  ${node.padEnd(12)} Envoy admin ${environment.adminOf(node)}   log ${environment.logFile(node)}`,
      );
    display.say();
  }
}
