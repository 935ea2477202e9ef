// The table is written by the plugin as it is released, too: a bundle, in which what is loaded lazily is a chunk of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Calls } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { claimTable } from "@pulumi-appmesh/control-plane/store/dynamodb/owner.js";
import { temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer, dynamoDbEnv } from "../support/dynamodb.js";

const bundling = fileURLToPath(new URL("../../../tools/plugin/bundle.mjs", import.meta.url));

describe("the bundled plugin", function () {
  this.timeout(180_000);

  it("has what writes to a table, apart from what it starts with", async function () {
    const server = await DynamoDbServer.start(this);
    try {
      const place = await server.table();
      const calls = await Calls.open(place);
      await claimTable(calls, { account: "111122223333", region: place.region });
      calls.close();
      const folder = temporaryFolder();
      const { bundle } = (await import(bundling)) as { bundle: (folder: string) => Promise<void> };
      await bundle(folder);
      const [chunk, ...others] = readdirSync(folder).filter((file) => file.startsWith("table-mesh-"));
      assert.ok(chunk && others.length === 0);
      const script = `
        const { TableMesh } = await import(process.argv[1]);
        const mesh = await TableMesh.open({ table: process.argv[2], region: "us-east-1" });
        const operation = { name: "create", kind: "mesh", names: [] };
        const { metadata } = await mesh.carryOut({ operation, body: { meshName: "shop" } });
        console.log(metadata.arn);
        await mesh.close();
      `;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module", "--eval", script, join(folder, chunk), place.table],
        { env: { ...process.env, ...dynamoDbEnv, AWS_ENDPOINT_URL_DYNAMODB: server.endpoint } },
      );
      assert.equal(stdout, "arn:aws:appmesh:us-east-1:111122223333:mesh/shop\n");
    } finally {
      await server.close();
    }
  });
});
