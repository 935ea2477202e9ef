// What an executable file is, by its own head: its platform, its architecture, and whether it carries a launcher.
import { readFileSync } from "node:fs";

const architectures = {
  elf: { 62: "amd64", 183: "arm64" },
  "mach-o": { 16777223: "amd64", 16777228: "arm64" },
  pe: { 34404: "amd64", 43620: "arm64" },
};
const loadCommandCodeSignature = 0x1d;

/**
 * @returns {{ os: string, arch: string, signed: boolean, launcher: boolean }} `signed`: it carries a signature, which
 *   need not be a valid one; `launcher`: it was told that a script was put into it
 */
export function inspect(file) {
  const bytes = readFileSync(file);
  const [os, arch, signed] = head(bytes);
  if (arch === undefined) throw new Error(`${file} is no executable for amd64 or arm64`);
  return { os, arch, signed, launcher: bytes.includes("NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1") };
}

function head(bytes) {
  if (bytes.length < 64) return [];
  if (bytes.readUInt32BE(0) === 0x7f454c46)
    return ["linux", architectures.elf[bytes.readUInt16LE(18)], false];
  if (bytes.readUInt32LE(0) === 0xfeedfacf)
    return ["darwin", architectures["mach-o"][bytes.readUInt32LE(4)], hasCodeSignature(bytes)];
  if (bytes.toString("latin1", 0, 2) !== "MZ") return [];
  const header = bytes.readUInt32LE(0x3c);
  if (bytes.toString("latin1", header, header + 4) !== "PE\0\0") return [];
  // The fifth of the data directories, which follow the 112 bytes of the optional header of 64 bits, is the certificates.
  const certificates = bytes.readUInt32LE(header + 24 + 112 + 4 * 8 + 4);
  return ["windows", architectures.pe[bytes.readUInt16LE(header + 4)], certificates > 0];
}

function hasCodeSignature(bytes) {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    if (bytes.readUInt32LE(at) === loadCommandCodeSignature) return true;
    at += bytes.readUInt32LE(at + 4);
  }
  return false;
}
