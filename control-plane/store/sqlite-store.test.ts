import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { SqliteStore } from "./sqlite-store.js";
import { StoreUnavailable } from "./store.js";
import { storeSuite } from "./store.suite.js";

storeSuite("SqliteStore", async () => {
  const folder = await mkdtemp(join(tmpdir(), "appmesh-store-"));
  return {
    open: async () => SqliteStore.open(join(folder, "made", "by", "open")),
    remove: () => rm(folder, { recursive: true }),
  };
});

describe("SqliteStore on a machine where things go wrong", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "appmesh-store-"));
    file = join(folder, "appmesh.db");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("keeps every answered commit, and no half of one, through kill -9 in mid-writes", async function () {
    this.timeout(60_000);
    const child = new URL("./sqlite-store.test.child.js", import.meta.url).pathname;
    let answered = 0;
    for (const commitsBeforeKill of [1, 7, 40, 90]) {
      const writer = spawn(process.execPath, [child, folder], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(writer, "exit");
      const target = answered + commitsBeforeKill;
      for await (const line of createInterface({ input: writer.stdout })) {
        answered = Number(line);
        if (answered === target) writer.kill("SIGKILL");
      }
      assert.deepEqual(await ended, [null, "SIGKILL"]);

      const store = SqliteStore.open(folder);
      const { revision, records } = await store.load();
      await store.close();
      assert.ok(revision >= answered, `answered ${answered}, but found revision ${revision}`);
      const whole: [string, string][] = [
        ["first", `${revision}`],
        ["last", `${revision}`],
      ];
      for (let n = 1; n <= revision; n++) whole.push([`kept-${n}`, `${n}`]);
      assert.deepEqual(records, new Map(whole));
      answered = revision;
    }
  });

  it("refuses what its disk has no room for, keeps what it has, and goes on once there is room", async function () {
    this.timeout(60_000);
    const child = new URL("./sqlite-store.test.full.js", import.meta.url).pathname;
    // The operating system lets no file of this process grow beyond the limit, as a full disk would.
    const { stdout } = await promisify(execFile)("/bin/sh", [
      "-c",
      'ulimit -f 256 && exec "$0" --disable-warning=ExperimentalWarning "$1" "$2"',
      process.execPath,
      child,
      folder,
    ]);
    const { refused, error, after } = JSON.parse(stdout);
    assert.ok(refused > 1, `only ${refused - 1} commits fitted`);
    assert.equal(error.name, "StoreUnavailable");
    assert.ok(error.message.startsWith(`${file} `), error.message);
    // Nothing of the refused commit was stored, and a small one still is.
    assert.deepEqual(after, { revision: refused, keys: refused, small: "fits" });

    const store = SqliteStore.open(folder);
    const { revision, records } = await store.load();
    assert.deepEqual([revision, records.size], [refused, refused]);
    await store.commit(revision, [{ key: "large", value: "x".repeat(500_000) }]);
    await store.close();
  });

  it("finds out that it cannot be written before a change is lost", async () => {
    const inner = join(folder, "data");
    const store = SqliteStore.open(inner);
    await store.commit(0, [{ key: "a", value: "1" }]);
    const path = join(inner, "appmesh.db");
    await rm(path);
    await assert.rejects(
      store.checkWritable(),
      new StoreUnavailable(
        `${path} was moved or deleted under this process. Put it back, or start appmesh serve again`,
      ),
    );
    await store.close();
    await assert.rejects(store.checkWritable(), StoreUnavailable);
  });

  it("finds out that its disk is full before a change is refused", async function () {
    const mount = join(folder, "small-disk");
    await mkdir(mount);
    try {
      await promisify(execFile)("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", mount]);
    } catch {
      // Only root may make a disk.
      this.skip();
    }
    try {
      const store = SqliteStore.open(mount);
      await store.checkWritable();
      await writeFile(join(mount, "another program's"), "x".repeat(2_500_000));
      await assert.rejects(store.checkWritable(), ({ name, message }: Error) => {
        assert.equal(name, "StoreUnavailable");
        assert.match(message, /appmesh\.db cannot grow: its disk has \d{1,6} bytes left\. Make room on it$/);
        return true;
      });
      await rm(join(mount, "another program's"));
      await store.checkWritable();
      await store.close();
    } finally {
      await promisify(execFile)("umount", [mount]);
    }
  });

  it("is refused to a second process", async () => {
    const store = SqliteStore.open(folder);
    assert.throws(
      () => SqliteStore.open(folder),
      new StoreUnavailable(
        `${file} is in use by another appmesh serve. Stop that one, or give another data folder, by --data DIR`,
      ),
    );
    await store.commit(0, [{ key: "still", value: "written" }]);
    await store.close();
    await SqliteStore.open(folder).close();
  });

  it("keeps its file from other users", async () => {
    const inner = join(folder, "data");
    const store = SqliteStore.open(inner);
    await store.commit(0, [{ key: "a", value: "1" }]);
    const modes = [];
    for (const path of [inner, join(inner, "appmesh.db"), join(inner, "appmesh.db-wal")]) {
      modes.push(((await stat(path)).mode & 0o777).toString(8));
    }
    assert.deepEqual(modes, ["700", "600", "600"]);
    await store.close();
  });

  it("says so where no folder can be made at all, as below /proc", async function () {
    if (process.platform !== "linux") this.skip();
    assert.throws(
      () => SqliteStore.open("/proc/none/data"),
      new StoreUnavailable(
        "the data folder /proc/none/data cannot be used: ENOENT: no such file or directory, mkdir '/proc/none'. " +
          "Give a folder that this user may create and write, by --data DIR",
      ),
    );
  });

  it("says so where the data folder cannot be made", async () => {
    const occupied = join(folder, "occupied");
    await writeFile(occupied, "a file, not a folder");
    const path = join(occupied, "data");
    assert.throws(
      () => SqliteStore.open(path),
      new StoreUnavailable(
        `the data folder ${path} cannot be used: ENOTDIR: not a directory, mkdir '${path}'. ` +
          "Give a folder that this user may create and write, by --data DIR",
      ),
    );
  });

  it("says so where its file cannot be written", async () => {
    await mkdir(file);
    assert.throws(
      () => SqliteStore.open(folder),
      new StoreUnavailable(
        `the data folder ${folder} cannot be used: EISDIR: illegal operation on a directory, open '${file}'. ` +
          "Give a folder that this user may create and write, by --data DIR",
      ),
    );
  });

  it("does not take what is no database for a store, and leaves it as it is", async () => {
    await writeFile(file, "no database\n".repeat(100));
    assert.throws(
      () => SqliteStore.open(folder),
      new StoreUnavailable(
        `${file} is damaged (file is not a database). Put a backup in its place, or move it away to start with an empty store`,
      ),
    );
    assert.equal(await readFile(file, "utf8"), "no database\n".repeat(100));
  });

  it("finds damage when it is opened", async () => {
    const store = SqliteStore.open(folder);
    await store.commit(
      0,
      Array.from({ length: 500 }, (_, n) => ({ key: `${n}`, value: "x".repeat(500) })),
    );
    await store.close();
    await truncate(file, Math.floor((await stat(file)).size / 8192) * 4096);
    assert.throws(
      () => SqliteStore.open(folder),
      (error: Error) => {
        assert.equal(error.name, "StoreUnavailable");
        assert.ok(error.message.startsWith(`${file} is damaged (`), error.message);
        return true;
      },
    );
  });

  it("leaves another program's database alone", async () => {
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (x)");
    other.close();
    const before = await readFile(file);
    assert.throws(
      () => SqliteStore.open(folder),
      new StoreUnavailable(
        `${file} is a database of another program. Give another data folder, by --data DIR, or move the file away`,
      ),
    );
    assert.deepEqual(await readFile(file), before);
  });

  it("does not touch what a newer version wrote", async () => {
    await SqliteStore.open(folder).close();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 9");
    db.close();
    assert.throws(
      () => SqliteStore.open(folder),
      new StoreUnavailable(
        `${file} was written by a newer appmesh (its schema is 9, this program knows up to 1). ` +
          "Run that version or a later one, or give another data folder, by --data DIR",
      ),
    );
  });
});
