import type { PortProtocol } from "@pulumi-appmesh/model";

/** Names of Envoy resources, as App Mesh gave them: its users' dashboards and alarms select by them. */

/** The cluster of a virtual node's listener, as its callers see it. */
export const egressCluster = (mesh: string, node: string, protocol: PortProtocol, port: number) =>
  `cds_egress_${mesh}_${node}_${protocol}_${port}`;

/** The cluster of the application itself, behind a listener of its own virtual node. */
export const ingressCluster = (mesh: string, node: string, protocol: PortProtocol, port: number) =>
  `cds_ingress_${mesh}_${node}_${protocol}_${port}`;

/** Where traffic to AWS's own APIs goes. */
export const amazonawsCluster = (mesh: string) => `cds_egress_${mesh}_amazonaws`;

/** Where traffic to destinations outside the mesh goes if its egress filter lets it out. */
export const allowAllCluster = (mesh: string) => `cds_egress_${mesh}_mesh-allow-all`;

/** A cluster without endpoints, by which connections are closed. */
export const dropAllCluster = (mesh: string) => `cds_egress_${mesh}_mesh-drop-all`;

/** An explicit proxy's own egress, for clients that reach HTTP services through a tunnel. */
export const selfRedirectCluster = (mesh: string, port: number) =>
  `cds_egress_${mesh}_self_redirect_http_${port}`;

/**
 * A virtual gateway's own egress, to which its ingress hands the requests that a gateway route took. Gateways with
 * several listeners have one for each.
 */
export const gatewayRedirectCluster = (
  mesh: string,
  gateway: string,
  listeners: number,
  listenerPort: number,
  egressPort: number,
) =>
  `cds_ingress_${mesh}_${gateway}_self_redirect_${listeners > 1 ? `${listenerPort}_` : ""}http_${egressPort}`;

export const ingressListener = (address: string, port: number) => `lds_ingress_${address}_${port}`;
export const egressListener = (address: string, port: number) => `lds_egress_${address}_${port}`;

export const ingressRoutes = (port: number) => `rds_ingress_http_${port}`;
export const egressRoutes = (port: number) => `rds_egress_http_${port}`;

/** A filter chain that takes HTTP to a port, and one that takes a share of the connections to a port. */
export const httpChain = (port: number) => `http_${port}`;
export const tcpChain = (port: number, cluster: string) => `tcp_${port}_${cluster}`;

/** Prefix of the statistics of what comes in. Proxies with several listeners have one for each. */
export const ingressStatistics = (listeners: number, protocol: PortProtocol, port: number) =>
  listeners > 1 ? `ingress.${protocol}.${port}` : "ingress";

export const egressStatistics = "egress";
