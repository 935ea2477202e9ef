import assert from "node:assert/strict";
import { measureApi } from "./api.js";
import { ours } from "./api-contender.js";

describe("the benchmark of the API", function () {
  this.timeout(60_000);

  it("does each operation in each round, and reads lists whole", async () => {
    const { operations, pages } = await measureApi([ours()], () => {}, {
      entities: [3, 120],
      pageRounds: 2,
      rounds: 2,
      roundMs: 200,
      connections: 2,
    });
    assert.deepEqual(
      operations.map(({ server, operation, entities, perSecond }) => [
        server,
        operation,
        entities,
        perSecond.length,
      ]),
      [
        "DescribeVirtualNode",
        "ListVirtualNodes, 100 a page",
        "UpdateVirtualNode",
        "CreateVirtualNode",
        "DeleteVirtualNode",
      ].map((operation) => ["pulumi-appmesh", operation, 120, 2]),
    );
    for (const { latencies } of operations) assert.ok(latencies.length > 0);
    const [creations, deletions] = operations.slice(3);
    assert.ok((deletions?.latencies.length ?? 0) <= (creations?.latencies.length ?? 0));
    assert.deepEqual(
      pages.map(({ server, entities, latencies }) => [server, entities, latencies.length]),
      [
        ["pulumi-appmesh", 3, 20],
        ["pulumi-appmesh", 120, 20],
      ],
    );
  });
});
