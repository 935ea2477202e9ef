import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { type ControlPlane, runAppmesh, startControlPlane } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { FaultyDynamoDb, randomOf } from "../support/dynamodb-faults.js";
import { seed, seedNote } from "../support/seed.js";

/** How often a writer is killed. The whole hundred: APPMESH_TEST_KILLS=100. */
const kills = Number(process.env.APPMESH_TEST_KILLS ?? 4);
const root = { accessKeyId: "AKIAREPLICAS", secretAccessKey: "a-secret-of-the-environment" };

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(25)) {
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
  }
}

const meshes = "/v20190125/meshes";
const names = async (replica: ControlPlane): Promise<string[]> => {
  const found: string[] = [];
  for (let token = ""; ; ) {
    const { status, body } = await replica.call("GET", `${meshes}?limit=100${token}`);
    assert.equal(status, 200, JSON.stringify(body));
    found.push(...body.meshes.map(({ meshName }: { meshName: string }) => meshName));
    if (!body.nextToken) return found.sort();
    token = `&nextToken=${encodeURIComponent(body.nextToken)}`;
  }
};

describe("Replicas that share a table", function () {
  this.timeout(120_000 + kills * 20_000);
  let server: DynamoDbServer;
  let faulty: FaultyDynamoDb;
  let place: TablePlace;
  let replicas: ControlPlane[];
  const start = () =>
    startControlPlane({
      table: place,
      accessKey: root,
      args: ["--notices", "127.0.0.1:0", "--limit", "none", "--metrics", "127.0.0.1:0"],
    });
  before(async function () {
    server = await DynamoDbServer.start(this);
    faulty = await FaultyDynamoDb.start(server.endpoint);
    place = { ...(await server.table()), endpoint: faulty.endpoint };
    replicas = await Promise.all([start(), start(), start()]);
  });
  after(async () => {
    faulty.faults = {};
    for (const replica of replicas ?? []) await replica.stop();
    await faulty?.leave();
    await server?.close();
  });
  const [one, two, three] = [0, 1, 2].map((n) => () => replicas[n] as ControlPlane) as [
    () => ControlPlane,
    () => ControlPlane,
    () => ControlPlane,
  ];

  it("show what is written at one of them at all", async () => {
    assert.equal((await one().call("PUT", meshes, { meshName: "shop" })).status, 200);
    for (const replica of replicas) {
      await until(
        "the mesh is there",
        async () => (await replica.call("GET", `${meshes}/shop`)).status === 200,
      );
    }
    // Whoever decides from what it knows is told what it did not know, and decides anew.
    const answers = await Promise.all(
      replicas.map((replica) => replica.call("PUT", meshes, { meshName: "wanted-by-all" })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  });

  it("refuse what does not fit into one item of the table, as of any other bad request", async () => {
    const backends = Array.from({ length: 5_000 }, (_, n) => ({
      virtualService: { virtualServiceName: `${"x".repeat(50)}-${n}.local` },
    }));
    const answer = await one().call("PUT", `${meshes}/shop/virtualNodes`, {
      virtualNodeName: "large",
      spec: { backends },
    });
    assert.deepEqual([answer.status, answer.headers.get("x-amzn-errortype")], [400, "BadRequestException"]);
    assert.match(
      answer.body.message,
      /^this is too large to be stored: \d{6} bytes are too many for one record: DynamoDB holds 409600 bytes an item$/,
    );
    assert.equal((await one().call("GET", `${meshes}/shop/virtualNodes/large`)).status, 404);
  });

  it("refuse a key that was taken back at another one", async () => {
    const { body } = await one().call("POST", "/v1/access-keys", { description: "of a test" });
    const key = body.accessKey;
    for (const replica of replicas) {
      await until("it is known", async () => (await replica.as(key)("GET", meshes)).status === 200);
    }
    assert.equal((await two().call("DELETE", `/v1/access-keys/${key.accessKeyId}`)).status, 200);
    for (const replica of replicas) {
      await until("it is refused", async () => (await replica.as(key)("GET", meshes)).status === 403);
    }
    // The same on the table itself, as before the first replica is started.
    const made = await runAppmesh("keys", ["create", "--read-only", ...tableArgs(place)]);
    assert.equal(made.code, 0, made.stderr);
    const other = JSON.parse(made.stdout).accessKey;
    await until("it is known", async () => (await three().as(other)("GET", meshes)).status === 200);
    assert.equal((await runAppmesh("keys", ["revoke", other.accessKeyId, ...tableArgs(place)])).code, 0);
    await until("it is refused", async () => (await three().as(other)("GET", meshes)).status === 403);
  });

  it("take changes and follow each other on a table that is slow and short of capacity", async () => {
    faulty.faults = { slowMilliseconds: 150, throttled: 0.2, failed: 0.05 };
    try {
      for (const [n, replica] of replicas.entries()) {
        // By chance it answers nothing for a second, and counts as away then: clients ask again.
        let answer = await replica.call("PUT", meshes, { meshName: `slow-${n}` });
        while (answer.status === 503) answer = await replica.call("PUT", meshes, { meshName: `slow-${n}` });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
      }
      for (const replica of replicas) {
        await until("it has all", async () => {
          const all = await names(replica);
          return [0, 1, 2].every((n) => all.includes(`slow-${n}`));
        });
      }
    } finally {
      faulty.faults = {};
    }
  });

  it("go on answering and serving while the table is away, take no change, and catch up", async () => {
    await faulty.leave();
    try {
      const refused = await (async () => {
        for (;;) {
          const answer = await two().call("PUT", meshes, { meshName: "away" });
          assert.equal(answer.status, 503, JSON.stringify(answer.body));
          if (answer.body.message === "the store cannot be written now; nothing was changed") return answer;
        }
      })();
      assert.deepEqual(
        [refused.headers.get("x-amzn-errortype"), refused.headers.get("retry-after")],
        ["ServiceUnavailableException", "1"],
      );
      for (const replica of replicas) {
        assert.equal((await replica.call("GET", `${meshes}/shop`)).status, 200);
        assert.deepEqual((await replica.call("GET", "/readyz")).status, 200);
        await until("it is told", async () => /^appmesh_store_followed 0$/m.test(await metricsOf(replica)));
      }
    } finally {
      await faulty.comeBack();
    }
    await until("it takes changes", async () => {
      const { status } = await two().call("PUT", meshes, { meshName: "back" });
      return status === 200 || status === 409;
    });
    for (const replica of replicas) {
      await until(
        "it has caught up",
        async () => (await replica.call("GET", `${meshes}/back`)).status === 200,
      );
      await until("it is told", async () => /^appmesh_store_followed 1$/m.test(await metricsOf(replica)));
    }
  });

  it(`lose nothing when one is killed in mid-write, ${kills} times ${seedNote}`, async () => {
    const random = randomOf(seed);
    const answered = new Set(await names(one()));
    const asked = new Set(answered);
    for (let round = 0; round < kills; round++) {
      const victim = await start();
      let writing = true;
      const writers = [0, 1, 2].map(async (w) => {
        for (let n = 0; writing; n++) {
          const meshName = `kill-${round}-${w}-${n}`;
          asked.add(meshName);
          const answer = await victim.call("PUT", meshes, { meshName }).catch(() => undefined);
          if (answer?.status === 200) answered.add(meshName);
        }
      });
      await sleep(random() * 600);
      await victim.kill9();
      writing = false;
      await Promise.all(writers);
      // The others do not notice.
      const meshName = `after-${round}`;
      assert.equal((await two().call("PUT", meshes, { meshName })).status, 200);
      answered.add(meshName);
      asked.add(meshName);
    }
    const all = await names(two());
    assert.deepEqual(
      [...answered].filter((name) => !all.includes(name)),
      [],
    );
    assert.deepEqual(
      all.filter((name) => !asked.has(name)),
      [],
    );
    for (const replica of replicas) {
      await until(
        "all show the same",
        async () => JSON.stringify(await names(replica)) === JSON.stringify(all),
      );
    }
    const anew = await start();
    assert.deepEqual(await names(anew), all);
    await anew.stop();
  });

  it("is not started where it could not hear the others as it was asked to", async () => {
    const [, address = ""] = /"notices":"([^"]+)"/.exec(one().log()) ?? [];
    const args = ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0", ...tableArgs(place), "--notices", address];
    const { code, stderr } = await runAppmesh("serve", args);
    assert.deepEqual(
      [code, stderr.split("\n").filter((line) => !line.startsWith("{"))],
      [
        1,
        [
          `appmesh serve: notices of other control planes cannot be heard on ${address}: bind EADDRINUSE ${address}. Give another ` +
            "address of this machine, or port 0 for any free one, by --notices",
          "",
        ],
      ],
    );
  });

  it("is refused to a control plane of another account", async () => {
    const args = [
      "--api",
      "127.0.0.1:0",
      "--xds",
      "127.0.0.1:0",
      ...tableArgs(place),
      "--account",
      "111122223333",
    ];
    assert.deepEqual(await runAppmesh("serve", args), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh serve: the DynamoDB table ${place.table} holds the mesh of account 000000000000 in us-east-1, not of account ` +
        "111122223333 in us-east-1. Start with --account 000000000000 --region us-east-1, or give another table, by --table NAME\n",
    });
  });
});

const tableArgs = ({ table, endpoint = "" }: TablePlace) => [
  "--table",
  table,
  "--dynamodb-endpoint",
  endpoint,
];

async function metricsOf(replica: ControlPlane): Promise<string> {
  const [, url = ""] = /"metrics":"([^"]+)"/.exec(replica.log()) ?? [];
  return (await fetch(url)).text();
}
