import type { Specs } from "@pulumi-appmesh/model";
import type {
  ExportedAuthority,
  ExportedCertificate,
  Instances,
  ManagedTls,
  MeshEntities,
  MeshSettings,
  Named,
  Unavailable,
} from "./entities.js";

type ByName<T> = Readonly<Record<string, T>>;

/** A whole mesh in one value: entities by their names, and routes below what they belong to. */
export interface MeshDocument {
  readonly meshName: string;
  /** null: the mesh does not exist. */
  readonly mesh?: Specs["mesh"] | null;
  readonly virtualNodes?: ByName<Specs["virtualNode"]>;
  readonly virtualRouters?: ByName<Specs["virtualRouter"]>;
  readonly virtualServices?: ByName<Specs["virtualService"]>;
  readonly virtualGateways?: ByName<Specs["virtualGateway"]>;
  /** By virtual router, then by route. */
  readonly routes?: ByName<ByName<Specs["route"]>>;
  /** By virtual gateway, then by gateway route. */
  readonly gatewayRoutes?: ByName<ByName<Specs["gatewayRoute"]>>;
  readonly settings?: MeshSettings;
  readonly managedTls?: ManagedTls;
  /** What the control plane gives its proxies, by `virtualNode/catalog-v1`, and who signs it. */
  readonly workloadCertificates?: ByName<ExportedCertificate>;
  readonly workloadTrust?: ExportedAuthority;
  /** What AWS Certificate Manager and AWS Private Certificate Authority give, by ARN. */
  readonly certificates?: ByName<ExportedCertificate>;
  readonly certificateAuthorities?: ByName<ExportedAuthority>;
  /** What AWS Cloud Map knows, by namespace, then by service. */
  readonly instances?: ByName<ByName<Instances>>;
}

const noSpec = {};

export function entitiesOf(document: MeshDocument): MeshEntities {
  const { settings, instances, certificates, certificateAuthorities } = document;
  const { managedTls, workloadCertificates, workloadTrust } = document;
  return {
    meshName: document.meshName,
    mesh: () => (document.mesh === null ? undefined : (document.mesh ?? noSpec)),
    virtualNode: (name) => own(document.virtualNodes, name),
    virtualRouter: (name) => own(document.virtualRouters, name),
    virtualService: (name) => own(document.virtualServices, name),
    virtualGateway: (name) => own(document.virtualGateways, name),
    routes: (router) => named(own(document.routes, router)),
    gatewayRoutes: (gateway) => named(own(document.gatewayRoutes, gateway)),
    ...(settings && { settings: () => settings }),
    ...(certificates && { certificate: (arn) => own(certificates, arn) ?? refused(arn) }),
    ...(certificateAuthorities && {
      certificateAuthority: (arn) => own(certificateAuthorities, arn) ?? refused(arn),
    }),
    ...(managedTls && { managedTls: () => managedTls }),
    ...(workloadCertificates && {
      workloadCertificate: (entity) => own(workloadCertificates, entity) ?? refused(entity),
    }),
    ...(workloadTrust && { workloadTrust: () => workloadTrust }),
    ...(instances && {
      instances: (namespace, service) => own(own(instances, namespace), service) ?? unasked,
    }),
  };
}

const own = <T>(record: ByName<T> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

const refused = (arn: string): Unavailable => ({ unavailable: `${arn} is not exported` });
const unasked: Instances = { list: undefined };
const none: readonly never[] = [];
const lists = new WeakMap<object, readonly unknown[]>();

function named<S>(specs: ByName<S> | undefined): readonly Named<S>[] {
  if (specs === undefined) return none;
  let list = lists.get(specs) as readonly Named<S>[] | undefined;
  if (list === undefined) {
    list = Object.entries(specs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, spec]) => ({ name, spec }));
    lists.set(specs, list);
  }
  return list;
}
