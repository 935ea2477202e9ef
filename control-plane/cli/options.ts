import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { defaultSdsSocket } from "../bootstrap/secret-discovery.js";
import { type Endpoint, parseEndpoint } from "../endpoint.js";

/** Parsers of command-line options, each with an error that says what is allowed. */

export function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed === undefined || parsed.port === 0) {
    throw new InvalidArgumentError("It must be HOST:PORT, such as 127.0.0.1:18000 or [::1]:18000.");
  }
  return parsed;
}

export function name(text: string): string {
  if (text.length < 1 || text.length > 255) throw new InvalidArgumentError("A name has 1 to 255 characters.");
  if (text.includes("/")) throw new InvalidArgumentError('A name holds no "/".');
  return text;
}

export function meshName(text: string): string {
  if (text.includes("@"))
    throw new InvalidArgumentError('Name the owner of a shared mesh with --mesh-owner, not with "@".');
  return name(text);
}

export function accountId(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError("An account is twelve digits.");
  return text;
}

/** One default for all commands, so that they look for the same table and sign for the same control plane. */
export function regionOption(description: string): Option {
  const option = new Option("--region <region>", description).argParser(region).default("us-east-1");
  // A variable that is set to nothing says nothing.
  return process.env.APPMESH_REGION === "" ? option : option.env("APPMESH_REGION");
}

function region(text: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be a name of lowercase letters, digits and hyphens, such as eu-central-1.",
  );
}

export function ipAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError("It must be an IP address, such as 127.0.1.2.");
  return text;
}

export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 65535)) throw new InvalidArgumentError("A port is 1 to 65535.");
  return value;
}

/** Gathers `8080:41234` and, for every other listener, `41234`. */
export function appPort(
  text: string,
  previous: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const [, listener, app] = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text) ?? [];
  if (app === undefined)
    throw new InvalidArgumentError("It must be PORT or LISTENER:PORT, such as 8080:41234.");
  const key = listener === undefined ? "*" : String(port(listener));
  if (key in previous) {
    throw new InvalidArgumentError(
      listener === undefined
        ? "A port for all listeners was given already."
        : `Listener ${key} has a port already.`,
    );
  }
  return { ...previous, [key]: port(app) };
}

/** The socket of a secret discovery service, also in the environment variable of AWS's own sidecar image. */
export const sdsSocketOption = (): Option =>
  new Option(
    "--sds-socket <path>",
    `Unix socket of a secret discovery service beside the proxy, for certificates by sds (default: ${defaultSdsSocket})`,
  )
    .env("APPMESH_SDS_SOCKET_PATH")
    .argParser((path) => {
      // What Linux takes as the name of a socket.
      if (!path.startsWith("/") || Buffer.byteLength(path) > 107) {
        throw new InvalidArgumentError("It must be an absolute path of up to 107 bytes.");
      }
      return path;
    });

export function seconds(text: string): number {
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError("It must be a number of seconds, 0 or more.");
  return value;
}

/** A number of days, hours, minutes or seconds, in seconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new InvalidArgumentError(
      "It must be a number of days, hours, minutes or seconds, such as 90d, 12h or 30m.",
    );
  }
  return Number(amount) * { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 }[unit as "s" | "m" | "h" | "d"];
}

/** Has a command that was called wrongly end with that status, where 1 means something else; help stays a success. */
export const misuseEndsWith = (status: number, command: Command): Command =>
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : status));
