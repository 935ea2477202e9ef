// `appmesh table create`, and tables that another program has.
import assert from "node:assert/strict";
import { DynamoDB } from "@pulumi-appmesh/control-plane/store/dynamodb/sdk.js";
import { runAppmesh, temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";

describe("A DynamoDB table", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let client: DynamoDB;
  before(async function () {
    server = await DynamoDbServer.start(this);
    client = new DynamoDB({ region: "us-east-1", endpoint: server.endpoint });
  });
  after(async () => {
    client?.destroy();
    await server?.close();
  });

  /** Makes a table as another program has it, with keys of these types. */
  async function makeForeign(TableName: string, keys: Readonly<Record<string, "S" | "N">>) {
    const names = Object.keys(keys);
    await client.createTable({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: Object.entries(keys).map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: names.map((AttributeName, n) => ({ AttributeName, KeyType: n === 0 ? "HASH" : "RANGE" })),
    });
  }
  const on = (table: string) => ["--table", table, "--dynamodb-endpoint", server.endpoint];
  const where = (table: string) => `the DynamoDB table ${table} in us-east-1 at ${server.endpoint}`;
  const endsItems = async (TableName: string) =>
    (await client.describeTimeToLive({ TableName })).TimeToLiveDescription?.TimeToLiveStatus;

  it("is made once, and made so again changes nothing", async () => {
    const create = () => runAppmesh("table", ["create", ...on("meshes")]);
    assert.deepEqual(await create(), {
      code: 0,
      stdout: "table meshes in us-east-1 is made\n",
      stderr: "",
    });
    const again = { code: 0, stdout: "table meshes in us-east-1 is as it should be\n", stderr: "" };
    assert.deepEqual(await create(), again);
    assert.equal(await endsItems("meshes"), "ENABLED");
    const created = await runAppmesh("keys", ["create", ...on("meshes")]);
    assert.equal(created.code, 0, created.stderr);
    assert.deepEqual(await create(), again);
  });

  for (const [table, keys, shown] of [
    ["orders", { id: "S" }, "id (S)"],
    ["readings", { pk: "N", sk: "S" }, "pk (N) and sk (S)"],
  ] as const) {
    it(`of another program is left alone, whose keys are ${shown}`, async () => {
      await makeForeign(table, keys);
      assert.deepEqual(await runAppmesh("table", ["create", ...on(table)]), {
        code: 1,
        stdout: "",
        stderr:
          `appmesh table: ${where(table)} is another program's: its keys are ${shown}, and not pk (S) and sk (S). ` +
          "Nothing of it was changed. Give another one, by --table NAME\n",
      });
      assert.equal(await endsItems(table), "DISABLED");
      const uses: [string, string[]][] = [
        ["serve", ["--api", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--data", temporaryFolder()]],
        ["export", []],
        ["keys", ["list"]],
      ];
      for (const [command, args] of uses) {
        const { code, stdout, stderr } = await runAppmesh(command, [...args, ...on(table)]);
        assert.deepEqual([code, stdout], [1, ""]);
        // What DynamoDB says of it differs between AWS's and the local one.
        assert.ok(
          stderr.startsWith(
            `appmesh ${command}: ${where(table)} is another program's: its keys are not pk (S) and sk (S) (`,
          ) && stderr.endsWith("). Give another one, by --table NAME\n"),
          stderr,
        );
      }
    });
  }

  it("of another program is left alone, whose keys are the same", async () => {
    await makeForeign("users", { pk: "S", sk: "S" });
    await client.putItem({
      TableName: "users",
      Item: { pk: { S: "USER#1" }, sk: { S: "PROFILE" }, expires: { N: "1" } },
    });
    assert.deepEqual(await runAppmesh("table", ["create", ...on("users")]), {
      code: 1,
      stdout: "",
      stderr:
        `appmesh table: ${where("users")} is another program's: it holds items, and none of a control plane. ` +
        "Nothing of it was changed. Give another one, by --table NAME\n",
    });
    assert.equal(await endsItems("users"), "DISABLED");
  });
});
