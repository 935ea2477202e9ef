import { isIP } from "node:net";
import type {
  ClientPolicyTls,
  ClientTlsCertificate,
  ListenerTls,
  ListenerTlsCertificate,
  PortProtocol,
  SubjectAlternativeNames,
  TlsValidationContext,
  VirtualNodeSpec,
} from "@pulumi-appmesh/model";
import type { TransportSocketJson } from "../gen/envoy/config/core/v3/base_pb.js";
import type { FilterChainMatchJson } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type {
  SubjectAltNameMatcher_SanTypeJson,
  SubjectAltNameMatcherJson,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { SdsSecretConfigJson } from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { CommonTlsContextJson } from "../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ManagedTls } from "./entities.js";
import { packed } from "./extensions.js";
import {
  fromBesideProxy,
  fromControlPlane,
  type Place,
  type SecretReference,
  type SecretSource,
  secretReference,
} from "./secrets.js";

/** One of the ways in which a listener takes connections: a filter chain without its filters. */
export interface Acceptance {
  /** Which connections; all of them where it is empty. */
  readonly match: FilterChainMatchJson;
  /** Absent: without TLS. */
  readonly transportSocket?: TransportSocketJson;
}

export interface Acceptances {
  readonly chains: readonly Acceptance[];
  /** Whether connections are told apart by how they begin, which needs Envoy's tls_inspector. */
  readonly inspected: boolean;
  readonly secrets: readonly SecretReference[];
}

const plaintext: Acceptances = { chains: [{ match: {} }], inspected: false, secrets: [] };

/** How a listener takes connections. `place` is that of its `tls`. */
export function acceptances(
  tls: ListenerTls | undefined,
  protocol: PortProtocol,
  place: Place,
  managed?: ManagedTls,
): Acceptances {
  if (tls === undefined && managed) {
    return accepting(managedDownstreamTls(managed, protocol, place), managed.listeners === "tls");
  }
  if (tls === undefined || tls.mode === "DISABLED") return plaintext;
  return accepting(downstreamTls(tls, protocol, place), tls.mode === "STRICT");
}

function accepting({ json: transportSocket, secrets }: TlsSocket, only: boolean): Acceptances {
  if (only) return { chains: [{ match: {}, transportSocket }], inspected: false, secrets };
  return {
    chains: [
      { match: { transportProtocol: "tls" }, transportSocket },
      { match: { transportProtocol: "raw_buffer" } },
    ],
    inspected: true,
    secrets,
  };
}

/** A transport socket, and the secrets that it names. */
export interface TlsSocket {
  readonly json: TransportSocketJson;
  readonly secrets: readonly SecretReference[];
}

/**
 * TLS as a server. A listener that is PERMISSIVE checks the certificate of a client that has one and takes the others,
 * as it takes those without TLS: so that clients can be given theirs one after the other. Where it lists names, Envoy
 * asks every client that speaks TLS for a certificate.
 */
function downstreamTls(tls: ListenerTls, protocol: PortProtocol, place: Place): TlsSocket {
  const { mode, certificate, validation } = tls;
  const secrets = new Secrets(place);
  return {
    json: {
      name: "envoy.transport_sockets.tls",
      typedConfig: packed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        commonTlsContext: {
          ...common(protocol),
          tlsCertificateSdsSecretConfigs: [secrets.certificate(certificate)],
          ...(validation
            ? trusting(
                secrets.trust(validation.trust),
                sanMatchers(validation.subjectAlternativeNames, undefined),
              )
            : {}),
        },
        ...(validation ? { requireClientCertificate: mode === "STRICT" } : {}),
      }),
    },
    secrets: secrets.all,
  };
}

/**
 * TLS as a server, where the control plane gives all proxies of a mesh their certificates. While plain text is taken too,
 * so is a client without a certificate.
 */
function managedDownstreamTls(
  { listeners, names }: ManagedTls,
  protocol: PortProtocol,
  place: Place,
): TlsSocket {
  const secrets = new Secrets(place);
  return {
    json: {
      name: "envoy.transport_sockets.tls",
      typedConfig: packed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        commonTlsContext: {
          ...common(protocol),
          tlsCertificateSdsSecretConfigs: [secrets.told({ kind: "workloadCertificate" }, "")],
          ...trusting(secrets.told({ kind: "workloadTrust" }, ""), [
            { sanType: "URI", matcher: { prefix: names } },
          ]),
        },
        requireClientCertificate: listeners === "tls",
      }),
    },
    secrets: secrets.all,
  };
}

/** The name in the certificate that the control plane gives the proxies of a virtual node. */
const workloadName = ({ names }: ManagedTls, node: string): string =>
  `${names}virtualNode/${encodeURIComponent(node)}`;

/** TLS as a client of a virtual node whose proxies have their certificates of the control plane. */
export function managedTls(managed: ManagedTls, node: string, peer: Peer, place: Place): TlsSocket {
  const secrets = new Secrets(place);
  return upstreamTls(peer, secrets, {
    ...trusting(secrets.told({ kind: "workloadTrust" }, ""), [
      { sanType: "URI", matcher: { exact: workloadName(managed, node) } },
    ]),
    tlsCertificateSdsSecretConfigs: [secrets.told({ kind: "workloadCertificate" }, "")],
  });
}

/** Whom a proxy calls. */
export interface Peer {
  readonly protocol: PortProtocol;
  /** The name by which it is found, which its certificate must carry where nothing else is said. */
  readonly name: string;
}

