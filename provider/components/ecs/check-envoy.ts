import { isIP } from "node:net";
import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";
import type { Given, GivenContainer } from "./given.js";

export function* envoyViolations(given: Given): Generator<Violation> {
  const { image, concurrency, container = {} } = given.options.envoy ?? {};
  const variant = given.choice<string>("envoy", "envoy", "variant");
  yield* decidedViolations("envoy", container);
  if (container.essential === false) {
    yield violation(
      ["envoy", "container", "essential"],
      false,
      "false was given; Envoy is essential: a task whose Envoy has ended reaches nobody. Leave it out.",
    );
  }
  if (image !== undefined) yield* imageViolations(["envoy", "image"], image);
  if (variant === "envoy" && image?.includes("distroless")) {
    yield violation(
      ["envoy", "image"],
      image,
      `${JSON.stringify(image)} was given; an image with bash is allowed, of which the health check and the drain are ` +
        "made. Leave distroless- out.",
    );
  }
  if (variant === "appMesh" && concurrency !== undefined) {
    yield violation(
      ["envoy", "concurrency"],
      concurrency,
      "it was given beside the variant appMesh, whose image reads ENVOY_CONCURRENCY. Give that in " +
        "envoy.container.environment.",
    );
  }
}

export function* tracingViolations(given: Given): Generator<Violation> {
  const { tracing, envoy } = given.options;
  if (tracing === undefined) return;
  const { host, image, container = {} } = tracing;
  const tracer = given.choice<string>("otel", "tracing", "tracer");
  yield* decidedViolations("tracing", container);
  if (image !== undefined) yield* imageViolations(["tracing", "image"], image);
  for (const member of ["image", "config", "configFrom", "container"] as const) {
    if (host === undefined || tracing[member] === undefined) continue;
    yield violation(
      ["tracing", member],
      tracing[member],
      "it was given beside host; nothing is put beside Envoy where a collector or a daemon runs already. Leave one of " +
        "both out.",
    );
  }
  for (const member of ["config", "configFrom"] as const) {
    if (tracer !== "xray" || tracing[member] === undefined) continue;
    yield violation(
      ["tracing", member],
      tracing[member],
      "it was given beside the tracer xray; it is for otel. Leave it out, or change the tracer.",
    );
  }
  if (tracer === "xray" && host !== undefined && isIP(host) === 0) {
    yield violation(
      ["tracing", "host"],
      host,
      `${JSON.stringify(host)} was given; an IP address is allowed, since Envoy looks no name up for the X-Ray daemon. Give that, or ` +
        "let the tracer be otel.",
    );
  }
  if (envoy?.variant !== "appMesh") return;
  if (tracer === "otel") {
    yield violation(
      ["tracing", "tracer"],
      tracing.tracer,
      'it is "otel" beside the envoy.variant appMesh, whose image takes that from a file alone; "xray" is allowed with ' +
        "it. Or use the variant envoy.",
    );
  }
  if (host !== undefined) {
    yield violation(
      ["tracing", "host"],
      host,
      "it was given beside the envoy.variant appMesh, which looks for the daemon in its own task. Leave it out.",
    );
  }
}

/** What the mesh decides of the containers that it adds. */
const decided = {
  name: "envoy.name decides it",
  image: "IMAGE decides it",
  entryPoint: "the bootstrap is given to it",
  user: "traffic of this user is not redirected to Envoy",
} as const;

function* decidedViolations(of: "envoy" | "tracing", container: GivenContainer): Generator<Violation> {
  for (const [member, why] of Object.entries(decided)) {
    const value = container[member as keyof typeof decided];
    if (value === undefined) continue;
    const reason =
      of === "tracing" && member === "name" ? "the tracer decides it" : why.replace("IMAGE", `${of}.image`);
    yield violation([of, "container", member], value, `it was given; ${reason}. Leave it out.`);
  }
}
