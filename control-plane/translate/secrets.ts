import type { ConfigSourceJson } from "../gen/envoy/config/core/v3/config_source_pb.js";
import type { CertificateValidationContextJson } from "../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type {
  SdsSecretConfigJson,
  SecretJson,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { ExportedAuthority, ExportedCertificate, MeshEntities, Proxy, Unavailable } from "./entities.js";
import { list, memo } from "./memo.js";
import type { Problem, Resource } from "./resources.js";

/** What a proxy is told of by the control plane under a name of its own, apart from what uses it. */
export type SecretSource =
  | { readonly kind: "fileCertificate"; readonly certificateChain: string; readonly privateKey: string }
  | { readonly kind: "fileTrust"; readonly certificateChain: string }
  | { readonly kind: "acmCertificate"; readonly certificateArn: string }
  /** The authorities above a certificate of ACM. */
  | { readonly kind: "acmIssuers"; readonly certificateArn: string }
  | { readonly kind: "acmAuthorities"; readonly certificateAuthorityArns: readonly string[] }
  /** The certificate of the proxy that is told, whichever that is, and who signs those of all proxies of the mesh. */
  | { readonly kind: "workloadCertificate" }
  | { readonly kind: "workloadTrust" };

/** Where an entity asks for a secret. */
export interface Place {
  /** As `virtualNode/catalog-v1`. */
  readonly entity: string;
  /** As `spec.listeners[0].tls`. */
  readonly path: string;
}

/** A secret that an Envoy resource names, and who asked for it. */
export interface SecretReference {
  readonly name: string;
  readonly source: SecretSource;
  readonly place: Place;
}

/** The name tells what is in it. No two sources have the same. */
export function secretReference(source: SecretSource, place: Place): SecretReference {
  return { name: secretName(source), source, place };
}

function secretName(source: SecretSource): string {
  switch (source.kind) {
    case "fileCertificate":
      return named("certificate:file", source.certificateChain, source.privateKey);
    case "fileTrust":
      return named("trust:file", source.certificateChain);
    case "acmCertificate":
      return `certificate:${source.certificateArn}`;
    case "acmIssuers":
      return `trust:${source.certificateArn}`;
    case "acmAuthorities":
      return `trust:${source.certificateAuthorityArns.join(",")}`;
    case "workloadCertificate":
      return "certificate:mesh";
    case "workloadTrust":
      return "trust:mesh";
  }
}

const named = (kind: string, ...paths: readonly string[]): string =>
  [kind, ...paths.map((path) => path.replace(/[%:]/g, (sign) => (sign === "%" ? "%25" : "%3A")))].join(":");

/**
 * A secret that comes from the control plane, at once if it can be had. What uses it waits for so long, and all else
 * in a proxy that starts; then it refuses connections until the secret has come. What it replaces goes on meanwhile.
 */
export const fromControlPlane = (name: string): SdsSecretConfigJson => ({
  name,
  sdsConfig: { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: "5s" },
});

/** The cluster of the bootstrap behind which a secret discovery service listens, as AWS's sidecar names it. */
export const sdsCluster = "static_cluster_sds_unix_socket";

const besideProxy: ConfigSourceJson = {
  resourceApiVersion: "V3",
  apiConfigSource: {
    apiType: "GRPC",
    transportApiVersion: "V3",
    grpcServices: [{ envoyGrpc: { clusterName: sdsCluster } }],
  },
};

/** A secret that comes from a secret discovery service beside the proxy, such as SPIRE's agent. */
export const fromBesideProxy = (name: string): SdsSecretConfigJson => ({ name, sdsConfig: besideProxy });

/** The secrets that resources name, each once, and what cannot be had of them. */
export function secretsOf(
  entities: MeshEntities,
  resources: Iterable<Pick<Resource<unknown>, "secrets">>,
  proxy: Pick<Proxy, "kind" | "name" | "unproven">,
): {
  readonly secrets: readonly Resource<SecretJson>[];
  readonly problems: readonly Problem[];
  /** What has to be known first. */
  readonly waiting: string | undefined;
} {
  const secrets = new Map<string, Resource<SecretJson>>();
  const problems: Problem[] = [];
  let waiting: string | undefined;
  for (const { secrets: references = [] } of resources) {
    for (const asked of references) {
      const reference = ownReference(asked, proxy);
      const { name, place } = reference;
      const known = secrets.get(name);
      const found = known ?? secret(entities, reference, proxy);
      if ("unavailable" in found) {
        if (found.pending) waiting ??= found.unavailable;
        else problems.push({ ...place, message: found.unavailable });
      } else if (known === undefined) secrets.set(name, found);
    }
  }
  return { secrets: [...secrets.values()], problems, waiting };
}

