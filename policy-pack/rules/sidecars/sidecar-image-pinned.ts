import { rule } from "../../rule.js";
import { envoy } from "../links.js";

export const sidecarImagePinned = rule<"workload", { minimumVersion: string }>({
  name: "sidecar-image-pinned",
  title: "The proxy is the one that was tested",
  family: "sidecars",
  severity: "high",
  what: "The image of a proxy has a version or a digest, and is not older than asked for.",
  why: "A tag that moves brings another proxy with the next start of a task, and an old one has known holes.",
  remediation: ["Name the version in the image's tag, or its digest."],
  link: envoy("intro/version_history/version_history"),
  level: "mandatory",
  frameworks: [{ name: "NIST SP 800-53", version: "5", reference: "SI-2" }],
  settings: {
    minimumVersion: {
      type: "string",
      pattern: "^(\\d+(\\.\\d+)+)?$",
      default: "",
      description:
        "Oldest version of Envoy that is allowed, such as 1.36.0. Empty for any. A digest tells no version.",
    },
  },
  kinds: ["workload"],
  check({ containers }, judge) {
    judge.each(containers, [], (container) => {
      if (!container.isProxy) return;
      const { image, at } = container;
      const [named = "", digest] = image.split("@");
      const isDigest = digest !== undefined;
      const tag = /:([^/:]+)$/.exec(named)?.[1];
      if (!isDigest && (tag === undefined || moving.test(tag))) {
        judge.find(at.image, {
          message: `${image} ${tag === undefined ? "names no version" : "is whatever is newest"}`,
          fix: "name a version or a digest",
        });
        return;
      }
      const { minimumVersion } = judge.config;
      if (minimumVersion === "" || tag === undefined) return;
      const version = numbers(tag);
      if (version.length === 0) {
        if (isDigest) return;
        judge.find(at.image, {
          message: `${tag} does not tell whether it is older than ${minimumVersion}`,
          fix: "name a tag with the version, or a digest",
        });
        return;
      }
      if (!isOlder(version, numbers(minimumVersion))) return;
      judge.find(at.image, {
        message: `${tag} is older than ${minimumVersion}`,
        fix: `take ${minimumVersion} or newer`,
      });
    });
  },
});

/** Tags that another image gets with the next build, as Envoy's own `v1.36-latest` and `dev`. */
const moving = /(^|[-_.])(latest|dev|nightly|main|master|edge|stable)([-_.]|$)/;

/** Of `v1.34.13.3-prod`: 1, 34, 13, 3. */
const numbers = (version: string): readonly number[] =>
  /\d+(\.\d+)+/.exec(version)?.[0].split(".").map(Number) ?? [];

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, part] of than.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
