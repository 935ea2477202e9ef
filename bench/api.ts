import { type ApiContender, onOneCore } from "./api-contender.js";
import { sendAll } from "./api-load.js";

/** The operations that are measured: those of virtual nodes, which both servers have. */
export type Operation =
  | "DescribeVirtualNode"
  | "ListVirtualNodes, 100 a page"
  | "CreateVirtualNode"
  | "UpdateVirtualNode"
  | "DeleteVirtualNode";

/** What one server did of one operation, over all rounds. */
export interface OperationResult {
  readonly server: string;
  readonly operation: Operation;
  readonly entities: number;
  /** By round: requests a second. */
  readonly perSecond: number[];
  /** ms of each request. */
  readonly latencies: number[];
  /** ms of CPU for each request. */
  readonly cpuMs: number;
}

/** What a page of 100 costs one server in a list of so many. */
export interface PageResult {
  readonly server: string;
  readonly entities: number;
  /** ms of each page, from the first to the last of the list. */
  readonly latencies: number[];
}

export interface ApiResults {
  /** The servers had a core of their own, and the client another. */
  readonly pinned: boolean;
  readonly operations: OperationResult[];
  readonly pages: PageResult[];
}

export interface ApiPlan {
  /** How many virtual nodes there are in each of several meshes; operations are measured in the largest. */
  readonly entities: readonly number[];
  /** How often pages are read: so many in a row of each list. */
  readonly pageRounds: number;
  readonly rounds: number;
  /** The most that a round of one operation takes. */
  readonly roundMs: number;
  /** How many clients at once. */
  readonly connections: number;
}

const meshes = "/v20190125/meshes";
/** One mesh for each length of list. */
const nodesOf = (entities: number) => `${meshes}/bench-${entities}/virtualNodes`;
const PAGE = 100;
const PAGES_IN_A_ROW = 10;
/** More than any server answers in a round. Each is signed beforehand, which takes its time. */
const MOST_REQUESTS = 1_500;

const spec = (hostname: string) => ({
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  serviceDiscovery: { dns: { hostname: `${hostname}.bench.internal` } },
});
const creation = (virtualNodeName: string) => ({ virtualNodeName, spec: spec(virtualNodeName) });