/** What is the proxy's own, whatever names it, is asked for by nobody but the proxy. */
function ownReference(
  reference: SecretReference,
  { kind, name }: Pick<Proxy, "kind" | "name">,
): SecretReference {
  return reference.source.kind === "workloadCertificate" || reference.source.kind === "workloadTrust"
    ? ofProxy(workloads, reference.source.kind, `${kind}/${name}`)
    : reference;
}

const workloads = {};
const ofProxy = memo(
  (_: typeof workloads, kind: "workloadCertificate" | "workloadTrust", entity: string): SecretReference =>
    secretReference({ kind }, { entity, path: "" }),
);

function secret(
  entities: MeshEntities,
  reference: SecretReference,
  { kind, name, unproven }: Pick<Proxy, "kind" | "name" | "unproven">,
): Resource<SecretJson> | Unavailable {
  const { source } = reference;
  switch (source.kind) {
    case "fileCertificate":
    case "fileTrust":
      return fileSecret(reference);
    case "acmCertificate":
    case "acmIssuers": {
      const found = entities.certificate?.(source.certificateArn) ?? notExported;
      return "unavailable" in found ? found : acmSecret(found, reference);
    }
    case "acmAuthorities": {
      const found = source.certificateAuthorityArns.map(
        (arn) => entities.certificateAuthority?.(arn) ?? notExported,
      );
      const missing = found.find((authority): authority is Unavailable => "unavailable" in authority);
      if (missing !== undefined) return missing;
      return authoritiesSecret(list(found as readonly ExportedAuthority[]), reference);
    }
    case "workloadCertificate": {
      if (unproven) return notProven;
      const found = entities.workloadCertificate?.(`${kind}/${name}`) ?? notIssued;
      return "unavailable" in found ? found : certificateSecret(found, reference);
    }
    case "workloadTrust": {
      const found = entities.workloadTrust?.() ?? notIssued;
      return "unavailable" in found ? found : authoritiesSecret(list([found]), reference);
    }
  }
}

const notExported: Unavailable = {
  unavailable:
    "this control plane exports no certificates from AWS: connections that need it are refused. Give it in a file " +
    "or by SDS",
};

const notIssued: Unavailable = { unavailable: "this control plane issues no certificates to proxies" };

const notProven: Unavailable = {
  unavailable:
    "its proxy has not proven who it is, and gets no certificate of the mesh: others refuse it where TLS is STRICT. Give " +
    "the proxy a certificate or a token, and have it call the control plane at --xds",
};

const resource = (
  { name, place }: SecretReference,
  content: Omit<SecretJson, "name">,
): Resource<SecretJson> => ({ name, json: { name, ...content }, entities: [place.entity] });

const trusting = (inlineString: string): CertificateValidationContextJson => ({
  trustedCa: { inlineString },
});

/** Envoy reads the files by itself, and again whenever something is moved into their folders. */
const fileSecret = memo(({ name, source, place }: SecretReference): Resource<SecretJson> => {
  const content: Omit<SecretJson, "name"> =
    source.kind === "fileCertificate"
      ? {
          tlsCertificate: {
            certificateChain: { filename: source.certificateChain },
            privateKey: { filename: source.privateKey },
          },
        }
      : source.kind === "fileTrust"
        ? { validationContext: { trustedCa: { filename: source.certificateChain } } }
        : {};
  return { name, json: { name, ...content }, entities: [place.entity] };
});

const acmSecret = (certificate: ExportedCertificate, reference: SecretReference): Resource<SecretJson> =>
  reference.source.kind === "acmCertificate"
    ? certificateSecret(certificate, reference)
    : issuersSecret(certificate, reference);

const certificateSecret = memo(
  (certificate: ExportedCertificate, reference: SecretReference): Resource<SecretJson> =>
    resource(reference, {
      tlsCertificate: {
        certificateChain: { inlineString: `${certificate.certificate}\n${certificate.issuers}` },
        privateKey: { inlineString: certificate.privateKey },
      },
    }),
);

const issuersSecret = memo(
  (certificate: ExportedCertificate, reference: SecretReference): Resource<SecretJson> =>
    resource(reference, { validationContext: trusting(certificate.issuers) }),
);

const authoritiesSecret = memo(
  (authorities: readonly ExportedAuthority[], reference: SecretReference): Resource<SecretJson> =>
    resource(reference, {
      validationContext: trusting(authorities.map(({ certificates }) => certificates).join("\n")),
    }),
);
