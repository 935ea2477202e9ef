import { isIP } from "node:net";
import { join } from "node:path";
import type { DataSourceJson, TransportSocketJson } from "../gen/envoy/config/core/v3/base_pb.js";
import type { CertificateValidationContextJson } from "../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type {
  SdsSecretConfigJson,
  SecretJson,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { HttpProtocolOptionsJson } from "../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { packed } from "../translate/extensions.js";

/** Where Envoy takes a certificate, a key or a token from. An environment variable is read when Envoy starts. */
export type DataSource =
  | { readonly file: string }
  | { readonly environmentVariable: string }
  | { readonly inline: string };

/** How a proxy knows the control plane, and proves to it who it is. */
export interface XdsTls {
  /** The name that the control plane's certificate must have. Default: the host that is called. */
  readonly serverName?: string | undefined;
  /** The authorities by one of which that certificate is signed, in PEM. */
  readonly trust: DataSource;
  /** The proxy's own certificate, with those between it and its authority, and its private key, in PEM. */
  readonly certificate?: { readonly chain: DataSource; readonly privateKey: DataSource } | undefined;
  /** The proxy's token. */
  readonly token?: DataSource | undefined;
  /**
   * Where the files of `watchedSecrets` are, as the proxy sees them: with them, Envoy takes each file that is named
   * here again whenever it changes. Default: files are read when Envoy starts.
   */
  readonly secretsFolder?: string | undefined;
}

/** Names of the environment variables that components and the programs of this package give to proxies. */
export const xdsVariables = {
  trust: "APPMESH_XDS_TRUST",
  certificate: "APPMESH_XDS_CERTIFICATE",
  privateKey: "APPMESH_XDS_PRIVATE_KEY",
  token: "APPMESH_XDS_TOKEN",
} as const;

const secretNames = {
  trust: "appmesh_xds_trust",
  certificate: "appmesh_xds_certificate",
  token: "appmesh_xds_token",
} as const;

export function xdsTransportSocket(tls: XdsTls, host: string): TransportSocketJson {
  const { trust, certificate, secretsFolder, serverName = host } = tls;
  const sanType = isIP(serverName) === 0 ? "DNS" : "IP_ADDRESS";
  const names: CertificateValidationContextJson = {
    matchTypedSubjectAltNames: [{ sanType, matcher: { exact: serverName } }],
  };
  return {
    name: "envoy.transport_sockets.tls",
    typedConfig: packed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: "TLSv1_2", tlsMaximumProtocolVersion: "TLSv1_3" },
        alpnProtocols: ["h2"],
        ...(isWatched(secretsFolder, trust)
          ? {
              combinedValidationContext: {
                defaultValidationContext: names,
                validationContextSdsSecretConfig: watched(secretsFolder, "trust"),
              },
            }
          : { validationContext: { trustedCa: json(trust), ...names } }),
        ...(certificate &&
          (isWatched(secretsFolder, certificate.chain, certificate.privateKey)
            ? { tlsCertificateSdsSecretConfigs: [watched(secretsFolder, "certificate")] }
            : {
                tlsCertificates: [
                  { certificateChain: json(certificate.chain), privateKey: json(certificate.privateKey) },
                ],
              })),
      },
      ...(sanType === "DNS" && { sni: serverName }),
    }),
  };
}

/**
 * Puts the token into the header `authorization` of each stream. By a filter, since Envoy expands no environment variable
 * in the metadata of a gRPC service; without the word Bearer, which Envoy 1.36
 * cannot put before it.
 */
export function tokenFilter(
  token: DataSource,
  secretsFolder: string | undefined,
): NonNullable<HttpProtocolOptionsJson["httpFilters"]> {
  // The .proto files that the types are generated from lack these.
  const filter = (name: string, type: string, config: object = {}) => ({
    name,
    typedConfig: { "@type": `type.googleapis.com/envoy.extensions.${type}`, ...config },
  });
  return [
    filter(
      "envoy.filters.http.credential_injector",
      "filters.http.credential_injector.v3.CredentialInjector",
      {
        overwrite: true,
        credential: filter(
          "envoy.http.injected_credentials.generic",
          "http.injected_credentials.generic.v3.Generic",
          {
            header: "authorization",
            credential: isWatched(secretsFolder, token)
              ? watched(secretsFolder, "token")
              : { name: secretNames.token },
          },
        ),
      },
    ),
    filter("envoy.filters.http.upstream_codec", "filters.http.upstream_codec.v3.UpstreamCodec"),
  ];
}

/** What a bootstrap names rather than asks for: a token that does not change while Envoy runs. */
export function staticSecrets({ token, secretsFolder }: Partial<XdsTls>): SecretJson[] {
  if (token === undefined || isWatched(secretsFolder, token)) return [];
  return [{ name: secretNames.token, genericSecret: { secret: json(token) } }];
}

/**
 * The files that are to be in `secretsFolder` beside a bootstrap, by their names. Envoy watches what such a file names,
 * also where it is changed as Kubernetes changes a volume; what a bootstrap names, it reads once.
 */
export function watchedSecrets(tls: XdsTls): Readonly<Record<string, string>> {
  const { trust, certificate, token, secretsFolder } = tls;
  const secrets: Partial<Record<keyof typeof secretNames, SecretJson>> = {
    ...(isWatched(secretsFolder, trust) && { trust: { validationContext: { trustedCa: json(trust) } } }),
    ...(certificate &&
      isWatched(secretsFolder, certificate.chain, certificate.privateKey) && {
        certificate: {
          tlsCertificate: {
            certificateChain: json(certificate.chain),
            privateKey: json(certificate.privateKey),
          },
        },
      }),
    ...(token && isWatched(secretsFolder, token) && { token: { genericSecret: { secret: json(token) } } }),
  };
  return Object.fromEntries(
    Object.entries(secrets).map(([what, secret]) => {
      const name = secretNames[what as keyof typeof secretNames];
      const type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
      return [`${what}.json`, JSON.stringify({ resources: [{ "@type": type, name, ...secret }] })];
    }),
  );
}

const isWatched = (folder: string | undefined, ...sources: readonly DataSource[]): folder is string =>
  folder !== undefined && sources.some((source) => "file" in source);

const watched = (folder: string, what: keyof typeof secretNames): SdsSecretConfigJson => ({
  name: secretNames[what],
  sdsConfig: {
    pathConfigSource: { path: join(folder, `${what}.json`) },
    resourceApiVersion: "V3",
  },
});

function json(source: DataSource): DataSourceJson {
  if ("file" in source) return { filename: source.file };
  if ("inline" in source) return { inlineString: source.inline };
  return { environmentVariable: source.environmentVariable };
}
