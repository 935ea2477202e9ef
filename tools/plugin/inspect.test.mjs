import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "./inspect.mjs";
import { ownTarget } from "./targets.mjs";

describe("what an executable is", () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "inspect-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (write) => {
    const bytes = Buffer.alloc(512);
    write(bytes);
    const path = join(folder, "program");
    writeFileSync(path, bytes);
    return path;
  };
  const elf = (machine) =>
    file((bytes) => {
      bytes.write("\x7fELF", "latin1");
      bytes.writeUInt16LE(machine, 18);
    });
  const machO = (cpu, commands) =>
    file((bytes) => {
      bytes.writeUInt32LE(0xfeedfacf, 0);
      bytes.writeUInt32LE(cpu, 4);
      bytes.writeUInt32LE(commands.length, 16);
      commands.forEach((command, index) => {
        bytes.writeUInt32LE(command, 32 + index * 16);
        bytes.writeUInt32LE(16, 36 + index * 16);
      });
    });
  const pe = (machine, certificates) =>
    file((bytes) => {
      bytes.write("MZ", "latin1");
      bytes.writeUInt32LE(0x80, 0x3c);
      bytes.write("PE\0\0", 0x80, "latin1");
      bytes.writeUInt16LE(machine, 0x84);
      bytes.writeUInt32LE(certificates, 0x80 + 24 + 112 + 36);
      bytes.write("NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1", 400, "latin1");
    });

  it("is read from the file itself, for each platform and architecture", () => {
    const plain = { signed: false, launcher: false };
    assert.deepEqual(inspect(elf(0x3e)), { os: "linux", arch: "amd64", ...plain });
    assert.deepEqual(inspect(elf(0xb7)), { os: "linux", arch: "arm64", ...plain });
    assert.deepEqual(inspect(machO(0x01000007, [0x19, 0x02])), { os: "darwin", arch: "amd64", ...plain });
    const signed = { signed: true, launcher: false };
    assert.deepEqual(inspect(machO(0x0100000c, [0x19, 0x1d])), { os: "darwin", arch: "arm64", ...signed });
    assert.deepEqual(inspect(pe(0x8664, 0)), { os: "windows", arch: "amd64", signed: false, launcher: true });
    assert.deepEqual(inspect(pe(0xaa64, 9)), { os: "windows", arch: "arm64", signed: true, launcher: true });
  });

  it("is right for the Node that runs this", () => {
    const { os, arch } = ownTarget();
    const found = inspect(process.execPath);
    assert.deepEqual([found.os, found.arch, found.launcher], [os, arch, false]);
  });

  it("is nothing for what is no executable, or one for another processor", () => {
    for (const path of [elf(0x28), file(() => {}), new URL(import.meta.url).pathname]) {
      assert.throws(() => inspect(path), { message: `${path} is no executable for amd64 or arm64` });
    }
  });
});
