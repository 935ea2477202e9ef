import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "./check.js";

/** An image without a tag is whatever its owner pushed last: two tasks of one definition, or two pods, would not be the same. */
export function* imageViolations(
  path: Path,
  image: string,
  runners: "tasks" | "pods" = "tasks",
): Generator<Violation> {
  const name = image.slice(image.lastIndexOf("/") + 1);
  if (name.includes(":") || name.includes("@")) return;
  yield violation(
    path,
    image,
    `${JSON.stringify(image)} was given; an image with a tag or a digest is allowed, as ${image}:1.0 or ` +
      `${image}@sha256:…, so that all ${runners} run the same.`,
  );
}
