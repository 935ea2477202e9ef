import { join } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { messages, rpc } from "@pulumi-appmesh/provider/server/protocol.js";
import { encode } from "@pulumi-appmesh/provider/server/wire.js";
import { ControlPlane } from "./control-plane.js";
import { collectedHeapKiB } from "./inspector.js";
import { now, Program } from "./processes.js";
import { type Entity, entities, token } from "./up.js";

/** What a provider plugin costs by itself: without an engine, which is only played here. */
export interface PluginCosts {
  readonly provider: "appmesh" | "null";
  /** By run, in ms from its start: until it printed its port, and until it answered Configure. */
  readonly printed: readonly number[];
  readonly configured: readonly number[];
  readonly steps: readonly PluginStep[];
}

/** Check and Create of as many entities, each once, eight at a time; then Check and Diff of each, unchanged. */
export interface PluginStep {
  readonly entities: number;
  /** Its CPU time for each entity made, and the control plane's, in ms. */
  readonly cpuMs: number;
  readonly controlPlaneCpuMs: number;
  /** Its CPU time for each entity that has not changed, in ms. */
  readonly unchangedCpuMs: number;
  /** Resident afterwards, in KiB: as it is, and after a collection of garbage (of the null provider, as it is). */
  readonly residentKiB: number;
  readonly collectedKiB: number;
  /** What its objects take after that collection, in KiB; unknown of the null provider. */
  readonly heapKiB: number | undefined;
}

/** As many calls at a time as an engine makes on two cores. */
const PARALLEL = 8;

export async function measurePlugins(
  folders: Readonly<Record<PluginCosts["provider"], string>>,
  plan: { readonly starts: number; readonly entities: readonly number[] },
): Promise<PluginCosts[]> {
  const commands = {
    null: join(folders.null, "pulumi-resource-null"),
    appmesh: join(folders.appmesh, "pulumi-resource-appmesh"),
  };
  const measured = (["null", "appmesh"] as const).map((provider) => ({
    ...{ provider, printed: [] as number[], configured: [] as number[], steps: [] as PluginStep[] },
  }));
  // One start more, which fills the caches of the machine and of the compiled modules, and is not counted.
  for (let run = 0; run <= plan.starts; run++) {
    for (const { provider, printed, configured } of measured) {
      const start = now();
      const plugin = await Plugin.start(commands[provider], {});
      const ready = now();
      await plugin.configure();
      if (run > 0) {
        printed.push(ready - start);
        configured.push(now() - start);
      }
      await plugin.stop();
    }
  }
  for (const count of plan.entities) {
    for (const { provider, steps } of measured) {
      steps.push(await measureStep(provider, commands[provider], count));
    }
  }
  return measured;
}

async function measureStep(
  provider: PluginCosts["provider"],
  command: string,
  count: number,
): Promise<PluginStep> {
  const controlPlane = new ControlPlane();
  await controlPlane.start();
  const plugin = await Plugin.start(command, {
    ...controlPlane.environment,
    APPMESH_ENDPOINT: controlPlane.endpoint,
    // The inspector is opened later and by signal only, to have garbage collected.
    NODE_OPTIONS: "--inspect-port=127.0.0.1:0",
  });
  try {
    await plugin.configure();
    const [ours, theirs] = [plugin.program.exactCpuMs(), controlPlane.program.exactCpuMs()];
    const wanted = entities(count);
    // What something else must be there for comes after it.
    for (const ready of [(each: Entity) => each.after.length === 0, isFirst, isLater])
      await eightAtATime(wanted.filter(ready), (entity) => plugin.create(provider, entity));
    const costs = {
      entities: count,
      cpuMs: (plugin.program.exactCpuMs() - ours) / count,
      controlPlaneCpuMs: (controlPlane.program.exactCpuMs() - theirs) / count,
    };
    const made = plugin.program.exactCpuMs();
    await eightAtATime(wanted, (entity) => plugin.leave(provider, entity));
    const unchangedCpuMs = (plugin.program.exactCpuMs() - made) / count;
    const residentKiB = plugin.program.residentKiB();
    const heapKiB = provider === "appmesh" ? await collectedHeapKiB(plugin.program) : undefined;
    return { ...costs, unchangedCpuMs, residentKiB, heapKiB, collectedKiB: plugin.program.residentKiB() };
  } finally {
    await plugin.stop();
    await controlPlane.remove();
  }
}

async function eightAtATime(
  entities: readonly Entity[],
  work: (entity: Entity) => Promise<void>,
): Promise<void> {
  const waiting = [...entities];
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let entity = waiting.shift(); entity; entity = waiting.shift()) await work(entity);
    }),
  );
}

const isFirst = ({ after }: Entity): boolean => after[0] === "mesh";
const isLater = (entity: Entity): boolean => entity.after.length > 0 && !isFirst(entity);

type Properties = ReturnType<messages.CheckResponse["getInputs"]>;

const urnOf = (provider: PluginCosts["provider"], { kind, name }: Entity): string =>
  `urn:pulumi:bench::bench::${token(provider, kind)}::${name}`;

class Plugin {
  /** The state of what it has made, by URN. */
  readonly #made = new Map<string, Properties>();

  private constructor(
    readonly program: Program,
    readonly client: InstanceType<typeof rpc.ResourceProviderClient>,
  ) {}

  static async start(command: string, env: Readonly<Record<string, string>>): Promise<Plugin> {
    const program = new Program(command, command, ["127.0.0.1:1"], { env: { ...process.env, ...env } });
    const port = await program.line();
    return new Plugin(
      program,
      new rpc.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()),
    );
  }

  async configure(): Promise<void> {
    const request = new messages.ConfigureRequest().setArgs(encode({})).setAcceptsecrets(true);
    await this.#call((done) => this.client.configure(request, done));
  }

  async create(provider: PluginCosts["provider"], entity: Entity): Promise<void> {
    const urn = urnOf(provider, entity);
    const inputs = await this.#check(urn, entity);
    const creating = new messages.CreateRequest().setUrn(urn).setProperties(inputs);
    const made = await this.#call<messages.CreateResponse>((done) => this.client.create(creating, done));
    this.#made.set(urn, made.getProperties());
  }

  /** What an engine asks of an entity that a program declares as it is. */
  async leave(provider: PluginCosts["provider"], entity: Entity): Promise<void> {
    const urn = urnOf(provider, entity);
    const news = await this.#check(urn, entity, encode(entity.properties));
    const comparing = new messages.DiffRequest().setUrn(urn).setOlds(this.#made.get(urn)).setNews(news);
    comparing.setOldInputs(encode(entity.properties));
    const { DIFF_NONE } = messages.DiffResponse.DiffChanges;
    const diff = await this.#call<messages.DiffResponse>((done) => this.client.diff(comparing, done));
    if (diff.getChanges() !== DIFF_NONE) throw new Error(`Diff sees a change of ${entity.name}`);
  }

  async #check(urn: string, { name, properties }: Entity, olds?: Properties): Promise<Properties> {
    const checking = new messages.CheckRequest().setUrn(urn).setOlds(olds).setNews(encode(properties));
    checking.setRandomseed(new Uint8Array(32));
    const checked = await this.#call<messages.CheckResponse>((done) => this.client.check(checking, done));
    if (checked.getFailuresList().length > 0) throw new Error(`Check refused ${name}`);
    return checked.getInputs();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.program.stop("SIGINT");
  }

  #call<Response>(
    call: (done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      call((error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }
}
