import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { FaultyDynamoDb } from "../support/dynamodb-faults.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/replicas.md", import.meta.url)), "utf8");
const bin = dirname(fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url)));
const run = promisify(execFile);

/** The code block that follows a comment. */
const block = (comment: string): string =>
  new RegExp(`<!-- ${comment} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(text)?.[1] ?? assert.fail(comment);

describe("docs/replicas.md", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let counted: FaultyDynamoDb;
  let options: { cwd: string; env: NodeJS.ProcessEnv };
  before(async function () {
    server = await DynamoDbServer.start(this);
    counted = await FaultyDynamoDb.start(server.endpoint);
    const path = `${bin}:${dirname(process.execPath)}:${process.env.PATH}`;
    options = {
      cwd: temporaryFolder(),
      env: { ...process.env, PATH: path, AWS_ENDPOINT_URL_DYNAMODB: counted.endpoint },
    };
  });
  after(async () => {
    await counted?.leave();
    await server?.close();
  });

  it("tells how to start, and what that needs to be allowed", async () => {
    const [make = "", key = "", serve = ""] = block("run").trimEnd().split("\n");
    await run("sh", ["-ec", make], options);
    const { stdout } = await run("sh", ["-ec", key], options);
    const { accessKeyId, secretAccessKey } = JSON.parse(stdout).accessKey;
    assert.match(`${accessKeyId} ${secretAccessKey}`, /^\w{16,} \S{20,}$/);
    counted.asked.clear();
    const child = spawn("sh", ["-ec", `exec ${serve} --api 127.0.0.1:0 --xds 127.0.0.1:0`], {
      ...options,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(child, "exit");
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        assert.match(line, /^ready api=\S+ xds=\S+ table=meshes$/);
        break;
      }
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
    // IAM asks for the actions that are in a transaction, and not for one of the transaction itself.
    const transactions = ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
    const asked = [...counted.asked.keys()].flatMap((name) =>
      name === "TransactWriteItems" ? transactions : [name],
    );
    const allowed: string[] = JSON.parse(block("policy")).Action;
    assert.deepEqual(
      allowed,
      [...new Set([...asked, ...transactions])].sort().map((name) => `dynamodb:${name}`),
    );
  });

  it("tells how to bring everything elsewhere", async () => {
    const made = await DynamoStore.open({
      table: "meshes",
      region: "us-east-1",
      endpoint: server.endpoint,
      follow: false,
    });
    await made.close();
    await run("sh", ["-ec", "appmesh table create --table meshes-2"], options);
    const { stdout } = await run("sh", ["-ec", block("backup")], options);
    assert.match(
      stdout,
      /^0 records of revision 1 are at revision 1\n0 records of revision 1 are at revision 1\n$/,
    );
  });
});
