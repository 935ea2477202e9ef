// A client that behaves as Envoy does never routes to a cluster that it does not have, whatever changes and whenever.
import assert from "node:assert/strict";
import type { ResourceKind } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import fc from "fast-check";
import type { AdsClient, Received } from "../support/ads-client.js";
import { assignment, edsCluster, type Lists, listener, routes } from "../support/fake-mesh.js";
import { nodeId, timing, World } from "./harness.js";

const clusterNames = ["a", "b", "c", "d"] as const;
const routeNames = ["r", "s"] as const;

/** One whole configuration: everything that it refers to is there. */
interface Configuration {
  /** Version of each cluster that there is. */
  readonly clusters: Readonly<Record<string, number>>;
  /** Where the routes of the listener lead. */
  readonly target: string;
  readonly route: (typeof routeNames)[number];
  readonly listenerVersion: number;
  readonly port: number;
}

const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    names: fc.subarray([...clusterNames], { minLength: 1 }),
    versions: fc.tuple(...clusterNames.map(() => fc.integer({ min: 1, max: 3 }))),
    target: fc.nat(),
    route: fc.constantFrom(...routeNames),
    listenerVersion: fc.integer({ min: 1, max: 2 }),
    port: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ names, versions, target, ...rest }) => ({
    ...rest,
    clusters: Object.fromEntries(names.map((name) => [name, versions[clusterNames.indexOf(name)] as number])),
    target: names[target % names.length] as string,
  }));

const listsOf = ({ clusters, target, route, listenerVersion, port }: Configuration): Lists => ({
  clusters: Object.entries(clusters).map(([name, version]) => edsCluster(name, `${version}s`)),
  endpoints: Object.keys(clusters).map((name) => assignment(name, port)),
  listeners: [listener("l", route, `prefix-${listenerVersion}`)],
  routes: [routes(route, target)],
});

type Step =
  | { readonly do: "change"; readonly to: Configuration }
  | { readonly do: "hear"; readonly messages: number }
  | { readonly do: "reconnect" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("change" as const), to: configuration }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("hear" as const), messages: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const) }) },
);

/** As much of Envoy as matters here. */
class EnvoyModel {
  private client!: AdsClient;
  private readonly inbox: Received[] = [];
  /** Clusters in use, by name, with the version that is. */
  readonly clusters = new Map<string, Uint8Array>();
  /** Clusters that wait for their endpoints. */
  private readonly warming = new Map<string, Uint8Array>();
  /** Where routes lead, by name. */
  private readonly routes = new Map<string, string>();
  /** The routes that the listener in use has, and those that its successor waits for. */
  private active: string | undefined;
  private next: string | undefined;
  private readonly versions: Record<ResourceKind, Map<string, string>> = {
    secrets: new Map(),
    clusters: new Map(),
    endpoints: new Map(),
    listeners: new Map(),
    routes: new Map(),
  };
  private readonly last: Record<ResourceKind, { version: string; nonce: string }> = {
    secrets: { version: "", nonce: "" },
    clusters: { version: "", nonce: "" },
    endpoints: { version: "", nonce: "" },
    listeners: { version: "", nonce: "" },
    routes: { version: "", nonce: "" },
  };
  private wanted: { endpoints: string[]; routes: string[] } = { endpoints: [], routes: [] };
  private readonly asked = new Set<ResourceKind>();
  /** Acknowledgements of clusters that are held back until all are warm. */
  private heldBack: Received[] = [];

  constructor(
    private readonly world: World,
    private readonly protocol: Protocol,
    /** The route configuration that leads to the cluster, by its encoded body. */
    private readonly read: { route(body: Uint8Array): string; routesOf(body: Uint8Array): string },
  ) {}

  connect(): void {
    this.client?.close();
    this.client = this.world.open(this.protocol);
    this.inbox.length = 0;
    this.heldBack = [];
    this.asked.clear();
    for (const kind of ["clusters", "endpoints", "listeners", "routes"] as const) {
      this.last[kind].nonce = "";
      // While a cluster warms, Envoy asks for nothing about clusters; with no name it asks for no endpoints.
      if (kind === "clusters" && this.warming.size > 0) continue;
      if ((kind === "endpoints" || kind === "routes") && this.wanted[kind].length === 0) continue;
      this.ask(kind);
    }
  }

  private names(kind: ResourceKind): readonly string[] {
    return kind === "endpoints" || kind === "routes" ? this.wanted[kind] : [];
  }

  private ask(kind: ResourceKind): void {
    this.asked.add(kind);
    const names = this.names(kind);
    this.client.send({
      nodeId,
      kind,
      names,
      subscribe: names,
      version: this.last[kind].version,
      initialVersions: Object.fromEntries(this.versions[kind]),
    });
  }

  private want(kind: "endpoints" | "routes", names: string[]): void {
    const before = this.wanted[kind];
    this.wanted = { ...this.wanted, [kind]: names };
    const subscribe = names.filter((name) => !before.includes(name));
    const unsubscribe = before.filter((name) => !names.includes(name));
    for (const name of unsubscribe) this.versions[kind].delete(name);
    if (subscribe.length + unsubscribe.length === 0) return;
    if (!this.asked.has(kind)) this.ask(kind);
    else if (this.protocol === "incremental") this.client.send({ kind, subscribe, unsubscribe });
    else this.client.send({ kind, names, ...this.last[kind] });
  }

