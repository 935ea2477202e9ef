import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { ReplaceableTable } from "@pulumi-appmesh/control-plane/store/dynamodb/replace-all.js";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { SqliteStore } from "@pulumi-appmesh/control-plane/store/sqlite-store.js";
import type { Change } from "@pulumi-appmesh/control-plane/store/store.js";
import { runAppmesh, startControlPlane, temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { FaultyDynamoDb } from "../support/dynamodb-faults.js";

const appmesh = fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url));
const root = { accessKeyId: "AKIABACKUP", secretAccessKey: "a-secret-of-the-environment" };

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not within 30 seconds: ${what}`);
  }
}

describe("Backups", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  before(async function () {
    server = await DynamoDbServer.start(this);
  });
  after(() => server?.close());
  const of = ({ table, endpoint = "" }: TablePlace) => ["--table", table, "--dynamodb-endpoint", endpoint];
  const run = async (command: string, ...args: string[]) => {
    const { code, stdout, stderr } = await runAppmesh(command, args);
    return code === 0 && stderr === "" ? stdout : `${code} ${stderr}`;
  };

  /** A folder in which a control plane has written something, its export, and one that says who may call. */
  let data: string;
  let plain: string;
  let whole: string;
  let secret: string;
  before(async () => {
    data = temporaryFolder();
    const controlPlane = await startControlPlane({ data, accessKey: root });
    const put = async (path: string, body: object) =>
      assert.equal((await controlPlane.call("PUT", path, body)).status, 200);
    await put("/v20190125/meshes", { meshName: "shop", tags: [{ key: "team", value: "ü 漢字 🦀" }] });
    await put("/v20190125/meshes/shop/virtualNodes", { virtualNodeName: "web", spec: {} });
    await put("/v1/meshes/shop/settings", { defaultRetries: false });
    secret = (await controlPlane.call("POST", "/v1/access-keys", {})).body.accessKey.secretAccessKey;
    await controlPlane.stop();
    plain = join(data, "plain.jsonl");
    whole = join(data, "whole.jsonl");
    await writeFile(whole, "of another one, which everybody may read", { mode: 0o644 });
    await writeFile(plain, await run("export", "--data", data));
    assert.equal(await run("export", "--data", data, "--output", whole, "--with-identity"), "");
  });

  it("have each record as it was written, and who may call only where that is asked for", async () => {
    const lines = (await readFile(plain, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines.slice(0, 1), [
      { format: "appmesh-export", version: 1, revision: 4, identity: false, records: 3 },
    ]);
    assert.deepEqual(
      lines.slice(1).map(({ key, value }) => [key, value.spec ?? value]),
      [
        ["000000000000/mesh/shop", {}],
        ["000000000000/mesh/shop/settings", { defaultRetries: false }],
        ["000000000000/mesh/shop/virtualNode/web", {}],
      ],
    );
    assert.ok(!(await readFile(plain, "utf8")).includes(secret));
    assert.ok((await readFile(whole, "utf8")).includes(secret));
    assert.equal(((await stat(whole)).mode & 0o777).toString(8), "600");
    assert.equal(
      await run("export", "--data", data, "--with-identity"),
      "1 appmesh export: --with-identity writes secrets, which have no place on a terminal or in a log: give a file, by --output FILE\n",
    );
  });

  it("go from a folder to a table and back, to the last byte", async () => {
    const place = await server.table();
    assert.equal(
      await run("import-data", whole, ...of(place)),
      "4 records of revision 4 are at revision 1\n",
    );
    const back = join(temporaryFolder(), "back.jsonl");
    assert.equal(await run("export", ...of(place), "--output", back, "--with-identity"), "");
    const records = (text: string) => text.split("\n").slice(1);
    assert.deepEqual(records(await readFile(back, "utf8")), records(await readFile(whole, "utf8")));
    const folder = temporaryFolder();
    assert.equal(
      await run("import-data", back, "--data", folder),
      "4 records of revision 1 are at revision 1\n",
    );
    const [one, two] = [SqliteStore.open(data), SqliteStore.open(folder)];
    assert.deepEqual((await two.load()).records, (await one.load()).records);
    await Promise.all([one.close(), two.close()]);
  });

  it("leave the last one as it was where there is no room for the next", async () => {
    const [folder, full] = [temporaryFolder(), temporaryFolder()];
    const file = join(folder, "all.jsonl");
    assert.equal(await run("export", "--data", data, "--output", file), "");
    const before = await readFile(file, "utf8");
    const store = SqliteStore.open(full);
    const large = Array.from({ length: 40 }, (_, n) => ({
      key: `${n}`,
      value: JSON.stringify("x".repeat(20_000)),
    }));
    await store.commit(0, large);
    await store.close();
    // The operating system lets no file of this process grow beyond the limit, as a full disk would.
    const limited = await promisify(execFile)("/bin/sh", [
      ...["-c", 'ulimit -f 256 && exec "$0" "$@"', appmesh, "export"],
      ...["--data", full, "--output", file],
    ]).catch((error: { code: number; stderr: string }) => error);
    assert.deepEqual(
      ["code" in limited && limited.code, limited.stderr],
      [1, `appmesh export: ${file} cannot be written: EFBIG: file too large, write\n`],
    );
    assert.equal(await readFile(file, "utf8"), before);
    assert.deepEqual(await readdir(folder), ["all.jsonl"]);
    // What is no file, and so cannot be put in the place of another.
    assert.equal(
      await run("export", "--data", data, "--output", "/dev/full"),
      "1 appmesh export: /dev/full cannot be written: ENOSPC: no space left on device, write\n",
    );
    const printed = await promisify(execFile)("/bin/sh", [
      ...["-c", '"$0" "$@" > /dev/full', appmesh, "export", "--data", full],
    ]).catch((error: { code: number; stderr: string }) => error);
    assert.deepEqual(
      ["code" in printed && printed.code, printed.stderr],
      [1, "appmesh export: standard output cannot be written: ENOSPC: no space left on device, write\n"],
    );
    const link = join(folder, "latest.jsonl");
    await symlink(file, link);
    assert.equal(await run("export", "--data", full, "--output", link), "");
    assert.equal((await readFile(file, "utf8")).split("\n").length, 42);
    assert.ok((await lstat(link)).isSymbolicLink());
  });

  it("are none of a folder in which no control plane has written, which is not made", async () => {
    const folder = join(temporaryFolder(), "mistyped");
    const none = (command: string) =>
      `1 appmesh ${command}: no control plane has written into ${folder}: there is no appmesh.db in it. Name the folder that ` +
      "appmesh serve has, by --data DIR\n";
    assert.equal(await run("export", "--data", folder), none("export"));
    assert.equal(await run("keys", "list", "--data", folder), none("keys"));
    assert.equal(await run("keys", "revoke", "--data", folder, "AKIA"), none("keys"));
    assert.equal(await run("keys", "rotate", "--data", folder, "AKIA"), none("keys"));
    assert.equal(existsSync(folder), false);
    // The first key is made before the control plane is started.
    assert.equal(JSON.parse(await run("keys", "create", "--data", folder)).accessKey.description, "");
  });

  it("replace what a store holds only where that is said, and leave who may call", async () => {
    const place = await server.table();
    const follower = await DynamoStore.open(place);
    const heard: Change[] = [];
    follower.subscribe((change) => heard.push(change));
    await follower.commit(0, [
      { key: "identity/access-keys/AKIAOTHER", value: '{"secretAccessKey":"kept"}' },
      { key: "000000000000/mesh/old", value: "{}" },
    ]);
    assert.equal(
      await run("import-data", plain, ...of(place)),
      "1 appmesh import-data: the store holds 2 records. Give an empty one, or replace what it holds, by --replace\n",
    );
    assert.equal(
      await run("import-data", plain, "--replace", ...of(place)),
      "3 records of revision 4 are at revision 2\n",
    );
    await until("who follows has it", () => follower.revision === 2);
    assert.deepEqual(
      heard.map(({ revision, writes }) => [
        revision,
        writes.map(({ key, value }) => [key, value === undefined]).sort(),
      ]),
      [
        [
          1,
          [
            ["000000000000/mesh/old", false],
            ["identity/access-keys/AKIAOTHER", false],
          ].sort(),
        ],
        [
          2,
          [
            ["000000000000/mesh/old", true],
            ["000000000000/mesh/shop", false],
            ["000000000000/mesh/shop/settings", false],
            ["000000000000/mesh/shop/virtualNode/web", false],
          ],
        ],
      ],
    );
    assert.equal(await follower.commit(2, [{ key: "after", value: "1" }]), 3);
    await follower.close();
    const anew = await DynamoStore.open({ ...place, follow: false });
    assert.deepEqual([...(await anew.load()).records.keys()].sort(), [
      "000000000000/mesh/shop",
      "000000000000/mesh/shop/settings",
      "000000000000/mesh/shop/virtualNode/web",
      "after",
      "identity/access-keys/AKIAOTHER",
    ]);
    await anew.close();
  });

  it("are all there or not at all, and finished by the same command where they were interrupted", async () => {
    const place = await server.table();
    const faulty = await FaultyDynamoDb.start(server.endpoint);
    const follower = await DynamoStore.open(place);
    await follower.commit(0, [{ key: "before", value: "1" }]);
    const many = new Map(Array.from({ length: 250 }, (_, n) => [`many-${n}`, "x".repeat(2_000)]));
    const interrupted = await ReplaceableTable.open({ ...place, endpoint: faulty.endpoint }, 1_000);
    // Two of its four transactions are made.
    faulty.faults = { slowMilliseconds: 150, only: ["TransactWriteItems"] };
    const replaced = interrupted.replace(() => many).catch((error) => error);
    await until("it is at it", () => (faulty.asked.get("TransactWriteItems") ?? 0) >= 3);
    await faulty.leave();
    await interrupted.close();
    try {
      await until("who follows knows", () => follower.trouble !== undefined);
      assert.deepEqual([...(await follower.load()).records.keys()], ["before"]);
      await assert.rejects(
        follower.commit(1, [{ key: "lost", value: "1" }]),
        ({ name, message }: Error) =>
          name === "StoreUnavailable" &&
          message ===
            `an import into the DynamoDB table ${place.table} is under way: changes are taken once it is done`,
      );
      await assert.rejects(DynamoStore.open(place), ({ message }: Error) =>
        message.endsWith("was interrupted: run the same appmesh import-data again, which finishes it"),
      );
      const seen: boolean[] = [];
      const again = await ReplaceableTable.open(place);
      assert.equal(
        await again.replace((_, isUnfinished) => {
          seen.push(isUnfinished);
          return many;
        }),
        2,
      );
      await again.close();
      assert.deepEqual(seen, [true]);
      await until("who follows has it", () => follower.revision === 2);
      assert.deepEqual((await follower.load()).records.size, 250);
    } finally {
      await follower.close();
    }
    assert.ok((await replaced) instanceof Error);
  });

  it("are refused where they are no backups, are cut off, or hold what cannot be served", async () => {
    const text = await readFile(plain, "utf8");
    const lines = text.trimEnd().split("\n");
    const [head = "", mesh = "", settings = "", node = ""] = lines;
    const file = join(temporaryFolder(), "bad.jsonl");
    const cases: [string, string][] = [
      ["{}", 'line 1: this is no export of a mesh; those begin with {"format":"appmesh-export"'],
      [
        head.replace('"version":1', '"version":2'),
        "line 1: version 2 of the format is not known here, which is 1. Use the appmesh that made it, or a later one",
      ],
      [
        lines.slice(0, 3).join("\n"),
        "2 records follow line 1, which says that there are 3: the file is cut off, or was changed",
      ],
      [[head, mesh, settings, "{"].join("\n"), "line 4: it is no JSON object"],
      [[head, mesh, mesh, node].join("\n"), 'line 3: there is a record "000000000000/mesh/shop" already'],
      [
        [head, mesh, settings, '{"key":"identity/access-keys/AKIA","value":{}}'].join("\n"),
        "line 4: line 1 says that there is nothing of identity in it, which identity/access-keys/AKIA is",
      ],
      [
        [head, mesh, settings, '{"key":"other","value":{}}'].join("\n"),
        "other: this is the key of nothing that a control plane knows",
      ],
      [
        [head, mesh, settings, node.replace('"spec":{}', '"spec":{"listener":[]}')].join("\n"),
        '000000000000/mesh/shop/virtualNode/web: spec.listener: "listener" is not a member of VirtualNodeSpec; listeners, ' +
          "serviceDiscovery, backends, backendDefaults and logging are allowed. Did you mean listeners?",
      ],
      [
        [head.replace('"records":3', '"records":1'), node].join("\n"),
        "000000000000/mesh/shop/virtualNode/web: 000000000000/mesh/shop, in which it lives, is not among the records",
      ],
    ];
    const folder = temporaryFolder();
    for (const [bad, why] of cases) {
      await writeFile(file, bad);
      assert.equal(await run("import-data", file, "--data", folder), `1 appmesh import-data: ${why}\n`);
    }
    assert.equal(
      await run("import-data", plain),
      "1 appmesh import-data: no store was given: name one by --data DIR or by --table NAME\n",
    );
    const store = SqliteStore.open(folder);
    assert.equal((await store.load()).revision, 0);
    await store.close();
  });
});
