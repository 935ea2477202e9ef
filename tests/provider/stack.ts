// A stack on the real engine: an inline program, the plugin found on PATH, a file backend of its own.
import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type EngineEvent,
  LocalWorkspace,
  PulumiCommand,
  type PulumiFn,
  Stack,
} from "@pulumi/pulumi/automation/index.js";
import { temporaryFolder } from "../support/control-plane.js";
import { pulumiFolder } from "../support/tools.js";

const bin = fileURLToPath(new URL("../../../node_modules/.bin", import.meta.url));

/** What the engine said it would do, or did, to one resource. */
export interface Step {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly diff?: Readonly<Record<string, string>>;
}

export interface Run {
  /** Every step but the stack's own and those that change nothing. */
  readonly steps: readonly Step[];
  /** What the user reads: errors and warnings, one text each. */
  readonly messages: readonly string[];
  readonly events: readonly EngineEvent[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The command's failure, if it failed. */
  readonly failure?: string;
}

/** Steps that do not depend on each other come in any order. */
export const sorted = (steps: readonly Step[]): Step[] =>
  [...steps].sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));

/** A project of one stack, whose program may be swapped between runs. */
export class TestStack {
  static #command: Promise<PulumiCommand> | undefined;

  /**
   * The stack, without the commands that the Automation API runs after each one: they cost as much as the command itself,
   * for a history that no test looks at and for outputs that most programs do not have.
   */
  readonly #alone: Stack;

  private constructor(
    readonly stack: Stack,
    readonly env: Record<string, string>,
  ) {
    this.#alone = Object.create(stack, {
      info: { value: async () => undefined },
      outputs: { value: async () => ({}) },
    });
  }

  static async create(env: Record<string, string>, project = "shop"): Promise<TestStack> {
    const folder = temporaryFolder();
    // The Automation API itself looks for the engine on this process's PATH.
    const path = [await pulumiFolder(), bin].filter((each) => !process.env.PATH?.includes(each));
    process.env.PATH = [...path, process.env.PATH].join(delimiter);
    const all = {
      PATH: process.env.PATH,
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...env,
    };
    TestStack.#command ??= PulumiCommand.get();
    const workspace = await LocalWorkspace.create({
      pulumiCommand: await TestStack.#command,
      workDir: folder,
      envVars: all,
      program: async () => {},
      projectSettings: { name: project, runtime: "nodejs", backend: { url: `file://${folder}` } },
    });
    return new TestStack(await Stack.create("test", workspace), all);
  }

  program(program: PulumiFn): void {
    this.stack.workspace.program = program;
  }

  preview(program?: PulumiFn, options: object = {}): Promise<Run> {
    return this.#run(program, (onEvent) => this.#alone.preview({ ...options, onEvent }));
  }

  up(program?: PulumiFn, options: object = {}): Promise<Run> {
    return this.#run(program, (onEvent) => this.#alone.up({ ...options, onEvent }));
  }

  refresh(options: object = {}): Promise<Run> {
    return this.#run(undefined, (onEvent) => this.#alone.refresh({ ...options, onEvent }));
  }

  destroy(options: object = {}): Promise<Run> {
    return this.#run(undefined, (onEvent) => this.#alone.destroy({ ...options, onEvent }));
  }

  /** The resources in the state, without the stack and the providers. */
  async resources(): Promise<StateResource[]> {
    const { deployment } = await this.stack.exportStack();
    const all = (deployment.resources ?? []) as StateResource[];
    return all.filter(({ type }) => !type.startsWith("pulumi:"));
  }

  /** What the last run put out, secrets included. */
  async #outputs(): Promise<Record<string, unknown>> {
    const args = ["stack", "output", "--json", "--show-secrets", "--stack", this.stack.name];
    const options = { cwd: this.stack.workspace.workDir, env: { ...process.env, ...this.env } };
    return JSON.parse((await promisify(execFile)("pulumi", args, options)).stdout);
  }

  async #run(
    program: PulumiFn | undefined,
    start: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
  ): Promise<Run> {
    if (program !== undefined) this.program(program);
    const events: EngineEvent[] = [];
    let failure: string | undefined;
    let outputs: Record<string, unknown> = {};
    try {
      await start((event) => events.push(event));
      if (hasOutputs(events)) outputs = await this.#outputs();
    } catch (error) {
      failure = (error as Error).message;
    }
    return {
      steps: steps(events),
      messages: messages(events),
      events,
      outputs,
      ...(failure !== undefined && { failure }),
    };
  }
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly parent?: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** Whether the program put out anything. The events of a preview have it too; there it is no more than planned. */
function hasOutputs(events: readonly EngineEvent[]): boolean {
  return events.some(({ resOutputsEvent }) => {
    const { type, new: made } = resOutputsEvent?.metadata ?? {};
    return (
      !resOutputsEvent?.planning &&
      type === "pulumi:pulumi:Stack" &&
      Object.keys(made?.outputs ?? {}).length > 0
    );
  });
}

function steps(events: readonly EngineEvent[]): Step[] {
  return events.flatMap(({ resourcePreEvent }) => {
    const metadata = resourcePreEvent?.metadata;
    if (metadata === undefined || metadata.type.startsWith("pulumi:") || metadata.op === "same") return [];
    const diff = Object.entries(metadata.detailedDiff ?? {}).map(([path, { diffKind }]) => [path, diffKind]);
    const name = metadata.urn.split("::").slice(3).join("::");
    return [
      {
        op: metadata.op,
        type: metadata.type,
        name,
        ...(diff.length > 0 && { diff: Object.fromEntries(diff) }),
      },
    ];
  });
}

/** Where a plugin was found that is not in the engine's own folder, that a run failed, and what this stops in the program. */
const ENGINES_OWN =
  /^(using pulumi-(resource-[a-z]+|language-nodejs) from \$PATH at |(<\{%[^%]*%\}>)*(update|preview|destroy|refresh) failed|(<\{%[^%]*%\}>)*Unhandled exception: Error: failed to register new resource )/;

function messages(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent === undefined ||
    diagnosticEvent.ephemeral ||
    !["error", "warning"].includes(diagnosticEvent.severity) ||
    ENGINES_OWN.test(diagnosticEvent.message)
      ? []
      : // Colours and the resource's own prefix are the terminal's, not ours.
        [diagnosticEvent.message.replace(/<\{%[^%]*%\}>/g, "").trim()],
  );
}
