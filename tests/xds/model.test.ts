// Whatever happens between a server and a client, the client ends with what the server has for it.
import assert from "node:assert/strict";
import type { ResourceKind } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import fc from "fast-check";
import type { AdsClient, Received } from "../support/ads-client.js";
import { assignment, edsCluster, type Lists, listener, routes, secret } from "../support/fake-mesh.js";
import { nodeId, World } from "./harness.js";

const kinds = ["secrets", "clusters", "endpoints", "listeners", "routes"] as const satisfies ResourceKind[];
const names = ["a", "b", "c", "d"] as const;
type Name = (typeof names)[number];

/** Until then the client has what it should. */
const patienceMillis = 10_000;

/** Version of each resource, 0 where there is none. */
type Versions = Readonly<Record<Name, number>>;
type Content = Readonly<Record<ResourceKind, Versions>>;

const make: Readonly<Record<ResourceKind, (name: string, version: number) => readonly object[]>> = {
  secrets: (name, version) => [secret(name, version)],
  clusters: (name, version) => [edsCluster(name, `${version}s`)],
  endpoints: (name, version) => [assignment(name, version)],
  listeners: (name, version) => [listener(name, "a", `prefix-${version}`)],
  routes: (name, version) => [routes(name, `cluster-${version}`)],
};
const lists = (content: Content): Lists =>
  Object.fromEntries(
    kinds.map((kind) => [
      kind,
      names.flatMap((name) => (content[kind][name] === 0 ? [] : make[kind](name, content[kind][name]))),
    ]),
  );

type Step =
  | { readonly do: "change"; readonly kind: ResourceKind; readonly name: Name; readonly version: number }
  | { readonly do: "replace"; readonly content: Content }
  | { readonly do: "subscribe" | "unsubscribe"; readonly kind: ResourceKind; readonly name: Name | "*" }
  | { readonly do: "answer"; readonly accept: boolean; readonly blame: Name | undefined }
  | { readonly do: "reconnect" }
  | { readonly do: "restart" };

