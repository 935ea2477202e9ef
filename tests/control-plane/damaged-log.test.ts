// An entry of a table's log that cannot be read: what it wrote is read from the records.
import assert from "node:assert/strict";
import { Calls } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { logKey } from "@pulumi-appmesh/control-plane/store/dynamodb/layout.js";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import type { Change } from "@pulumi-appmesh/control-plane/store/store.js";
import { DynamoDbServer } from "../support/dynamodb.js";

describe("A table with a damaged entry in its log", function () {
  this.timeout(120_000);
  let server: DynamoDbServer;
  before(async function () {
    server = (await DynamoDbServer.start(this)) as DynamoDbServer;
  });
  after(() => server?.close());

  for (const [says, damaged] of [
    ["that is cut off", '[["b","1'],
    ["that is no list of writes", '{"b":"1"}'],
    ["that has a write of another form", '[["b",{"later":1}]]'],
  ] as const) {
    it(`${says} is followed past it, and read anew`, async () => {
      const place = await server.table();
      const [writer, reader] = [
        await DynamoStore.open({ ...place, follow: false }),
        await DynamoStore.open({ ...place, follow: false }),
      ];
      const calls = await Calls.open(place);
      const told: Change[] = [];
      reader.subscribe((change) => told.push(change));
      try {
        await writer.commit(0, [{ key: "a", value: "1" }]);
        await reader.load();
        await writer.commit(1, [{ key: "b", value: "1" }]);
        await calls.send((client, options) =>
          client.updateItem(
            {
              TableName: calls.table,
              Key: { pk: { S: "log" }, sk: { S: logKey(2) } },
              UpdateExpression: "SET writes = :damaged",
              ExpressionAttributeValues: { ":damaged": { S: damaged } },
            },
            options,
          ),
        );
        await writer.commit(2, [
          { key: "a", value: undefined },
          { key: "c", value: "1" },
        ]);
        const contents = { revision: 3, records: new Map(Object.entries({ b: "1", c: "1" })) };
        assert.deepEqual(await reader.load(), contents);
        assert.deepEqual(
          told.map(({ revision, writes }) => [
            revision,
            [...writes].sort((x, y) => (x.key < y.key ? -1 : 1)),
          ]),
          [
            [1, [{ key: "a", value: "1" }]],
            [
              3,
              [
                { key: "a", value: undefined },
                { key: "b", value: "1" },
                { key: "c", value: "1" },
              ],
            ],
          ],
        );
        const started = await DynamoStore.open({ ...place, follow: false });
        assert.deepEqual(await started.load(), contents);
        await started.close();
        assert.equal(await reader.commit(3, [{ key: "d", value: "1" }]), 4);
      } finally {
        calls.close();
        await writer.close();
        await reader.close();
      }
    });
  }
});
