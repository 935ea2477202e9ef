import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type DataSource, type XdsTls, xdsVariables } from "../bootstrap/xds-tls.js";

/** How a proxy knows the control plane and proves to it who it is, as the command line has it. */
export interface XdsTlsOptions {
  readonly xdsTrust?: DataSource;
  readonly xdsCertificate?: DataSource;
  readonly xdsKey?: DataSource;
  readonly xdsToken?: DataSource;
  readonly xdsServerName?: string;
}

export function addXdsTlsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--xds-trust <source>",
        "call the control plane over TLS, and trust these authorities (PEM): a FILE, or env:NAME for an environment " +
          "variable of Envoy's",
      ).argParser(source),
    )
    .addOption(
      new Option("--xds-certificate <source>", "the proxy's certificate (PEM): FILE or env:NAME").argParser(
        source,
      ),
    )
    .addOption(new Option("--xds-key <source>", "its private key (PEM): FILE or env:NAME").argParser(source))
    .addOption(new Option("--xds-token <source>", "the proxy's token: FILE or env:NAME").argParser(source))
    .option(
      "--xds-server-name <name>",
      "the name in the control plane's certificate (default: the host of --xds)",
    );
}

function source(text: string): DataSource {
  if (!text.startsWith("env:")) return { file: resolve(text) };
  const environmentVariable = text.slice("env:".length);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(environmentVariable)) {
    throw new InvalidArgumentError("It must be a FILE, or env:NAME such as env:APPMESH_XDS_TOKEN.");
  }
  return { environmentVariable };
}

/** What is not given, a program that starts its Envoy itself finds in the environment that it shares with it. */
export function fromEnvironment(options: XdsTlsOptions, env: NodeJS.ProcessEnv): XdsTlsOptions {
  const found = {
    xdsTrust: xdsVariables.trust,
    xdsCertificate: xdsVariables.certificate,
    xdsKey: xdsVariables.privateKey,
    xdsToken: xdsVariables.token,
  };
  const present = Object.entries(found).flatMap(([option, environmentVariable]) =>
    env[environmentVariable] ? [[option, { environmentVariable }] as const] : [],
  );
  return { ...Object.fromEntries(present), ...options };
}

/** Undefined: plain text. Ends the program where the options do not fit together. */
export function xdsTlsOf(
  options: XdsTlsOptions,
  secretsFolder: string | undefined,
  command: Command,
): XdsTls | undefined {
  const { xdsTrust, xdsCertificate, xdsKey, xdsToken, xdsServerName } = options;
  if ((xdsCertificate === undefined) !== (xdsKey === undefined)) {
    const [given, missing] = xdsKey === undefined ? ["certificate", "key"] : ["key", "certificate"];
    command.error(`error: --xds-${given} is given without --xds-${missing}: give both`);
  }
  if (xdsTrust === undefined) {
    const without = {
      "--xds-certificate": xdsCertificate,
      "--xds-token": xdsToken,
      "--xds-server-name": xdsServerName,
    };
    const [option] = Object.entries(without).find(([, value]) => value !== undefined) ?? [];
    if (option === undefined) return undefined;
    command.error(
      `error: ${option} is given without --xds-trust: say whom the proxy is to trust, ` +
        "such as --xds-trust ca.pem; a certificate or a token is shown over TLS only",
    );
  }
  return {
    trust: xdsTrust,
    ...(xdsServerName !== undefined && { serverName: xdsServerName }),
    ...(xdsCertificate && xdsKey && { certificate: { chain: xdsCertificate, privateKey: xdsKey } }),
    ...(xdsToken && { token: xdsToken }),
    ...(secretsFolder !== undefined && { secretsFolder }),
  };
}
