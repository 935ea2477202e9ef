// What `appmesh serve` is told where it runs as a replica: on ECS and on Kubernetes alike.

/** Ports on which a replica listens. */
export const ports = { api: 7070, xds: 18000, notices: 7946, health: 9090 } as const;

export interface ServeSettings {
  readonly region: string;
  readonly account: string;
  /** The table that replicas share, or the folder of the only one. */
  readonly store: { readonly table: string } | { readonly data: string };
  /** The names by which clients call it, in certificates of the authority of proxies; or a certificate in files. */
  readonly certificate:
    | { readonly names: readonly string[] }
    | { readonly certFile: string; readonly keyFile: string };
  /** The address on which it tells how it is. */
  readonly health: "127.0.0.1" | "0.0.0.0";
  readonly trustDomain: string | undefined;
  readonly trustedNetworkPort: number | undefined;
  readonly limits: Readonly<Record<string, number>> | undefined;
  /** The places of authorities' keys that the store is not to have. */
  readonly authorities?: Authorities | undefined;
  /** The Kubernetes cluster whose tokens proxies may show; `keys` is a URL or a file. */
  readonly tokens?: { readonly issuer: string; readonly keys: string; readonly audience: string | undefined };
}

/** By what they sign: ARNs, or files: and their paths. */
export type Authorities = Readonly<Partial<Record<"proxies" | "workloads", string | undefined>>>;

export function serveArguments(settings: ServeSettings): readonly string[] {
  const {
    region,
    account,
    store,
    certificate,
    trustDomain,
    trustedNetworkPort,
    limits,
    authorities,
    tokens,
  } = settings;
  const shown = (prefix: string) =>
    "names" in certificate
      ? [`${prefix}self-signed`, ...certificate.names.flatMap((name) => [`${prefix}name`, name])]
      : [`${prefix}cert`, certificate.certFile, `${prefix}key`, certificate.keyFile];
  return [
    ...["serve", "--region", region, "--account", account],
    ...("table" in store ? ["--table", store.table] : ["--data", store.data]),
    ...["--api", `0.0.0.0:${ports.api}`, ...shown("--tls-")],
    ...["--xds", `0.0.0.0:${ports.xds}`, ...shown("--xds-tls-")],
    ...("table" in store ? ["--notices", `0.0.0.0:${ports.notices}`] : []),
    ...["--metrics", `${settings.health}:${ports.health}`],
    ...Object.entries(authorities ?? {}).flatMap(([purpose, place]) =>
      place === undefined ? [] : ["--authority", `${purpose}=${place}`],
    ),
    ...(trustDomain === undefined ? [] : ["--trust-domain", trustDomain]),
    ...(trustedNetworkPort === undefined ? [] : ["--xds-trusted-network", `0.0.0.0:${trustedNetworkPort}`]),
    ...(tokens === undefined ? [] : ["--proxy-jwks", tokens.keys, "--proxy-jwks-issuer", tokens.issuer]),
    ...(tokens?.audience === undefined ? [] : ["--proxy-jwks-audience", tokens.audience]),
    ...Object.entries(limits ?? {}).flatMap(([name, limit]) => ["--limit", `${name}=${limit}`]),
  ];
}