const kind = fc.constantFrom(...kinds);
const name = fc.constantFrom(...names);
const version = fc.integer({ min: 0, max: 3 });
const versions = fc.record({ a: version, b: version, c: version, d: version });
const content: fc.Arbitrary<Content> = fc.record({
  secrets: versions,
  clusters: versions,
  endpoints: versions,
  listeners: versions,
  routes: versions,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("change" as const), kind, name, version }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("replace" as const), content }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("subscribe" as const, "unsubscribe" as const),
      kind,
      name: fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: fc.constant("*" as const) }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      accept: fc.oneof(
        { weight: 4, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
      blame: fc.option(name, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** A client that believes what it is told, as the protocol has it, and keeps it from one stream to the next. */
class Model {
  stream!: AdsClient;
  /** What it holds: bodies by name. */
  readonly held: Record<ResourceKind, Map<string, Uint8Array>>;
  private readonly versions: Record<ResourceKind, Map<string, string>>;
  private readonly wanted: Record<ResourceKind, Set<string>>;
  /** State-of-the-world: version and nonce of the last response that it took. */
  private readonly last: Record<ResourceKind, { version: string; nonce: string }>;
  private readonly queue: Received[] = [];
  private readonly asked = new Set<ResourceKind>();

  constructor(
    private readonly world: World,
    private readonly protocol: Protocol,
    allOf: ReadonlySet<ResourceKind>,
  ) {
    const each = <T>(of: (kind: ResourceKind) => T) =>
      Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as Record<ResourceKind, T>;
    this.held = each(() => new Map());
    this.versions = each(() => new Map());
    this.wanted = each((kind) => new Set(allOf.has(kind) ? ["*"] : []));
    this.last = each(() => ({ version: "", nonce: "" }));
  }

  wants(kind: ResourceKind, name: string): boolean {
    return this.wanted[kind].has("*") || this.wanted[kind].has(name);
  }

  connect(): void {
    this.stream?.close();
    this.queue.length = 0;
    this.stream = this.world.open(this.protocol);
    this.asked.clear();
    for (const kind of kinds) {
      this.last[kind].nonce = "";
      if (this.wanted[kind].size > 0) this.ask(kind);
    }
  }

  private ask(kind: ResourceKind): void {
    this.asked.add(kind);
    const wanted = [...this.wanted[kind]];
    this.stream.send({
      nodeId,
      kind,
      names: wanted,
      version: this.last[kind].version,
      subscribe: wanted,
      initialVersions: Object.fromEntries(this.versions[kind]),
    });
  }

  subscribe(kind: ResourceKind, name: string): void {
    if (this.wanted[kind].has(name)) return;
    this.wanted[kind].add(name);
    if (!this.asked.has(kind)) this.ask(kind);
    else if (this.protocol === "incremental") this.stream.send({ kind, subscribe: [name] });
    else this.list(kind);
  }

  unsubscribe(kind: ResourceKind, name: string): void {
    // A client that lists no name on a stream's first request would ask for all.
    if (!this.wanted[kind].has(name) || this.wanted[kind].size === 1) return;
    this.wanted[kind].delete(name);
    for (const held of [...this.held[kind].keys()]) if (!this.wants(kind, held)) this.drop(kind, held);
    if (!this.asked.has(kind)) this.ask(kind);
    else if (this.protocol === "incremental") this.stream.send({ kind, unsubscribe: [name] });
    else this.list(kind);
  }

  private list(kind: ResourceKind): void {
    const { version, nonce } = this.last[kind];
    this.stream.send({ kind, names: [...this.wanted[kind]], version, nonce });
  }

  private drop(kind: ResourceKind, name: string): void {
    this.held[kind].delete(name);
    this.versions[kind].delete(name);
  }

  async take(): Promise<boolean> {
    this.queue.push(...(await this.stream.settle()));
    return this.queue.length > 0;
  }

  /** Answers the oldest response that is not answered yet. */
  answer(accept: boolean, blame: Name | undefined): void {
    const response = this.queue.shift();
    if (response === undefined) return;
    const { kind, nonce } = response;
    this.last[kind].nonce = nonce;
    if (accept) this.accept(response);
    else if (blame !== undefined && this.protocol === "incremental") {
      // Envoy takes what is not at fault.
      this.accept({ ...response, names: response.names.filter((name) => name !== blame) });
    }
    const error = accept ? undefined : blame === undefined ? "no" : `Error adding/updating ${blame}: no`;
    this.stream.send({
      kind,
      nonce,
      version: this.last[kind].version,
      names: [...this.wanted[kind]],
      ...(error === undefined ? {} : { error }),
    });
  }

  private accept({ kind, names: told, removed, version, versions, bodies }: Received): void {
    if (this.protocol === "stateOfTheWorld" && (kind === "clusters" || kind === "listeners")) {
      this.held[kind].clear();
    }
    for (const name of told) {
      if (!this.wants(kind, name)) continue;
      this.held[kind].set(name, bodies.get(name) as Uint8Array);
      this.versions[kind].set(name, versions.get(name) ?? "");
    }
    for (const name of removed) this.drop(kind, name);
    this.last[kind].version = version;
  }
}

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`convergence, ${protocol}`, function () {
    this.timeout(180_000);

    it("holds after whatever happened", async () => {
      await fc.assert(
        fc.asyncProperty(
          content,
          fc.subarray([...kinds]),
          fc.array(step, { minLength: 1, maxLength: 25 }),
          async (start, allOf, steps) => {
            const world = await World.start(lists(start), {
              timing: { reconnectMillis: 0, closeMillis: 20, patienceMillis: 40, coalesceMillis: 0 },
            });
            try {
              await run(world, start, new Set(allOf), steps);
            } finally {
              await world.stop();
            }
          },
        ),
        // Making a failure smaller takes minutes: that is for whoever replays it, by its seed and path.
        { numRuns: Number(process.env.RUNS ?? 40), endOnFailure: process.env.RUNS === undefined },
      );
    });

    async function run(
      world: World,
      start: Content,
      allOf: ReadonlySet<ResourceKind>,
      steps: readonly Step[],
    ): Promise<void> {
      let current = start;
      const model = new Model(world, protocol, allOf);
      model.connect();
      for (const next of steps) {
        switch (next.do) {
          case "change":
            current = { ...current, [next.kind]: { ...current[next.kind], [next.name]: next.version } };
            world.mesh.set("web", lists(current));
            break;
          case "replace":
            current = next.content;
            world.mesh.set("web", lists(current));
            break;
          case "subscribe":
            model.subscribe(next.kind, next.name);
            break;
          case "unsubscribe":
            model.unsubscribe(next.kind, next.name);
            break;
          case "answer":
            await model.take();
            model.answer(next.accept, next.blame);
            break;
          case "reconnect":
            model.connect();
            break;
          case "restart":
            await world.server.close();
            await world.serve({
              timing: { reconnectMillis: 0, closeMillis: 20, patienceMillis: 40, coalesceMillis: 0 },
            });
            model.connect();
            break;
        }
      }
      // From here on it takes everything. What it rejected is mended, which is what ends a rejection.
      current = mended(current);
      world.mesh.set("web", lists(current));
      const rest = async (isDone: () => boolean): Promise<void> => {
        for (let quiet = 0; quiet < 2; ) {
          if (await model.take()) {
            quiet = 0;
            model.answer(true, undefined);
          } else {
            await new Promise((resolve) => setTimeout(resolve, 45));
            if (isDone()) quiet++;
          }
        }
      };
      // Asked only now, when the server has the last change itself.
      await rest(() => true);
      const should = await truth(world, current);
      // It ends well when it has what it should and nothing more comes, however long a busy machine takes for that.
      const deadline = Date.now() + patienceMillis;
      await rest(() => Date.now() > deadline || wrong(model, should).length === 0);
      assert.deepEqual(wrong(model, should), []);
    }

    /** What a client that has just come and wants everything is told. */
    async function truth(world: World, current: Content): Promise<Record<ResourceKind, Truth>> {
      const told: Partial<Record<ResourceKind, Truth>> = {};
      for (const kind of kinds) {
        const bodies = new Map<string, string>();
        for (const { name } of lists(current)[kind] ?? []) {
          const fresh = world.open(protocol);
          fresh.send({ nodeId, kind, names: [name], subscribe: [name] });
          bodies.set(name, hex((await fresh.next()).bodies.get(name)));
          fresh.close();
        }
        told[kind] = bodies;
      }
      return told as Record<ResourceKind, Truth>;
    }

    /** What the client has too much, what it lacks, and what it has in another version. */
    function wrong(model: Model, should: Readonly<Record<ResourceKind, Truth>>): string[] {
      return kinds.flatMap((kind) => {
        const held = model.held[kind];
        // A state-of-the-world response cannot take endpoints and routes away: they go with what refers to them. Secrets do
        // so whatever the protocol.
        const mayKeep =
          kind === "secrets" ||
          (protocol === "stateOfTheWorld" && (kind === "endpoints" || kind === "routes"));
        return [
          ...(mayKeep ? [] : [...held.keys()].filter((name) => !should[kind].has(name))).map(
            (name) => `too much: ${kind} ${name}`,
          ),
          ...[...should[kind]]
            .filter(([name, body]) => model.wants(kind, name) && hex(held.get(name)) !== body)
            .map(([name]) => `${held.has(name) ? "out of date" : "missing"}: ${kind} ${name}`),
        ];
      });
    }
  });
}

/** Encoded resources by name. */
type Truth = ReadonlyMap<string, string>;
const hex = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString("hex");

/** Every resource in another version than it ever had. */
const mended = (content: Content): Content =>
  Object.fromEntries(
    kinds.map((kind) => [
      kind,
      Object.fromEntries(
        names.map((name) => [name, content[kind][name] === 0 ? 0 : content[kind][name] + 10]),
      ),
    ]),
  ) as unknown as Content;