  async hear(messages: number): Promise<number> {
    this.inbox.push(...(await this.client.settle()));
    const heard = this.inbox.splice(0, messages);
    for (const response of heard) {
      this.take(response);
      this.check(response);
    }
    return heard.length;
  }

  private take(response: Received): void {
    const { kind, names, removed, version, versions, bodies, nonce } = response;
    for (const [name, each] of versions) this.versions[kind].set(name, each);
    for (const name of removed) this.versions[kind].delete(name);
    this.last[kind] = { version, nonce };
    switch (kind) {
      case "clusters":
        this.takeClusters(response);
        return;
      case "endpoints":
        for (const name of names) {
          const warm = this.warming.get(name);
          if (warm !== undefined) this.clusters.set(name, warm);
          this.warming.delete(name);
        }
        break;
      case "listeners":
        if (names.includes("l")) this.next = this.read.routesOf(bodies.get("l") as Uint8Array);
        break;
      case "routes":
        for (const name of names) this.routes.set(name, this.read.route(bodies.get(name) as Uint8Array));
        break;
    }
    this.acknowledge(response);
    if (this.next !== undefined) {
      if (this.routes.has(this.next) && this.wanted.routes.includes(this.next)) {
        this.active = this.next;
        this.next = undefined;
        this.want("routes", [this.active]);
        for (const name of this.routes.keys()) if (name !== this.active) this.routes.delete(name);
      } else this.want("routes", [...new Set([...this.wanted.routes, this.next])]);
    }
    if (this.warming.size === 0) this.warmed();
  }

  private takeClusters(response: Received): void {
    const { names, removed, bodies } = response;
    for (const name of names) {
      const body = bodies.get(name) as Uint8Array;
      const has = this.warming.get(name) ?? this.clusters.get(name);
      if (has === undefined || Buffer.compare(has, body) !== 0) this.warming.set(name, body);
    }
    const known = [...this.clusters.keys(), ...this.warming.keys()];
    const gone = this.protocol === "incremental" ? removed : known.filter((name) => !names.includes(name));
    for (const name of gone) {
      this.clusters.delete(name);
      this.warming.delete(name);
    }
    this.heldBack.push(response);
    this.want("endpoints", [...new Set([...this.clusters.keys(), ...this.warming.keys()])]);
    if (this.warming.size === 0) this.warmed();
  }

  /** Every cluster is warm: what was held back goes out. */
  private warmed(): void {
    for (const response of this.heldBack.splice(0)) this.acknowledge(response);
    if (!this.asked.has("clusters")) this.ask("clusters");
  }

  private acknowledge({ kind, nonce, version }: Received): void {
    this.client.send({ kind, nonce, version, names: this.names(kind) });
  }

  /** What requests would meet now. */
  private check({ kind, names, removed }: Received): void {
    if (this.active === undefined) return;
    const target = this.routes.get(this.active);
    assert.ok(
      target !== undefined && this.clusters.has(target),
      `after ${kind} ${names} -${removed}: routes ${this.active} lead to ${target}, and there are ${[...this.clusters.keys()]}`,
    );
  }

  /** After 15 s, Envoy goes on with a cluster whose endpoints nobody tells. */
  giveUp(): void {
    for (const [name, body] of this.warming) this.clusters.set(name, body);
    this.warming.clear();
    this.warmed();
  }

  get state(): object {
    return {
      clusters: [...this.clusters.keys()].toSorted(),
      warming: [...this.warming.keys()],
      routes: this.active,
      target: this.routes.get(this.active ?? ""),
      next: this.next,
    };
  }
}

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`make before break, ${protocol}`, function () {
    this.timeout(180_000);

    it("holds at every message", async () => {
      await fc.assert(
        fc.asyncProperty(
          configuration,
          fc.array(step, { minLength: 1, maxLength: 40 }),
          async (start, steps) => {
            const world = await World.start(listsOf(start), {
              // What takes time here waits for something that never comes.
              timing: { ...timing, coalesceMillis: 0, reconnectMillis: 60_000, patienceMillis: 60_000 },
            });
            try {
              let current = start;
              const envoy = new EnvoyModel(world, protocol, {
                route: (body) =>
                  clusterNames.find((name) => Buffer.from(body).includes(`\n\u0001${name}`)) ?? "?",
                routesOf: (body) =>
                  routeNames.find((name) => Buffer.from(body).includes(`\u0012\u0001${name}`)) ?? "?",
              });
              envoy.connect();
              for (const each of steps) {
                if (each.do === "hear") await envoy.hear(each.messages);
                else if (each.do === "reconnect") envoy.connect();
                else {
                  current = each.to;
                  world.mesh.set("web", listsOf(current));
                }
              }
              const settled = async () => {
                for (let quiet = 0; quiet < 2; ) quiet = (await envoy.hear(1)) === 0 ? quiet + 1 : 0;
              };
              await settled();
              // One that is cut off while a cluster warms asks for endpoints alone, of a cluster that may be gone by then.
              if (steps.some((each) => each.do === "reconnect")) {
                envoy.giveUp();
                await settled();
              }
              assert.deepEqual(envoy.state, {
                clusters: Object.keys(current.clusters).toSorted(),
                warming: [],
                routes: current.route,
                target: current.target,
                next: undefined,
              });
            } finally {
              await world.stop();
            }
          },
        ),
        { numRuns: Number(process.env.RUNS ?? 40) },
      );
    });
  });
}
