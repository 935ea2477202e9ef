import type { MeshEntities } from "../translate/entities.js";

/** Where the xDS server finds meshes, and hears of their changes. */
export interface MeshSource {
  /** The entities of one mesh, always as of its latest change; without an owner, the control plane's own account's. */
  entities(meshName: string, meshOwner?: string): MeshEntities;
  /**
   * Calls back once for each change that a proxy could notice, after `entities` shows it: not for one of tags, say.
   * Returns what ends the subscription.
   */
  subscribe(listener: (change: MeshChange) => void): () => void;
  /** No proxy is told any more of what was read of a mesh, as MeshChange names it: it need not be looked up again. */
  forget?(meshName: string, meshOwner: string | undefined, read: string): void;
}

/** What one committed change touched. */
export interface MeshChange {
  readonly meshName: string;
  readonly meshOwner: string;
  /**
   * What has to be read again, as the reads of MeshEntities are named: `mesh`, `virtualNode/catalog-v1`,
   * `virtualRouter/catalog`, `routes/catalog` (of that router), `virtualService/catalog.shop.local`,
   * `virtualGateway/edge`, `gatewayRoutes/edge`, `instances/catalog.shop.internal` (service and namespace),
   * `certificate/arn:…`, `certificateAuthority/arn:…`, `settings`, `managedTls`, `workloadCertificate/virtualNode/catalog-v1`,
   * `workloadTrust`.
   */
  readonly reads: readonly string[];
}
