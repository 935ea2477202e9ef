import assert from "node:assert/strict";
import { bootstrap } from "./bootstrap.js";
import { watchedSecrets, type XdsTls } from "./xds-tls.js";

describe("the TLS of a bootstrap", () => {
  const told = (tls: XdsTls, host = "mesh.internal") => {
    const { staticResources } = bootstrap({
      mesh: "shop",
      kind: "virtualNode",
      name: "catalog-v1",
      xds: { host, port: 18000, tls },
      interception: { mode: "transparent" },
      adminPort: 9901,
    });
    const [cluster] = staticResources?.clusters ?? [];
    return {
      secrets: staticResources?.secrets,
      socket: cluster?.transportSocket,
      options: Object.values(cluster?.typedExtensionProtocolOptions ?? {})[0],
    };
  };

  const http2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicitHttpConfig: {
      http2ProtocolOptions: { connectionKeepalive: { interval: "30s", timeout: "10s" } },
    },
  };
  const socket = (context: object, more: object = { sni: "mesh.internal" }) => ({
    name: "envoy.transport_sockets.tls",
    typedConfig: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: "TLSv1_2", tlsMaximumProtocolVersion: "TLSv1_3" },
        alpnProtocols: ["h2"],
        ...context,
      },
      ...more,
    },
  });
  const named = (exact: string, sanType = "DNS") => ({
    matchTypedSubjectAltNames: [{ sanType, matcher: { exact } }],
  });
  const filters = (credential: object) => [
    {
      name: "envoy.filters.http.credential_injector",
      typedConfig: {
        "@type":
          "type.googleapis.com/envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
        overwrite: true,
        credential: {
          name: "envoy.http.injected_credentials.generic",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic",
            header: "authorization",
            credential,
          },
        },
      },
    },
    {
      name: "envoy.filters.http.upstream_codec",
      typedConfig: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
      },
    },
  ];

  it("takes everything from the environment, as secrets reach a task of ECS", () => {
    const variable = (environmentVariable: string) => ({ environmentVariable });
    assert.deepEqual(
      told({
        trust: variable("APPMESH_XDS_TRUST"),
        certificate: {
          chain: variable("APPMESH_XDS_CERTIFICATE"),
          privateKey: variable("APPMESH_XDS_PRIVATE_KEY"),
        },
        token: variable("APPMESH_XDS_TOKEN"),
      }),
      {
        secrets: [{ name: "appmesh_xds_token", genericSecret: { secret: variable("APPMESH_XDS_TOKEN") } }],
        socket: socket({
          validationContext: { trustedCa: variable("APPMESH_XDS_TRUST"), ...named("mesh.internal") },
          tlsCertificates: [
            {
              certificateChain: variable("APPMESH_XDS_CERTIFICATE"),
              privateKey: variable("APPMESH_XDS_PRIVATE_KEY"),
            },
          ],
        }),
        options: { ...http2, httpFilters: filters({ name: "appmesh_xds_token" }) },
      },
    );
  });

  it("knows the control plane by another name than it calls, and by an address", () => {
    const trust = { inline: "-----BEGIN CERTIFICATE-----" };
    const trustedCa = { inlineString: trust.inline };
    assert.deepEqual(told({ trust, serverName: "mesh.example.com" }), {
      secrets: undefined,
      socket: socket(
        { validationContext: { trustedCa, ...named("mesh.example.com") } },
        { sni: "mesh.example.com" },
      ),
      options: http2,
    });
    assert.deepEqual(
      told({ trust }, "10.0.0.7").socket,
      socket({ validationContext: { trustedCa, ...named("10.0.0.7", "IP_ADDRESS") } }, {}),
    );
  });

  const files = {
    trust: { file: "/tls/ca.pem" },
    certificate: { chain: { file: "/tls/tls.crt" }, privateKey: { file: "/tls/tls.key" } },
    token: { file: "/tls/token" },
  };

  it("takes files when Envoy starts", () => {
    assert.deepEqual(watchedSecrets(files), {});
    const { secrets, socket: found } = told(files);
    assert.deepEqual(secrets, [
      { name: "appmesh_xds_token", genericSecret: { secret: { filename: "/tls/token" } } },
    ]);
    assert.deepEqual(
      found,
      socket({
        validationContext: { trustedCa: { filename: "/tls/ca.pem" }, ...named("mesh.internal") },
        tlsCertificates: [
          { certificateChain: { filename: "/tls/tls.crt" }, privateKey: { filename: "/tls/tls.key" } },
        ],
      }),
    );
  });

  it("takes files whenever they change, by further files beside the bootstrap", () => {
    const watched = (name: string, file: string) => ({
      name,
      sdsConfig: { pathConfigSource: { path: `/envoy/${file}` }, resourceApiVersion: "V3" },
    });
    const tls = { ...files, secretsFolder: "/envoy" };
    assert.deepEqual(told(tls), {
      secrets: undefined,
      socket: socket({
        combinedValidationContext: {
          defaultValidationContext: named("mesh.internal"),
          validationContextSdsSecretConfig: watched("appmesh_xds_trust", "trust.json"),
        },
        tlsCertificateSdsSecretConfigs: [watched("appmesh_xds_certificate", "certificate.json")],
      }),
      options: { ...http2, httpFilters: filters(watched("appmesh_xds_token", "token.json")) },
    });
    const secret = {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    };
    assert.deepEqual(
      Object.entries(watchedSecrets(tls)).map(([name, text]) => [name, JSON.parse(text)]),
      [
        [
          "trust.json",
          {
            resources: [
              {
                ...secret,
                name: "appmesh_xds_trust",
                validationContext: { trustedCa: { filename: "/tls/ca.pem" } },
              },
            ],
          },
        ],
        [
          "certificate.json",
          {
            resources: [
              {
                ...secret,
                name: "appmesh_xds_certificate",
                tlsCertificate: {
                  certificateChain: { filename: "/tls/tls.crt" },
                  privateKey: { filename: "/tls/tls.key" },
                },
              },
            ],
          },
        ],
        [
          "token.json",
          {
            resources: [
              {
                ...secret,
                name: "appmesh_xds_token",
                genericSecret: { secret: { filename: "/tls/token" } },
              },
            ],
          },
        ],
      ],
    );
  });
});
