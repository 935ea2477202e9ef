import { type Command, InvalidArgumentError, Option } from "commander";
import { type ApiClientOptions, readAuthority } from "./api-client.js";
import { credentialsIn } from "./credentials.js";
import { accountId, regionOption } from "./options.js";

/** Options of commands that call the API of a running control plane. */
export interface EndpointOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly ca?: string;
}

/** Options of commands that read a mesh by it. */
export interface ApiOptions extends EndpointOptions {
  readonly meshOwner?: string;
}

export function addApiOptions(command: Command): Command {
  return addEndpointOptions(
    command.addOption(
      new Option(
        "--mesh-owner <account>",
        "account that owns the mesh (default: the caller's own)",
      ).argParser(accountId),
    ),
  );
}

export function addEndpointOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--endpoint <url>", "where the control plane's API is")
        .env("APPMESH_ENDPOINT")
        .argParser(url)
        .default("http://127.0.0.1:7070"),
    )
    .addOption(regionOption("region of the control plane"))
    .option(
      "--ca <file>",
      "authority (PEM) of the API's certificate (default: $APPMESH_CA_CERTIFICATE, PEM)",
    );
}

/** Throws EnvironmentError and ApiError. */
export const apiClientOf = ({ endpoint, region, ca }: EndpointOptions): ApiClientOptions => ({
  endpoint,
  region,
  credentials: credentialsIn(process.env),
  ca: ca === undefined ? process.env.APPMESH_CA_CERTIFICATE || undefined : readAuthority(ca),
});

function url(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be a URL, such as https://mesh.example.com:7070.");
}
