import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { placeKind, placesForms } from "../authorities/place-kind.js";
import type { Endpoint } from "../endpoint.js";
import { parseEndpoint } from "../endpoint.js";
import { type Purpose, purposes } from "../identity/proxies/purpose.js";
import type { PlacedAuthoritiesOptions, ProxiesOptions } from "../serve-options.js";
import { EnvironmentError } from "./credentials.js";
import { duration } from "./options.js";
import { hostName } from "./tls-options.js";

/** How proxies prove to `appmesh serve` who they are, as the command line has it. */
export interface ProxiesCommandOptions {
  xdsTlsCert?: string;
  xdsTlsKey?: string;
  xdsTlsSelfSigned?: boolean;
  xdsTlsName?: readonly string[];
  xdsTrustedNetwork?: Endpoint;
  trustDomain?: string;
  proxyCa?: readonly string[];
  authority?: Readonly<Partial<Record<Purpose, string>>>;
  workloadLifetime?: number;
  proxyJwks?: string;
  proxyJwksIssuer?: string;
  proxyJwksAudience?: string;
}

export function addProxiesOptions(command: Command): Command {
  const file = (text: string) => resolve(text);
  return command
    .addOption(
      new Option(
        "--xds-tls-cert <file>",
        "serve proxies over TLS, with this certificate chain (PEM), and those only that prove who they are",
      ).argParser(file),
    )
    .addOption(new Option("--xds-tls-key <file>", "private key of --xds-tls-cert (PEM)").argParser(file))
    .addOption(
      new Option(
        "--xds-tls-self-signed",
        "the same, with a certificate of the control plane's own authority, which appmesh identities tells",
      ).conflicts(["xdsTlsCert", "xdsTlsKey"]),
    )
    .addOption(
      new Option(
        "--xds-tls-name <name>",
        "a further host name or IP address by which proxies call --xds-tls-self-signed; repeatable",
      ).argParser(hostName),
    )
    .addOption(
      new Option(
        "--proxy-ca <file>",
        "authority (PEM) whose certificates proxies may show, beside the control plane's own; repeatable",
      ).argParser((text, previous: readonly string[] = []) => [...previous, resolve(text)]),
    )
    .addOption(
      new Option(
        "--trust-domain <name>",
        "host part of the SPIFFE ids in proxies' certificates (default: appmesh.local)",
      ).argParser(trustDomain),
    )
    .addOption(
      new Option(
        "--authority <purpose=place>",
        "where the key is that signs for proxies (who they are, and the control plane) or workloads (managed TLS): " +
          `${placesForms}; repeatable (default: the store)`,
      ).argParser(authority),
    )
    .addOption(
      new Option(
        "--workload-lifetime <time>",
        "how long certificates of managed TLS are valid, of which each is renewed halfway (default: 24h)",
      ).argParser(duration),
    )
    .addOption(
      new Option(
        "--proxy-jwks <url|file>",
        "keys (JWKS) of the Kubernetes cluster whose service-account tokens proxies may show; with --proxy-jwks-issuer",
      ).argParser(jwks),
    )
    .option("--proxy-jwks-issuer <issuer>", "issuer (iss) of those tokens")
    .option("--proxy-jwks-audience <audience>", "audience (aud) of those tokens (default: appmesh)")
    .addOption(
      new Option(
        "--xds-trusted-network <host:port>",
        "serve proxies there over TLS without a proof of who they are, such as AWS's own sidecars: whoever reaches it gets " +
          "the configuration of every virtual node",
      ).argParser(endpoint),
    );
}