/** TLS as a client that has a policy. `place` is that of the policy's `tls`. */
export function policyTls(policy: ClientPolicyTls, peer: Peer, place: Place): TlsSocket {
  const { validation, certificate } = policy;
  const secrets = new Secrets(place);
  return upstreamTls(peer, secrets, {
    ...trusting(secrets.trust(validation.trust), sanMatchers(validation.subjectAlternativeNames, peer.name)),
    ...(certificate ? { tlsCertificateSdsSecretConfigs: [secrets.certificate(certificate)] } : {}),
  });
}

/**
 * TLS as a client without a policy, towards a listener that offers it. As in App Mesh, the certificate is checked
 * where the control plane knows who signed it, which it does of those in ACM. `place` is that of the listener's `tls`.
 */
export function offeredTls(offer: ListenerTls, peer: Peer, place: Place): TlsSocket {
  const secrets = new Secrets(place);
  const { acm } = offer.certificate;
  return upstreamTls(
    peer,
    secrets,
    acm
      ? trusting(
          secrets.told({ kind: "acmIssuers", certificateArn: acm.certificateArn }, "certificate.acm"),
          sanMatchers(undefined, peer.name),
        )
      : {},
  );
}

function upstreamTls(peer: Peer, secrets: Secrets, context: CommonTlsContextJson): TlsSocket {
  return {
    json: {
      name: "envoy.transport_sockets.tls",
      typedConfig: packed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
        commonTlsContext: { ...common(peer.protocol), ...context },
        // Servers that have several certificates choose by it. Only host names may stand there.
        ...(!isIP(peer.name) && /^[\w.-]{1,255}$/.test(peer.name) ? { sni: peer.name } : {}),
      }),
    },
    secrets: secrets.all,
  };
}

/** Whether a client policy says anything of a port, by any of the numbers that the port has. */
export const policyApplies = (policy: ClientPolicyTls, ports: readonly number[]): boolean =>
  (policy.ports ?? []).length === 0 || ports.some((port) => policy.ports?.includes(port));

/** The name by which a virtual node is found: its host name, or service and namespace in Cloud Map. */
export function discoveredName({ serviceDiscovery }: VirtualNodeSpec): string | undefined {
  const { dns, awsCloudMap } = serviceDiscovery ?? {};
  if (dns) return dns.hostname.replace(/\.$/, "").replace(/^\[(.*)\]$/, "$1");
  return awsCloudMap && `${awsCloudMap.serviceName}.${awsCloudMap.namespaceName}`;
}

/** Gathers the secrets of one transport socket. */
class Secrets {
  readonly all: SecretReference[] = [];

  constructor(private readonly place: Place) {}

  /** One that the control plane tells. `path` is that of the member that asks for it. */
  told(source: SecretSource, path: string): SdsSecretConfigJson {
    const { entity, path: parent } = this.place;
    const reference = secretReference(source, { entity, path: path === "" ? parent : `${parent}.${path}` });
    this.all.push(reference);
    return fromControlPlane(reference.name);
  }

  certificate(certificate: ListenerTlsCertificate | ClientTlsCertificate): SdsSecretConfigJson {
    const { acm, file, sds } = certificate as ListenerTlsCertificate;
    if (sds) return fromBesideProxy(sds.secretName);
    if (file) return this.told({ kind: "fileCertificate", ...file }, "certificate.file");
    const certificateArn = acm?.certificateArn ?? "";
    return this.told({ kind: "acmCertificate", certificateArn }, "certificate.acm");
  }

  trust({ acm, file, sds }: TlsValidationContext["trust"]): SdsSecretConfigJson {
    if (sds) return fromBesideProxy(sds.secretName);
    if (file) return this.told({ kind: "fileTrust", ...file }, "validation.trust.file");
    const certificateAuthorityArns = acm?.certificateAuthorityArns ?? [];
    return this.told({ kind: "acmAuthorities", certificateAuthorityArns }, "validation.trust.acm");
  }
}

/** TLS 1.2 and 1.3. HTTP says in the handshake which version it speaks. */
const common = (protocol: PortProtocol): CommonTlsContextJson => ({
  tlsParams: { tlsMinimumProtocolVersion: "TLSv1_2", tlsMaximumProtocolVersion: "TLSv1_3" },
  ...(protocol === "tcp" ? {} : { alpnProtocols: [protocol === "http" ? "http/1.1" : "h2"] }),
});

function trusting(
  trust: SdsSecretConfigJson,
  names: readonly SubjectAltNameMatcherJson[],
): CommonTlsContextJson {
  return names.length === 0
    ? { validationContextSdsSecretConfig: trust }
    : {
        combinedValidationContext: {
          defaultValidationContext: { matchTypedSubjectAltNames: [...names] },
          validationContextSdsSecretConfig: trust,
        },
      };
}

/** The names one of which a certificate must carry: those that are given, else the default. */
function sanMatchers(
  names: SubjectAlternativeNames | undefined,
  byDefault: string | undefined,
): readonly SubjectAltNameMatcherJson[] {
  const given = names?.match.exact ?? [];
  const accepted = given.length > 0 ? given : byDefault === undefined ? [] : [byDefault];
  return accepted.flatMap((name) =>
    sanTypes(name).map(
      (sanType): SubjectAltNameMatcherJson => ({
        sanType,
        matcher: { exact: sanType === "IP_ADDRESS" ? shortest(name) : name },
      }),
    ),
  );
}

/** An address as Envoy writes those of certificates. */
const shortest = (address: string): string =>
  isIP(address) === 6 && !address.includes("%")
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address;

/** A name may stand in a certificate in several ways; Envoy compares each way by itself. */
function sanTypes(name: string): readonly SubjectAltNameMatcher_SanTypeJson[] {
  if (isIP(name)) return ["IP_ADDRESS", "DNS"];
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return ["URI"];
  return name.includes("@") ? ["EMAIL"] : ["DNS"];
}
