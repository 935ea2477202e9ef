/** Whose Envoy it is. */
export interface Proxy {
  readonly kind: ProxyKind;
  readonly name: string;
  /** The mesh that the reference says, where it says one. */
  readonly mesh?: string;
}

export type ProxyKind = "virtualNode" | "virtualGateway";

/** What App Mesh calls the two. */
export const proxyKinds: Readonly<Record<ProxyKind, string>> = {
  virtualNode: "virtual node",
  virtualGateway: "virtual gateway",
};

/**
 * Reads what a virtual node or gateway is called: by its name, its id `MESH/NAME`, its ARN, or as AWS's sidecar image is
 * told, `mesh/MESH[@OWNER]/virtualNode/NAME`. undefined for anything else.
 */
export function readProxy(kind: ProxyKind, reference: string): Proxy | undefined {
  const path =
    /^(?:arn:[^:/]+:appmesh:[^:/]*:\d*:)?mesh\/([^/@]+)(?:@\d{12})?\/(virtualNode|virtualGateway)\/([^/]+)$/;
  const [, mesh, said, name] = path.exec(reference) ?? [];
  if (mesh !== undefined && name !== undefined) return { kind: said as ProxyKind, mesh, name };
  const [first, second, ...more] = reference.split("/");
  if (!first || second === "" || more.length > 0) return undefined;
  return second === undefined ? { kind, name: first } : { kind, mesh: first, name: second };
}
