import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { defaultAdminPort } from "../sidecar/defaults.js";
import { tracerPorts } from "../sidecar/tracing.js";
import type { Given, GivenContainer } from "./given.js";
import { tcpPorts } from "./plan.js";

/** A port on which a container of the mesh listens. */
interface MeshPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly by: string;
  /** Where it was given, if it was. */
  readonly path: Path;
  /** How it may be had all the same. */
  readonly way: string;
}

/** All containers of a task share one network: no port can be listened on twice. */
export function* portViolations(given: Given): Generator<Violation> {
  const { options, containers } = given;
  yield* lowPortViolations(given);
  if (
    options.virtualGateway !== undefined &&
    options.listenerPorts === undefined &&
    !given.isOpen("listenerPorts")
  ) {
    yield violation(
      ["listenerPorts"],
      undefined,
      "nothing was given; it is required for a virtual gateway: the ports of its listeners.",
    );
  }
  yield* ambiguityViolations(given);
  const taken = new Map<string, { readonly by: string; readonly way: string }>();
  for (const { port, protocol, by, path, way } of meshPorts(given)) {
    const before = taken.get(`${port}/${protocol}`);
    if (before === undefined) taken.set(`${port}/${protocol}`, { by, way });
    else
      yield violation(
        path,
        port,
        `${port} was given for ${by}, and is the port of ${before.by}; each has its own. Give one of both another.`,
      );
  }
  yield* listenerViolations(given, taken);
  for (const [index, container] of containers.entries()) {
    for (const [at, { containerPort: port, protocol = "tcp" } = {}] of (
      container?.portMappings ?? []
    ).entries()) {
      if (port === undefined) continue;
      const before = taken.get(`${port}/${protocol}`);
      if (before !== undefined) {
        yield violation(
          ["containerDefinitions", index, "portMappings", at, "containerPort"],
          port,
          `${port} was given, the port of ${before.by}; the containers of a task share their ports. ${before.way}`,
        );
      } else {
        const by = `the container ${JSON.stringify(container?.name ?? index)}`;
        taken.set(`${port}/${protocol}`, { by, way: "Let one of them listen elsewhere." });
      }
    }
  }
  for (const [index, container] of containers.entries()) {
    for (const [at, mapping] of (container?.portMappings ?? []).entries())
      yield* rangeViolations(mapping, ["containerDefinitions", index, "portMappings", at], taken, given);
  }
}

/** What ECS or an init container redirects is the application's, and no port of Envoy's. */
function* listenerViolations(
  given: Given,
  taken: ReadonlyMap<string, { readonly by: string; readonly way: string }>,
): Generator<Violation> {
  const { listenerPorts = [], virtualNode, virtualGateway } = given.options;
  if (virtualNode === undefined || virtualGateway !== undefined || given.isOpen("virtualGateway")) return;
  if (given.mode === undefined || given.mode === "explicit") return;
  for (const [index, port] of listenerPorts.entries()) {
    if (port === undefined) continue;
    const before = taken.get(`${port}/tcp`);
    const first = listenerPorts.indexOf(port);
    if (before === undefined && first === index) continue;
    yield violation(
      ["listenerPorts", index],
      port,
      before === undefined
        ? `${port} was given, as in listenerPorts[${first}]; each port is allowed once. Leave one of both out.`
        : `${port} was given, the port of ${before.by}; another is allowed. ${before.way}`,
    );
  }
}

/** Several ports in a row, of which none is another's. */
function* rangeViolations(
  mapping: NonNullable<GivenContainer["portMappings"]>[number],
  path: Path,
  taken: ReadonlyMap<string, { readonly by: string; readonly way: string }>,
  given: Given,
): Generator<Violation> {
  const { containerPort, containerPortRange: range, protocol = "tcp" } = mapping ?? {};
  if (given.isOpen(...path)) return;
  if ((containerPort === undefined) === (range === undefined)) {
    yield violation(
      [...path, "containerPort"],
      containerPort,
      `${range === undefined ? "nothing was given" : "it was given beside containerPortRange"}; exactly one of containerPort and ` +
        "containerPortRange is required.",
    );
    return;
  }
  if (range === undefined) return;
  const at = [...path, "containerPortRange"];
  const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(range) ?? []).map(Number);
  if (first < 1 || first >= last || last > 65535) {
    yield violation(
      at,
      range,
      `${JSON.stringify(range)} was given; the first and the last of several ports are allowed, as 8000-8010.`,
    );
    return;
  }
  for (const [key, { by }] of taken) {
    const [port, of] = key.split("/");
    if (of !== protocol || Number(port) < first || Number(port) > last) continue;
    yield violation(
      at,
      range,
      `${range} was given, and ${port} is the port of ${by}; the containers of a task share their ports. Leave it out of the range.`,
    );
  }
}

