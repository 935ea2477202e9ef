import assert from "node:assert/strict";
import { RevisionConflict, type Store, StoreUnavailable } from "../store/store.js";
import { measuredStore } from "./measured-store.js";
import { type ConnectedProxy, Metrics } from "./metrics.js";

/** The series of one metric, without the lines of a histogram's buckets. */
async function series(metrics: Metrics, name: string): Promise<string[]> {
  const { text } = await metrics.scrape();
  return text.split("\n").filter((line) => line.startsWith(name) && !line.includes("_bucket{"));
}

describe("Metrics", () => {
  it("count requests by operation, status and error, and time them by operation", async () => {
    const metrics = new Metrics();
    for (const seconds of [0.002, 0.004])
      metrics.answered({ operation: "CreateMesh", status: 200, errorCode: undefined, seconds });
    metrics.answered({
      operation: "CreateMesh",
      status: 409,
      errorCode: "ConflictException",
      seconds: 0.25,
    });
    assert.deepEqual(await series(metrics, "appmesh_api_requests_total"), [
      'appmesh_api_requests_total{operation="CreateMesh",status="200",error=""} 2',
      'appmesh_api_requests_total{operation="CreateMesh",status="409",error="ConflictException"} 1',
    ]);
    assert.deepEqual(await series(metrics, "appmesh_api_request_duration_seconds"), [
      'appmesh_api_request_duration_seconds_sum{operation="CreateMesh"} 0.256',
      'appmesh_api_request_duration_seconds_count{operation="CreateMesh"} 3',
    ]);
    const { text, contentType } = await metrics.scrape();
    assert.ok(
      text.includes('appmesh_api_request_duration_seconds_bucket{le="0.0025",operation="CreateMesh"} 1\n'),
    );
    assert.ok(
      text.includes('appmesh_api_request_duration_seconds_bucket{le="0.005",operation="CreateMesh"} 2\n'),
    );
    assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  });

  it("count what is sent to proxies, taken and refused by them, and made for them", async () => {
    const metrics = new Metrics();
    for (const bytes of [100, 50])
      metrics.sent({ kind: "clusters", protocol: "incremental", bytes, resources: 2 });
    metrics.sent({ kind: "routes", protocol: "stateOfTheWorld", bytes: 7, resources: 1 });
    metrics.acknowledged({ kind: "clusters", afterMillis: 20 });
    metrics.rejected({ kind: "routes" });
    metrics.refused(16);
    metrics.refused(16);
    metrics.heldBack();
    metrics.translated({ millis: 2, failed: false });
    metrics.translated({ millis: 4, failed: true });
    assert.deepEqual(
      [
        ...(await series(metrics, "appmesh_xds_res")),
        ...(await series(metrics, "appmesh_xds_sent")),
        ...(await series(metrics, "appmesh_xds_ack")),
        ...(await series(metrics, "appmesh_xds_rej")),
        ...(await series(metrics, "appmesh_xds_refusals")),
        ...(await series(metrics, "appmesh_translation")),
      ],
      [
        'appmesh_xds_responses_total{kind="clusters",protocol="incremental"} 2',
        'appmesh_xds_responses_total{kind="routes",protocol="stateOfTheWorld"} 1',
        'appmesh_xds_resources_sent_total{kind="clusters",protocol="incremental"} 4',
        'appmesh_xds_resources_sent_total{kind="routes",protocol="stateOfTheWorld"} 1',
        'appmesh_xds_sent_bytes_total{kind="clusters",protocol="incremental"} 150',
        'appmesh_xds_sent_bytes_total{kind="routes",protocol="stateOfTheWorld"} 7',
        'appmesh_xds_acknowledgement_duration_seconds_sum{kind="clusters"} 0.02',
        'appmesh_xds_acknowledgement_duration_seconds_count{kind="clusters"} 1',
        'appmesh_xds_rejections_total{kind="routes"} 1',
        'appmesh_xds_refusals_total{code="16"} 2',
        "appmesh_xds_refusals_held_back_total 1",
        "appmesh_translation_duration_seconds_sum 0.006",
        "appmesh_translation_duration_seconds_count 2",
        "appmesh_translation_errors_total 1",
      ],
    );
  });

  it("add up what is sent and taken between one time that they are asked and the next", async () => {
    const metrics = new Metrics();
    const lines = async () =>
      (await metrics.scrape()).text
        .split("\n")
        .filter((line) => /^appmesh_xds_(responses|resources|sent_bytes|acknowledgement).*kind/.test(line));
    assert.deepEqual(await lines(), []);
    const sent = { protocol: "incremental", bytes: 10, resources: 2 };
    metrics.sent({ kind: "routes", ...sent });
    metrics.acknowledged({ kind: "routes", afterMillis: 5 });
    metrics.acknowledged({ kind: "routes", afterMillis: 6 });
    const first = await lines();
    assert.deepEqual(await lines(), first);
    metrics.sent({ kind: "routes", ...sent });
    metrics.sent({ kind: "routes", ...sent, protocol: "stateOfTheWorld" });
    metrics.acknowledged({ kind: "routes", afterMillis: 60_001 });
    const of = (protocol: string, n: number) => `{kind="routes",protocol="${protocol}"} ${n}`;
    const buckets = [
      "0.001",
      "0.005",
      "0.01",
      "0.025",
      "0.05",
      "0.1",
      "0.25",
      "0.5",
      "1",
      "2.5",
      "5",
      "15",
      "60",
    ];
    const metric = "appmesh_xds_acknowledgement_duration_seconds";
    assert.deepEqual(
      (await lines()).sort(),
      [
        // What takes exactly as long as a bound is within it.
        ...buckets.map(
          (le) => `${metric}_bucket{le="${le}",kind="routes"} ${le === "0.001" ? 0 : le === "0.005" ? 1 : 2}`,
        ),
        `${metric}_bucket{le="+Inf",kind="routes"} 3`,
        `${metric}_sum{kind="routes"} 60.012`,
        `${metric}_count{kind="routes"} 3`,
        `appmesh_xds_responses_total${of("incremental", 2)}`,
        `appmesh_xds_responses_total${of("stateOfTheWorld", 1)}`,
        `appmesh_xds_resources_sent_total${of("incremental", 4)}`,
        `appmesh_xds_resources_sent_total${of("stateOfTheWorld", 2)}`,
        `appmesh_xds_sent_bytes_total${of("incremental", 20)}`,
        `appmesh_xds_sent_bytes_total${of("stateOfTheWorld", 10)}`,
      ].sort(),
    );
  });

  it("read what there is when they are asked, and forget what is gone", async () => {
    const metrics = new Metrics();
    let proxies: ConnectedProxy[] = [
      { entity: "virtualNode/a", protocol: "incremental" },
      { entity: "virtualNode/b", protocol: "incremental" },
      { entity: "virtualGateway/edge", protocol: "stateOfTheWorld", problem: "it does not exist" },
    ];
    metrics.follow({
      entities: () => ({ mesh: 1, virtualNode: 2 }),
      proxies: () => proxies,
      problems: () => 3,
      waiting: () => 0,
      revision: () => 42,
      store: () => ({ isFollowed: true, peers: 2, unreadable: 3 }),
    });
    const all = async () =>
      (
        await Promise.all(
          ["appmesh_entities", "appmesh_store_revision", "appmesh_xds_pro"].map((name) =>
            series(metrics, name),
          ),
        )
      ).flat();
    const others = [
      'appmesh_entities{kind="mesh"} 1',
      'appmesh_entities{kind="virtualNode"} 2',
      "appmesh_store_revision 42",
    ];
    assert.deepEqual(await all(), [
      ...others,
      'appmesh_xds_proxies{kind="virtualNode",protocol="incremental",state="current"} 2',
      'appmesh_xds_proxies{kind="virtualGateway",protocol="stateOfTheWorld",state="waiting"} 1',
      "appmesh_xds_problems 3",
    ]);
    proxies = [];
    assert.deepEqual(await all(), [...others, "appmesh_xds_problems 3"]);
  });

  it("are as many for ten thousand entities as for ten: no label holds what a client chose", async () => {
    const labels = new Set(new Metrics().describe().flatMap((metric) => metric.labels));
    assert.deepEqual([...labels].sort(), [
      "code",
      "error",
      "kind",
      "operation",
      "outcome",
      "protocol",
      "state",
      "status",
    ]);
  });

  it("tell of the process where they are asked to", async () => {
    const { text } = await new Metrics({ ofProcess: true }).scrape();
    for (const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_p99_seconds",
    ])
      assert.match(text, new RegExp(`^${name} [0-9.e-]+$`, "m"));
  });

  it("time each commit by its outcome, and pass all on to the store and from it", async () => {
    const metrics = new Metrics();
    const outcomes = [
      Promise.resolve(8),
      Promise.reject(new RevisionConflict(7, 9)),
      Promise.reject(new StoreUnavailable("the disk is full")),
    ];
    const commits: unknown[] = [];
    let clock = 0;
    const inner: Store = {
      load: async () => ({ revision: 7, records: new Map() }),
      commit: (...change) => {
        commits.push(change);
        return outcomes.shift() as Promise<number>;
      },
      subscribe: () => () => {},
      checkWritable: () => Promise.reject(new StoreUnavailable("read only")),
      close: async () => {},
    };
    const store = measuredStore(inner, metrics, () => (clock += 250));
    const writes = [{ key: "a", value: "1" }];
    assert.equal(await store.commit(7, writes), 8);
    await assert.rejects(store.commit(7, writes), RevisionConflict);
    await assert.rejects(store.commit(7, writes), StoreUnavailable);
    assert.deepEqual(commits, [
      [7, writes],
      [7, writes],
      [7, writes],
    ]);
    assert.equal((await store.load()).revision, 7);
    await assert.rejects(store.checkWritable(), { message: "read only" });
    assert.deepEqual(await series(metrics, "appmesh_store_commit"), [
      'appmesh_store_commit_duration_seconds_sum{outcome="committed"} 0.25',
      'appmesh_store_commit_duration_seconds_count{outcome="committed"} 1',
      'appmesh_store_commit_duration_seconds_sum{outcome="conflict"} 0.25',
      'appmesh_store_commit_duration_seconds_count{outcome="conflict"} 1',
      'appmesh_store_commit_duration_seconds_sum{outcome="failed"} 0.25',
      'appmesh_store_commit_duration_seconds_count{outcome="failed"} 1',
    ]);
  });
});
