import { Command, InvalidArgumentError, Option } from "commander";
import type { Endpoint } from "../endpoint.js";
import { findEnvoy } from "../envoy/find.js";
import { ensureEnvoy } from "../envoy/install.js";
import { runSidecar, SidecarError } from "../envoy/sidecar.js";
import {
  accountId,
  appPort,
  endpoint,
  ipAddress,
  meshName,
  name,
  port,
  sdsSocketOption,
  seconds,
} from "./options.js";
import { addTracingOptions, type TracingOptions, tracingOf } from "./tracing.js";
import { addXdsTlsOptions, fromEnvironment, type XdsTlsOptions, xdsTlsOf } from "./xds-options.js";

interface Options extends TracingOptions, XdsTlsOptions {
  readonly sdsSocket?: string;
  readonly mesh: string;
  readonly meshOwner?: string;
  readonly node?: string;
  readonly gateway?: string;
  readonly xds: Endpoint;
  readonly address: string;
  readonly appPort?: Readonly<Record<string, number>>;
  readonly adminPort?: number;
  readonly envoy?: string;
  readonly envoyLogLevel: string;
  readonly concurrency: number;
  readonly startTimeout?: number;
  readonly drain: number;
}

export function sidecarCommand(): Command {
  return addXdsTlsOptions(addTracingOptions(new Command("sidecar")))
    .description("run a command with an Envoy beside it, or the Envoy of a virtual gateway, on this machine")
    .requiredOption("--mesh <name>", "name of the mesh", meshName)
    .addOption(new Option("--mesh-owner <account>", "account that owns the mesh").argParser(accountId))
    .addOption(
      new Option("--node <name>", "virtual node of the application").argParser(name).conflicts("gateway"),
    )
    .addOption(
      new Option("--gateway <name>", "virtual gateway, which runs by itself: it has no command")
        .argParser(name)
        .conflicts("appPort"),
    )
    .addOption(
      new Option("--xds <host:port>", "where the control plane serves proxies")
        .argParser(endpoint)
        .default({ host: "127.0.0.1", port: 18000 }, "127.0.0.1:18000"),
    )
    .option(
      "--address <ip>",
      "where the proxy listens on the ports of the virtual node or gateway",
      ipAddress,
      "127.0.0.1",
    )
    .addOption(
      new Option(
        "--app-port <port>",
        "port on 127.0.0.1 where the application listens: PORT, or LISTENER:PORT for one listener of the virtual " +
          "node; may be repeated (default: a free port, which the command gets as PORT)",
      ).argParser(appPort),
    )
    .addOption(
      new Option(
        "--admin-port <port>",
        "port of Envoy's admin interface on 127.0.0.1 (default: a free port)",
      ).argParser(port),
    )
    .addOption(
      new Option(
        "--envoy <path>",
        "the Envoy to run (default: $APPMESH_ENVOY, envoy on PATH, else one that is installed, of $APPMESH_ENVOY_VERSION)",
      ),
    )
    .addOption(
      new Option("--envoy-log-level <level>", "least severe messages of Envoy that are shown, on stderr")
        .choices(["trace", "debug", "info", "warning", "error", "critical", "off"])
        .default("warning"),
    )
    .addOption(sdsSocketOption())
    .option("--concurrency <threads>", "threads of Envoy that serve traffic", threads, 1)
    .addOption(
      new Option(
        "--start-timeout <seconds>",
        "longest time to wait for the control plane (default: as long as it takes)",
      ).argParser(seconds),
    )
    .option("--drain <seconds>", "longest time for open requests once the command has ended", seconds, 5)
    .argument("[command...]", "the command, after --")
    .addHelpText(
      "after",
      "\nThe command gets HTTP_PROXY and http_proxy (the way into the mesh), PORT and APPMESH_APP_PORT (where to listen, on" +
        "\n127.0.0.1), and APPMESH_ADMIN (the URL of Envoy's admin interface). Its exit code becomes that of the sidecar." +
        "\nThe Envoy of a virtual gateway runs until it gets SIGTERM or SIGINT.",
    )
    .action(run);
}

async function run(
  words: readonly string[],
  { tracing: _, node, gateway, ...options }: Options,
  self: Command,
): Promise<void> {
  const name = node ?? gateway;
  if (name === undefined) self.error("error: one of --node <name> and --gateway <name> must be given");
  const [program, ...args] = words;
  if (gateway !== undefined && program !== undefined) {
    self.error("error: a virtual gateway has no application: leave the command out");
  }
  if (node !== undefined && program === undefined) {
    self.error("error: missing the command of the application, after --");
  }
  const tracing = tracingOf(self.opts<TracingOptions>(), process.env, self);
  const tls = xdsTlsOf(fromEnvironment(options, process.env), undefined, self);
  const say = (line: string) => process.stderr.write(`appmesh sidecar: ${line}\n`);
  try {
    const envoy = findEnvoy(options.envoy) ?? (await ensureEnvoy({ progress: say }));
    process.exitCode = await runSidecar(
      {
        ...options,
        kind: gateway === undefined ? "virtualNode" : "virtualGateway",
        name,
        xds: { ...options.xds, tls },
        tracing,
        appPorts: options.appPort ?? {},
        adminPort: options.adminPort ?? 0,
        envoy,
        command: program === undefined ? undefined : [program, ...args],
      },
      say,
    );
  } catch (error) {
    say((error as Error).message);
    if (!(error instanceof SidecarError) && process.env.APPMESH_DEBUG) console.error(error);
    process.exitCode = 1;
  }
}

function threads(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("It must be a number of threads, 1 or more.");
  return value;
}
