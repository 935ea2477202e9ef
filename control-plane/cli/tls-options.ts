import { isIP } from "node:net";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ApiTls } from "../api-tls.js";
import { EnvironmentError } from "./credentials.js";

export interface TlsOptions {
  tlsCert?: string;
  tlsKey?: string;
  tlsSelfSigned?: boolean;
  tlsName?: readonly string[];
  insecureHttp?: boolean;
}

/** How the API is served over HTTPS. */
export function addTlsOptions(command: Command): Command {
  const file = (text: string) => resolve(text);
  return command
    .addOption(
      new Option(
        "--tls-cert <file>",
        "serve the API over HTTPS, with this certificate chain (PEM)",
      ).argParser(file),
    )
    .addOption(new Option("--tls-key <file>", "private key of --tls-cert (PEM)").argParser(file))
    .addOption(
      new Option(
        "--tls-self-signed",
        "serve the API over HTTPS, with a certificate of an authority made for it in the data folder",
      ).conflicts(["tlsCert", "tlsKey"]),
    )
    .addOption(
      new Option(
        "--tls-name <name>",
        "a further host name or IP address that clients of --tls-self-signed call; repeatable",
      ).argParser(hostName),
    )
    .addOption(
      new Option(
        "--insecure-http",
        "let the API be on an address off this machine over HTTP, behind what speaks HTTPS for it",
      ).conflicts(["tlsCert", "tlsSelfSigned"]),
    );
}

/** Throws EnvironmentError where the options do not fit. */
export function tlsOf({ tlsCert, tlsKey, tlsSelfSigned, tlsName }: TlsOptions): ApiTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] =
      tlsCert === undefined ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
    throw new EnvironmentError(`${given} is given without ${missing}. Give both, or --tls-self-signed`);
  }
  if (tlsName && !tlsSelfSigned) {
    throw new EnvironmentError(
      "--tls-name is given without --tls-self-signed. The names of a given certificate are in it",
    );
  }
  if (tlsSelfSigned) return { names: tlsName ?? [] };
  return tlsCert !== undefined && tlsKey !== undefined ? { certFile: tlsCert, keyFile: tlsKey } : undefined;
}

/** Gathers host names and IP addresses. */
export function hostName(text: string, previous: readonly string[] = []): readonly string[] {
  if (
    isIP(text) === 0 &&
    !/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
  ) {
    throw new InvalidArgumentError("It must be a host name or an IP address, such as mesh.example.com.");
  }
  return [...previous, text];
}
