// What a sidecar is told wherever it runs. A task of ECS and a pod each add what only they have.
import {
  accountId,
  boolean,
  enumeration,
  integer,
  map,
  number,
  optional,
  portNumber,
  required,
  resourceName,
  string,
} from "@pulumi-appmesh/model";
import { image, text } from "../shapes.js";

/** What Envoy runs in; enumerations of an SDK have its name before theirs. */
type Runner = "task" | "pod";
const prefixes = { task: "Task", pod: "Pod" } as const;

export const meshMembers = {
  meshName: required(resourceName, "Name of the mesh."),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account.",
  ),
} as const;

const hostName = string({
  minLength: 1,
  maxLength: 253,
  pattern: {
    regex: /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$/,
    says: "that is a host name or an address, without scheme and port",
  },
});

export const controlPlaneMembers = {
  host: required(hostName, "Host name or address of the control plane's xDS server."),
  port: optional(portNumber, "Its port. Defaults to 18000."),
  serverName: optional(hostName, "Name that its certificate must have. Defaults to the host."),
  trust: optional(text, "The authorities that may have signed its certificate, as PEM. They are no secret."),
  plaintext: optional(
    boolean(),
    "Whether the connection is not encrypted, in a network where nobody else is. Then nothing proves who the proxy is. " +
      "Defaults to false.",
  ),
} as const;

export const controlPlaneDoc = (runner: Runner): string =>
  `Where the Envoy of a ${runner} finds the control plane, and how the two prove who they are. The connection is TLS, and ` +
  "the control plane's certificate is checked: against the public authorities that the image knows, or against trust or " +
  "trustFrom.";

export const appPorts = optional(
  map(portNumber),
  "By port of the virtual node's listener, the port on 127.0.0.1 where the application listens instead. Only for " +
    "explicit, which needs one for each listener.",
);

export const explicitDoc =
  "It is not redirected: Envoy listens on the ports of the virtual node, the application on others, and calls " +
  "through an HTTP proxy.";

export const envoyMembers = (runner: Runner) => ({
  logLevel: optional(
    enumeration(`${prefixes[runner]}EnvoyLogLevel`, "Least severe messages that Envoy logs.", {
      trace: "Everything.",
      debug: "Much for looking for a mistake.",
      info: "What happens.",
      warning: "What may be wrong.",
      error: "What is wrong.",
      critical: "What ends it.",
      off: "Nothing.",
    }),
    "Least severe messages that are logged. Defaults to warning.",
  ),
  concurrency: optional(
    integer({ min: 1, max: 128 }),
    `Threads that serve traffic. Defaults to 2, as other meshes have it.${runner === "task" ? " Not for the variant appMesh." : ""}`,
  ),
  adminPort: optional(portNumber, "Port of the admin interface on 127.0.0.1. Defaults to 9901."),
});

export const tracingMembers = (runner: Runner) => ({
  tracer: optional(
    enumeration(`${prefixes[runner]}Tracer`, `What takes the traces of a ${runner}.`, {
      otel: "An OpenTelemetry collector: AWS's own (ADOT), which passes traces on to X-Ray.",
      xray: "The X-Ray daemon. AWS ends its support on 2027-02-25: choose otel, which reaches X-Ray, too.",
    }),
    "What takes the traces. Defaults to otel.",
  ),
  samplingRate: optional(
    number({ min: 0, max: 1 }),
    "Share of the requests without a decision of their caller's that are traced, 0 to 1. Defaults to 0.05.",
  ),
  segmentName: optional(
    text,
    "Name of the proxy in traces. Defaults to the mesh and the virtual node or gateway, as shop/catalog.",
  ),
  host: optional(
    text,
    "Where a collector (OTLP by gRPC) or daemon runs already. Then none is put beside Envoy. An X-Ray daemon is named " +
      "by its IP address.",
  ),
  port: optional(portNumber, "Its port. Defaults to 4317 of a collector and 2000 of a daemon."),
  image: optional(image, "Image of the collector or daemon beside Envoy, with a tag or a digest."),
  config: optional(
    text,
    "Configuration of the collector beside Envoy, as YAML. Defaults to one that takes OTLP on 127.0.0.1 and passes traces " +
      `on to X-Ray.${runner === "task" ? " It must have the extension health_check." : ""} Only for otel.`,
  ),
});
