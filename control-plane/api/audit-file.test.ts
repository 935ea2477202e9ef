import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { AuditFile, auditInLog } from "./audit-file.js";

describe("The audit's file", () => {
  let folder: string;
  let path: string;
  let logged: Record<string, unknown>[];
  const destination = { write: (line: string) => logged.push(JSON.parse(line)) };
  const log = pino({ base: null, timestamp: false }, destination);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "appmesh-audit-"));
    path = join(folder, "audit.jsonl");
    logged = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const linesOf = (file: string) =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("is added to, for its owner alone", () => {
    new AuditFile(path, log).write({ n: 1 });
    assert.equal((statSync(path).mode & 0o777).toString(8), "600");
    const again = new AuditFile(path, log);
    again.write({ n: 2, text: "two\nlines" });
    assert.equal(again.trouble(), undefined);
    assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n":2,"text":"two\\nlines"}\n');
    assert.deepEqual(logged, []);
  });

  it("is opened anew where it was moved, and where it was deleted", () => {
    const file = new AuditFile(path, log);
    file.write({ n: 1 });
    renameSync(path, `${path}.1`);
    file.write({ n: 2 });
    file.reopen();
    file.write({ n: 3 });
    assert.deepEqual([linesOf(`${path}.1`), linesOf(path)], [[{ n: 1 }, { n: 2 }], [{ n: 3 }]]);
    rmSync(path);
    file.write({ n: 4 });
    assert.deepEqual(linesOf(path), [{ n: 4 }]);
  });

  it("keeps, and tells the log, what it cannot take, and takes it first once it can", () => {
    symlinkSync("/dev/full", path);
    const file = new AuditFile(path, log);
    file.write({ n: 1 });
    file.write({ n: 2 });
    const reason = `the audit file ${path} cannot be written: ENOSPC: no space left on device, write`;
    assert.equal(file.trouble(), reason);
    assert.deepEqual(
      logged,
      [1, 2].map((n) => ({
        level: 50,
        audit: { n },
        reason,
        msg: "a line of the audit could not be written",
      })),
    );
    rmSync(path);
    writeFileSync(path, "");
    file.reopen();
    assert.equal(file.trouble(), undefined);
    file.write({ n: 3 });
    assert.deepEqual(linesOf(path), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("ends a line that was cut before it begins another one", () => {
    let room = 12;
    const file = new AuditFile(path, log, (descriptor, bytes, offset) => {
      if (room === 0) throw new Error("no room");
      const length = Math.min(room, bytes.length - offset);
      room -= length;
      return writeSync(descriptor, bytes, offset, length);
    });
    file.write({ n: 1 });
    file.write({ n: 2 });
    assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n"');
    room = Number.POSITIVE_INFINITY;
    file.write({ n: 3 });
    assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n"\n{"n":2}\n{"n":3}\n');
  });

  it("is not opened where that is not allowed", () => {
    assert.throws(() => new AuditFile(join(folder, "none", "audit"), log), { code: "ENOENT" });
    assert.throws(() => new AuditFile(folder, log), { code: "EISDIR" });
    chmodSync(folder, 0o700);
  });

  it("is in the log instead, whatever level that has, unless it is silent", () => {
    for (const level of ["trace", "error", "silent"]) {
      const sink = auditInLog(pino({ base: null, timestamp: false, level }, destination));
      sink.write({ n: 1 });
      assert.equal(sink.trouble(), undefined);
    }
    assert.deepEqual(logged, [
      { level: 30, audit: { n: 1 }, msg: "audit" },
      { level: 30, audit: { n: 1 }, msg: "audit" },
    ]);
  });
});
