/** Of whom a proxy is: a virtual node or gateway of a mesh. */
export interface ProxyName {
  readonly meshName: string;
  readonly meshOwner: string;
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
}

export const isSameProxy = (a: ProxyName, b: ProxyName): boolean =>
  a.meshName === b.meshName && a.meshOwner === b.meshOwner && a.kind === b.kind && a.name === b.name;

/** As proxies name themselves to the control plane: `mesh/shop@123456789012/virtualNode/catalog-v1`. */
export const formatProxy = ({ meshName, meshOwner, kind, name }: ProxyName): string =>
  `mesh/${meshName}@${meshOwner}/${kind}/${name}`;

/** Undefined for what names no proxy. A mesh without an owner is one of `account`. */
export function parseProxy(text: string, account: string): ProxyName | undefined {
  const [, meshName, meshOwner = account, kind, name] =
    /^mesh\/([^/@]+)(?:@(\d{12}))?\/(virtualNode|virtualGateway)\/([^/]+)$/.exec(text) ?? [];
  if (!meshName || !name) return undefined;
  return { meshName, meshOwner, kind: kind as ProxyName["kind"], name };
}

/**
 * The name of a proxy in certificates: `spiffe://appmesh.local/mesh/shop/virtualNode/catalog-v1`. The owner of the mesh
 * is named where it is not `account`.
 */
export function spiffeId(proxy: ProxyName, trustDomain: string, account: string): string {
  const { meshName, meshOwner, kind, name } = proxy;
  const owner = meshOwner === account ? "" : `@${meshOwner}`;
  return `spiffe://${trustDomain}/mesh/${encodeURIComponent(meshName)}${owner}/${kind}/${encodeURIComponent(name)}`;
}

/** The proxy that a URI of a certificate names; undefined for one of another trust domain or form. */
export function parseSpiffeId(uri: string, trustDomain: string, account: string): ProxyName | undefined {
  const prefix = `spiffe://${trustDomain}/`;
  if (!uri.startsWith(prefix)) return undefined;
  try {
    const parts = uri.slice(prefix.length).split("/").map(decodeURIComponent);
    // What is a slash only after decoding is no separator.
    return parts.some((part) => part.includes("/")) ? undefined : parseProxy(parts.join("/"), account);
  } catch {
    return undefined;
  }
}