/** Throws EnvironmentError where the options do not fit. */
export function proxiesOf(options: ProxiesCommandOptions): ProxiesOptions {
  const { xdsTlsCert, xdsTlsKey, xdsTlsSelfSigned, xdsTlsName } = options;
  if ((xdsTlsCert === undefined) !== (xdsTlsKey === undefined)) {
    const [given, missing] = xdsTlsCert === undefined ? ["key", "cert"] : ["cert", "key"];
    throw new EnvironmentError(
      `--xds-tls-${given} is given without --xds-tls-${missing}. Give both, or --xds-tls-self-signed`,
    );
  }
  if (xdsTlsName && !xdsTlsSelfSigned) {
    throw new EnvironmentError(
      "--xds-tls-name is given without --xds-tls-self-signed. The names of a given certificate are in it",
    );
  }
  if (options.proxyCa && !xdsTlsCert && !xdsTlsSelfSigned) {
    throw new EnvironmentError(
      "--proxy-ca is given without TLS, over which alone proxies show certificates. Say --xds-tls-self-signed too, or " +
        "--xds-tls-cert FILE --xds-tls-key FILE",
    );
  }
  const { proxyJwks, proxyJwksIssuer, proxyJwksAudience } = options;
  if ((proxyJwks === undefined) !== (proxyJwksIssuer === undefined)) {
    throw new EnvironmentError(
      "--proxy-jwks and --proxy-jwks-issuer go together: the keys of a cluster, and the issuer that its tokens name",
    );
  }
  if (proxyJwksAudience !== undefined && proxyJwks === undefined) {
    throw new EnvironmentError("--proxy-jwks-audience is given without --proxy-jwks");
  }
  return {
    tls:
      xdsTlsCert && xdsTlsKey
        ? { certFile: xdsTlsCert, keyFile: xdsTlsKey }
        : xdsTlsSelfSigned
          ? { names: xdsTlsName ?? [] }
          : undefined,
    trustedNetwork: options.xdsTrustedNetwork,
    trustDomain: options.trustDomain,
    authorities: options.proxyCa,
    workloadSeconds: options.workloadLifetime,
    serviceAccounts:
      proxyJwks !== undefined && proxyJwksIssuer !== undefined
        ? { jwks: proxyJwks, issuer: proxyJwksIssuer, audience: proxyJwksAudience }
        : undefined,
  };
}

/** What `--authority` and the environment of AWS's SDKs say. */
export function placedOf(
  { authority: at }: ProxiesCommandOptions,
  env: NodeJS.ProcessEnv,
): PlacedAuthoritiesOptions | undefined {
  const endpoint = (service: string) =>
    env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
  return (
    at && {
      at,
      kmsEndpoint: endpoint("KMS"),
      secretsManagerEndpoint: endpoint("SECRETS_MANAGER"),
      acmPcaEndpoint: endpoint("ACM_PCA"),
    }
  );
}

function authority(
  text: string,
  before: Readonly<Partial<Record<Purpose, string>>> = {},
): Readonly<Partial<Record<Purpose, string>>> {
  const [, name, place = ""] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  const purpose = purposes.find((known) => known === name);
  const kind = placeKind(place);
  if (purpose === undefined || kind === undefined) {
    throw new InvalidArgumentError(
      `It must be proxies=PLACE or workloads=PLACE, a place being ${placesForms}.`,
    );
  }
  if (purpose === "proxies" && kind === "private-ca") {
    throw new InvalidArgumentError(
      "AWS Private CA is for workloads: what it is asked for proxies would last for months, and each would be paid for.",
    );
  }
  if (before[purpose] !== undefined)
    throw new InvalidArgumentError(`The place of ${purpose} was given already.`);
  const absolute = (files: string) =>
    files
      .split(",")
      .map((file) => resolve(file))
      .join();
  const whole = kind === "files" ? `files:${absolute(place.slice("files:".length))}` : place;
  if (Object.values(before).includes(whole)) {
    throw new InvalidArgumentError(
      "Proxies and workloads need authorities of their own: what one has signed must be nothing to those who ask for the other.",
    );
  }
  return { ...before, [purpose]: whole };
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError("It must be of the form HOST:PORT, such as 10.0.0.7:18001.");
}

function trustDomain(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,254}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be a name of lowercase letters, digits, dots, hyphens and underscores, such as prod.example.com.",
  );
}

/** Keys that came over HTTP could be anybody's. */
function jwks(text: string): string {
  if (/^https:/.test(text) && URL.canParse(text)) return text;
  if (/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(text) && URL.canParse(text)) return text;
  if (/^[a-z]+:\/\//.test(text)) {
    throw new InvalidArgumentError(
      "It must be a file or an https:// URL; http:// is for this machine alone.",
    );
  }
  return resolve(text);
}
