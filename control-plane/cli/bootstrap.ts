import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { bootstrap } from "../bootstrap/bootstrap.js";
import { watchedSecrets, type XdsTls } from "../bootstrap/xds-tls.js";
import type { Endpoint } from "../endpoint.js";
import type { Interception } from "../translate/entities.js";
import { accountId, appPort, endpoint, ipAddress, meshName, name, port, sdsSocketOption } from "./options.js";
import { addTracingOptions, type TracingOptions, tracingOf } from "./tracing.js";
import { addXdsTlsOptions, type XdsTlsOptions, xdsTlsOf } from "./xds-options.js";

interface Options extends TracingOptions, XdsTlsOptions {
  readonly xdsSecrets?: string;
  readonly mesh: string;
  readonly meshOwner?: string;
  readonly node?: string;
  readonly gateway?: string;
  readonly xds: Endpoint;
  readonly interception: "transparent" | "explicit";
  readonly address?: string;
  readonly appPort?: Readonly<Record<string, number>>;
  readonly adminPort: number;
  readonly sdsSocket?: string;
}

export function bootstrapCommand(): Command {
  const command = new Command("bootstrap")
    .description("print the Envoy bootstrap of one sidecar or gateway, as JSON")
    .requiredOption("--mesh <name>", "name of the mesh", meshName)
    .addOption(new Option("--mesh-owner <account>", "account that owns the mesh").argParser(accountId))
    .addOption(
      new Option("--node <name>", "virtual node of the sidecar").argParser(name).conflicts("gateway"),
    )
    .addOption(new Option("--gateway <name>", "virtual gateway").argParser(name).conflicts("node"))
    .requiredOption("--xds <host:port>", "where the control plane serves proxies", endpoint)
    .addOption(
      new Option("--interception <mode>", "how traffic reaches the sidecar")
        .choices(["transparent", "explicit"])
        .default("transparent"),
    )
    .addOption(new Option("--address <ip>", "where an explicit sidecar listens").argParser(ipAddress))
    .addOption(
      new Option(
        "--app-port <port>",
        "the application's own port on 127.0.0.1 behind an explicit sidecar: PORT, or LISTENER:PORT for one listener; " +
          "may be repeated (default: the listener's port)",
      ).argParser(appPort),
    )
    .option("--admin-port <port>", "port of Envoy's admin interface on 127.0.0.1", port, 9901)
    .addOption(sdsSocketOption());
  return addTracingOptions(addXdsTlsOptions(command))
    .addOption(
      new Option(
        "--xds-secrets <folder>",
        "folder into which further files for Envoy are written, with which it takes the files of --xds-trust, " +
          "--xds-certificate, --xds-key and --xds-token whenever they change (default: it takes them when it starts)",
      ).argParser((text) => resolve(text)),
    )
    .action(run);
}

function run(options: Options, command: Command): void {
  const { mesh, meshOwner, xds, adminPort } = options;
  const name = options.node ?? options.gateway;
  if (name === undefined) command.error("error: one of --node <name> and --gateway <name> must be given");
  const tls = xdsTlsOf(options, options.xdsSecrets, command);
  if (tls) writeSecrets(tls, command);
  const json = bootstrap({
    mesh,
    ...(meshOwner === undefined ? {} : { meshOwner }),
    kind: options.node === undefined ? "virtualGateway" : "virtualNode",
    name,
    xds: { ...xds, tls },
    interception: interception(options, command),
    adminPort,
    sdsSocket: options.sdsSocket,
    tracing: tracingOf(options, process.env, command),
  });
  process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
}

function writeSecrets(tls: XdsTls, command: Command): void {
  const folder = tls.secretsFolder;
  if (folder === undefined) return;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(watchedSecrets(tls))) writeFileSync(join(folder, name), text);
  } catch (error) {
    command.error(`error: --xds-secrets ${folder} cannot be written: ${(error as Error).message}`);
  }
}

function interception({ interception: mode, address, appPort }: Options, command: Command): Interception {
  if (mode === "transparent") {
    for (const [option, value] of [
      ["--address", address],
      ["--app-port", appPort],
    ] as const) {
      if (value !== undefined) {
        command.error(
          `error: ${option} is for --interception explicit: a transparent sidecar takes what is redirected to it`,
        );
      }
    }
    return { mode };
  }
  if (address === undefined) {
    command.error("error: --interception explicit needs --address <ip>: where the sidecar listens");
  }
  return { mode, address, appPorts: appPort ?? {} };
}