/** Measures the contenders in turns, round by round. */
export async function measureApi(
  contenders: readonly ApiContender[],
  say: (line: string) => void,
  plan: ApiPlan,
): Promise<ApiResults> {
  const { connections, rounds, roundMs, pageRounds } = plan;
  const results: ApiResults = { pinned: await startAll(contenders), operations: [], pages: [] };
  try {
    const most = Math.max(...plan.entities);
    for (const entities of plan.entities) {
      say(`a mesh of ${entities} virtual nodes …`);
      for (const contender of contenders) await create(contender, entities, connections);
    }

    say(`list pages, ${pageRounds} rounds …`);
    const walks = plan.entities.flatMap((entities) =>
      contenders.map((contender) => new Walk(contender, entities)),
    );
    for (let round = 0; round < pageRounds; round++) {
      for (const walk of walks) for (let page = 0; page < PAGES_IN_A_ROW; page++) await walk.page();
    }
    results.pages.push(
      ...walks.map(({ contender, entities, latencies }) => ({ server: contender.name, entities, latencies })),
    );

    const everyOperation = operations(most);
    for (const [operation, requestsOf] of everyOperation) {
      say(`${operation}, ${rounds} rounds …`);
      const measured = contenders.map(({ name }) => ({
        ...{ server: name, operation, entities: most },
        ...{ perSecond: [] as number[], latencies: [] as number[], cpu: 0 },
      }));
      for (let round = 0; round < rounds; round++) {
        for (const [at, contender] of contenders.entries()) {
          const one = measured[at] as (typeof measured)[number];
          const requests: Buffer[] = [];
          for (const request of requestsOf(contender.name, round)) {
            requests.push(await contender.prepare(...request));
          }
          const before = contender.program.cpuMs();
          const { seconds, latencies } = await sendAll(contender.port, requests, {
            connections,
            ms: roundMs,
          });
          one.cpu += contender.program.cpuMs() - before;
          one.perSecond.push(latencies.length / seconds);
          one.latencies.push(...latencies);
          count(contender.name, operation, round, latencies.length);
        }
      }
      results.operations.push(
        ...measured.map(({ cpu, ...rest }) => ({ ...rest, cpuMs: cpu / rest.latencies.length })),
      );
    }
    return results;
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

async function startAll(contenders: readonly ApiContender[]): Promise<boolean> {
  for (const contender of contenders) await contender.start();
  // The client stays on the others, which is where the scheduler puts it as long as this one is taken.
  return contenders.map(({ program }) => onOneCore(program, 0)).every((pinned) => pinned);
}

/** How many of a round's creations were answered: its deletions are of those. */
const created = new Map<string, number>();
const count = (server: string, operation: Operation, round: number, requests: number) => {
  if (operation === "CreateVirtualNode") created.set(`${server} ${round}`, requests);
};

type Request = [method: string, path: string, body?: object];

function operations(entities: number): [Operation, (server: string, round: number) => Request[]][] {
  const nodes = nodesOf(entities);
  const many = (request: (n: number) => Request) =>
    Array.from({ length: MOST_REQUESTS }, (_, n) => request(n));
  /** Spread over all of them, each time others. */
  const some = (round: number, n: number) => `node-${(n * 7_919 + round * 104_729) % entities}`;
  const passing = (round: number, n: number) => `passing-${round}-${n}`;
  return [
    ["DescribeVirtualNode", (_, round) => many((n) => ["GET", `${nodes}/${some(round, n)}`])],
    ["ListVirtualNodes, 100 a page", () => many(() => ["GET", `${nodes}?limit=${PAGE}`])],
    [
      "UpdateVirtualNode",
      (_, round) => many((n) => ["PUT", `${nodes}/${some(round, n)}`, { spec: spec(`r${round}-${n}`) }]),
    ],
    ["CreateVirtualNode", (_, round) => many((n) => ["PUT", nodes, creation(passing(round, n))])],
    [
      "DeleteVirtualNode",
      (server, round) =>
        many((n): Request => ["DELETE", `${nodes}/${passing(round, n)}`]).slice(
          0,
          created.get(`${server} ${round}`),
        ),
    ],
  ];
}

async function create(contender: ApiContender, entities: number, connections: number): Promise<void> {
  const mesh = await contender.prepare("PUT", meshes, { meshName: `bench-${entities}` });
  await sendAll(contender.port, [mesh], { connections: 1 });
  // Signatures are good for minutes: made a thousand at a time, none is old when it is sent.
  for (let first = 0; first < entities; first += 1_000) {
    const requests: Buffer[] = [];
    for (let n = first; n < Math.min(first + 1_000, entities); n++) {
      requests.push(await contender.prepare("PUT", nodesOf(entities), creation(`node-${n}`)));
    }
    await sendAll(contender.port, requests, { connections });
  }
}

/** Goes through a list page by page, again and again, and checks each time that it was whole. */
class Walk {
  readonly latencies: number[] = [];
  #token = "";
  #names = new Set<string>();

  constructor(
    readonly contender: ApiContender,
    readonly entities: number,
  ) {}

  async page(): Promise<void> {
    const path = `${nodesOf(this.entities)}?limit=${PAGE}${this.#token}`;
    const request = await this.contender.prepare("GET", path);
    const { latencies, bodies } = await sendAll(this.contender.port, [request], { connections: 1 });
    this.latencies.push(...latencies);
    const { virtualNodes, nextToken } = JSON.parse(bodies[0] as string);
    for (const { virtualNodeName } of virtualNodes) this.#names.add(virtualNodeName);
    this.#token = nextToken ? `&nextToken=${encodeURIComponent(nextToken)}` : "";
    if (nextToken) return;
    if (this.#names.size !== this.entities) {
      throw new Error(`${this.contender.name} lists ${this.#names.size} virtual nodes of ${this.entities}`);
    }
    this.#names.clear();
  }
}