/** What comes to a port that no listener has would be lost in Envoy: a port for metrics, for example. */
function* ambiguityViolations(given: Given): Generator<Violation> {
  const { listenerPorts, virtualNode } = given.options;
  if (virtualNode === undefined || listenerPorts !== undefined || given.isOpen("listenerPorts")) return;
  if (given.mode === undefined || given.mode === "explicit") return;
  const containers = given.containers.filter((container) => container !== undefined);
  const ranges = containers.flatMap(({ portMappings = [] }) =>
    portMappings.flatMap(({ containerPortRange, protocol = "tcp" } = {}) =>
      containerPortRange === undefined || protocol !== "tcp" ? [] : [containerPortRange],
    ),
  );
  const ports = [...tcpPorts(containers), ...ranges];
  if (ports.length < 2 && ranges.length === 0) return;
  yield violation(
    ["listenerPorts"],
    undefined,
    `nothing was given; it is required, since the containers have several TCP ports, ${ports.join(", ")}: those of them ` +
      "that the virtual node's listeners have. What comes to the others goes past Envoy.",
  );
}

const elsewhere = "Let the application listen elsewhere";

function meshPorts(given: Given): readonly MeshPort[] {
  const { listenerPorts = [], virtualGateway } = given.options;
  const tcp = (port: number, by: string, path: Path = [], way = `${elsewhere}.`): MeshPort => ({
    port,
    protocol: "tcp",
    by,
    path,
    way,
  });
  const gateway = virtualGateway !== undefined || given.isOpen("virtualGateway");
  const explicit = given.mode === "explicit";
  const redirected = !gateway && given.mode !== undefined && !explicit;
  const adminPort = given.choice(defaultAdminPort, "envoy", "adminPort");
  return [
    ...(gateway ? [] : [tcp(egressPort, "Envoy for what goes out")]),
    ...(redirected ? [tcp(ingressPort, "Envoy for what comes in")] : []),
    ...(adminPort === undefined
      ? []
      : [
          tcp(
            adminPort,
            "Envoy's admin interface",
            ["envoy", "adminPort"],
            `${elsewhere}, or give envoy.adminPort.`,
          ),
        ]),
    ...tracerListens(given),
    ...(gateway || explicit ? listenerPorts : []).flatMap((port, index) =>
      port === undefined
        ? []
        : [
            tcp(
              port,
              gateway ? "a listener of the virtual gateway" : "Envoy for a listener of the virtual node",
              ["listenerPorts", index],
              gateway
                ? `${elsewhere}.`
                : "Let the application listen on the port that interception.appPorts has for it.",
            ),
          ],
    ),
  ];
}

function tracerListens(given: Given): readonly MeshPort[] {
  const { tracer } = given;
  if (tracer === undefined) return [];
  const use = (port: number | undefined, by: string, protocol: "tcp" | "udp" = "tcp"): readonly MeshPort[] =>
    port === undefined ? [] : [{ port, protocol, by, path: ["tracing", "port"], way: `${elsewhere}.` }];
  if (tracer === "xray")
    return use(given.choice<number>(tracerPorts.daemon, "tracing", "port"), "the X-Ray daemon", "udp");
  const { config, configFrom } = given.options.tracing ?? {};
  const own =
    config ?? configFrom ?? (given.isOpen("tracing", "config") || given.isOpen("tracing", "configFrom"));
  return [
    ...use(given.choice<number>(tracerPorts.grpc, "tracing", "port"), "the collector"),
    ...(own
      ? []
      : [
          ...use(tracerPorts.http, "the collector, for HTTP"),
          ...use(tracerPorts.health, "the collector's health check"),
        ]),
  ];
}

function* lowPortViolations(given: Given): Generator<Violation> {
  const { options, containers } = given;
  if (!given.fargate) return;
  for (const [index, port] of (options.listenerPorts ?? []).entries()) {
    if (port !== undefined && port < 1024) yield violation(["listenerPorts", index], port, tooLow(port));
  }
  if (options.listenerPorts !== undefined || given.isOpen("listenerPorts")) return;
  if (options.virtualNode === undefined) return;
  for (const [index, container] of containers.entries()) {
    for (const [at, { containerPort: port, protocol = "tcp" } = {}] of (
      container?.portMappings ?? []
    ).entries()) {
      if (port === undefined || port >= 1024 || protocol !== "tcp") continue;
      yield violation(
        ["containerDefinitions", index, "portMappings", at, "containerPort"],
        port,
        tooLow(port),
      );
    }
  }
}

const tooLow = (port: number): string =>
  `${port} was given; a listener has 1024 to 65535 on Fargate. Let it have ${port + 8000}: a load balancer in front may ` +
  "have any.";
