import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  applyRedirection,
  RedirectionError,
  redirectionScript,
  removalScript,
  removeRedirection,
} from "../interception/apply.js";
import type { Redirection } from "../interception/rules.js";

interface Options {
  readonly appPorts: readonly number[];
  /** Empty where its variable is. */
  readonly ignoreUid?: number | "";
  readonly ignoreGid?: number | "";
  readonly ingressPort: number;
  readonly egressPort: number;
  readonly egressIgnoredIps: readonly string[];
  readonly egressIgnoredPorts: readonly number[];
  readonly ipv6?: boolean;
  readonly apply?: true;
  readonly remove?: true;
}

/** The variables are those of App Mesh's own init container. */
export function redirectCommand(): Command {
  const option = <T>(flags: string, variable: string, what: string, parse: (text: string) => T) =>
    new Option(flags, what).env(variable).argParser(parse);
  return new Command("redirect")
    .description("redirect the traffic of this network namespace to a transparent sidecar, by iptables")
    .addOption(
      option(
        "--app-ports <ports>",
        "APPMESH_APP_PORTS",
        "ports of the application, by commas",
        ports,
      ).default([], "none"),
    )
    .addOption(
      option("--ignore-uid <id>", "APPMESH_IGNORE_UID", "user that Envoy runs as (default: 1337)", id),
    )
    .addOption(option("--ignore-gid <id>", "APPMESH_IGNORE_GID", "group that Envoy runs as", id))
    .addOption(
      option(
        "--ingress-port <port>",
        "APPMESH_ENVOY_INGRESS_PORT",
        "where Envoy takes what comes in",
        port,
      ).default(15000),
    )
    .addOption(
      option(
        "--egress-port <port>",
        "APPMESH_ENVOY_EGRESS_PORT",
        "where Envoy takes what goes out",
        port,
      ).default(15001),
    )
    .addOption(
      option(
        "--egress-ignored-ips <ips>",
        "APPMESH_EGRESS_IGNORED_IP",
        "addresses and networks that are called past Envoy, by commas",
        addresses,
      ).default(["169.254.169.254", "169.254.170.2"], "169.254.169.254,169.254.170.2"),
    )
    .addOption(
      option(
        "--egress-ignored-ports <ports>",
        "APPMESH_EGRESS_IGNORED_PORTS",
        "ports that are called past Envoy, by commas",
        ports,
      ).default([22], "22"),
    )
    .option("--ipv6", "redirect IPv6 as well (env: APPMESH_ENABLE_IPV6=1)")
    .option("--no-ipv6", "let IPv6 go past Envoy (default)")
    .addOption(new Option("--apply", "change the tables instead of printing the commands"))
    .addOption(new Option("--remove", "take the redirection away instead of making it"))
    .action(run);
}

function run(options: Options, command: Command): void {
  const { ignoreUid, ignoreGid, ipv6, apply, remove, ...rest } = options;
  const redirection: Redirection = {
    ...rest,
    ipv6: ipv6 ?? /^(1|true)$/i.test(process.env.APPMESH_ENABLE_IPV6 ?? ""),
    // One of both has to be ignored, or what Envoy sends would come back to it.
    ignoredUid: given(ignoreUid) ?? (given(ignoreGid) === undefined ? 1337 : undefined),
    ignoredGid: given(ignoreGid),
  };
  try {
    if (remove && apply) removeRedirection(redirection);
    else if (remove) process.stdout.write(removalScript(redirection));
    else if (apply) applyRedirection(redirection);
    else process.stdout.write(redirectionScript(redirection));
  } catch (error) {
    if (!(error instanceof RedirectionError)) throw error;
    command.error(`appmesh redirect: ${error.message}`);
  }
}

const parts = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= 65535) return value;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is no port: a port is 1 to 65535.`);
}

const ports = (text: string): readonly number[] => parts(text).map(port);

const given = (id: number | "" | undefined): number | undefined => (id === "" ? undefined : id);

function id(text: string): number | "" {
  if (text === "") return "";
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be the number of a user or group, such as 1337.");
}

function addresses(text: string): readonly string[] {
  return parts(text).map((part) => {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
    const family = isIP(address);
    if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) return part;
    throw new InvalidArgumentError(
      `${JSON.stringify(part)} is neither an address, such as 169.254.169.254, nor a network, such as 10.0.0.0/8.`,
    );
  });
}
