import assert from "node:assert/strict";
import {
  AccessLog,
  accountId,
  EgressFilter,
  type EntityType,
  entityTypes,
  enumeration,
  integer,
  list,
  optional,
  PortMapping,
  required,
  string,
  structure,
  TagKeyList,
  TagList,
  union,
} from "@pulumi-appmesh/model";
import { type Contract, readContract } from "./contract.js";
import { differences, renamed } from "./differences.js";

const types = Object.values(entityTypes);

describe("the model and App Mesh's contract in botocore", () => {
  let contract: Contract;

  before(async function () {
    this.timeout(180_000);
    contract = await readContract();
  });

  it("have the same members and constraints, apart from what is meant to differ", () => {
    const found = [
      ...types.flatMap(({ title, spec }) => differences(contract, spec, `${title}Spec`)),
      ...types.flatMap(({ nameShape, nameMember }) =>
        differences(
          contract,
          nameShape,
          nameMember === "virtualServiceName" ? "ServiceName" : "ResourceName",
        ),
      ),
      ...differences(contract, TagList, "TagList"),
      ...differences(contract, TagKeyList, "TagKeyList"),
      ...differences(contract, accountId, "AccountId"),
    ];
    assert.deepEqual([...new Set(found)].sort(), Object.values(meant).flat().sort());
  });

  it("call the same things by the same names, apart from what the contract has twice", () => {
    const found = Object.assign(
      {},
      ...types.map(({ title, spec }) => renamed(contract, spec, `${title}Spec`)),
    );
    assert.deepEqual(found, sharedNames);
  });

  describe("serve each kind of entity at the same places", () => {
    for (const type of types) {
      it(type.title, () => assertServed(contract, type));
    }

    it("and nothing but entities and tags", () => {
      const expected = types.flatMap(({ title, listMember }) => [
        ...["Create", "Describe", "Update", "Delete"].map((verb) => verb + title),
        `List${listMember.replace(/^./, (letter) => letter.toUpperCase())}`,
      ]);
      const tagging = ["ListTagsForResource", "TagResource", "UntagResource"];
      assert.deepEqual(Object.keys(contract.operations).sort(), [...expected, ...tagging].sort());
    });
  });

  describe("would be found to differ", () => {
    const { port, protocol } = PortMapping.members;
    const itFinds = (what: string, members: Parameters<typeof structure>[2], expected: string[]) =>
      it(what, () =>
        assert.deepEqual(
          differences(contract, structure("PortMapping", "", members), "PortMapping"),
          expected,
        ),
      );

    itFinds("with a member less", { port }, [
      "PortMapping.protocol: member is missing, there in the contract",
    ]);
    itFinds("with a member more", { port, protocol, name: optional(string(), "") }, [
      "PortMapping.name: member is there, missing in the contract",
    ]);
    itFinds("in what is required", { port: optional(port.shape, ""), protocol }, [
      "PortMapping.port: required is false, true in the contract",
    ]);
    itFinds("in a range", { port: required(integer({ min: 0 }), ""), protocol }, [
      "PortMapping.port: smallest is 0, 1 in the contract",
      "PortMapping.port: largest is not limited, 65535 in the contract",
    ]);
    itFinds(
      "in the values of an enumeration",
      { port, protocol: required(enumeration("PortProtocol", "", { http: "" }), "") },
      ["PortMapping.protocol: values is http, http tcp http2 grpc in the contract"],
    );
    itFinds("in kind", { port: required(string(), ""), protocol }, [
      "PortMapping.port: kind is string, integer in the contract",
    ]);

    it("in a list", () => {
      assert.deepEqual(differences(contract, list(string({ maxLength: 9 }), { minItems: 1 }), "TagKeyList"), [
        "TagKeyList: fewest is 1, not limited in the contract",
        "TagKeyList: most is not limited, 50 in the contract",
        "TagKeyList[]: shortest is not limited, 1 in the contract",
        "TagKeyList[]: longest is 9, 128 in the contract",
      ]);
    });

    it("in a choice", () => {
      assert.deepEqual(differences(contract, structure("AccessLog", "", AccessLog.members), "AccessLog"), [
        "AccessLog: choice is not limited, exactly one of file in the contract",
      ]);
      assert.deepEqual(
        differences(contract, union("EgressFilter", "", EgressFilter.members), "EgressFilter"),
        ["EgressFilter: choice is exactly one of type, not limited in the contract"],
      );
    });
  });
});

/** Each intended difference, under the reason for it. */
const meant: Record<string, string[]> = {
  "App Mesh takes one of them, without the contract saying so (clients that AWS wrote refuse two, or none)": [
    "RouteSpec: choice is exactly one of grpcRoute http2Route httpRoute tcpRoute, not limited in the contract",
    "GatewayRouteSpec: choice is exactly one of grpcRoute http2Route httpRoute, not limited in the contract",
    "HttpPathMatch: choice is exactly one of exact regex, not limited in the contract",
    "GatewayRouteHostnameMatch: choice is exactly one of exact suffix, not limited in the contract",
    "HttpGatewayRoutePrefixRewrite: choice is exactly one of defaultPrefix value, not limited in the contract",
  ],
  "One path cannot be matched, or rewritten, in two ways; with none every path matches, as AWS's guide has it":
    [
      "HttpRouteMatch: choice is at most one of path prefix, not limited in the contract",
      "HttpGatewayRouteMatch: choice is at most one of path prefix, not limited in the contract",
      "HttpGatewayRouteRewrite: choice is at most one of path prefix, not limited in the contract",
    ],
  "Half a duration has no meaning; CloudFormation requires both": [
    "Duration.unit: required is true, false in the contract",
    "Duration.value: required is true, false in the contract",
  ],
  "AWS's documentation lists the events; another one would never occur": [
    "HttpRetryPolicy.httpRetryEvents[]: values is server-error gateway-error client-error stream-error, not limited in the contract",
    "GrpcRetryPolicy.httpRetryEvents[]: values is server-error gateway-error client-error stream-error, not limited in the contract",
  ],
  "Envoy, which has to take it, cannot hold more": [
    "Duration.value: largest is 9223372036, not limited in the contract",
    "HttpRetryPolicy.maxRetries: largest is 4294967295, not limited in the contract",
    "GrpcRetryPolicy.maxRetries: largest is 4294967295, not limited in the contract",
    "OutlierDetection.maxServerErrors: largest is 4294967295, not limited in the contract",
  ],
  "The contract's limit of other names and references holds for virtual services as well (Terraform's provider has it)":
    [
      "ServiceName: shortest is 1, not limited in the contract",
      "ServiceName: longest is 255, not limited in the contract",
      "VirtualServiceBackend.virtualServiceName: shortest is 1, not limited in the contract",
    ],
  "A slash would split ARNs and URLs; App Mesh refused it, and control characters are no part of a name": [
    "ResourceName: pattern is ^(?!\\.{1,2}$)[^/\\p{Cc}]+$, not limited in the contract",
    "ServiceName: pattern is ^(?!\\.{1,2}$)[^/\\p{Cc}]+$, not limited in the contract",
  ],
  "An account is twelve digits, not any twelve characters": [
    "AccountId: pattern is ^[0-9]{12}$, not limited in the contract",
  ],
  "App Mesh refused other names of headers with this very pattern": [
    "HttpRouteHeader.name: pattern is ^[!-9;-~]+$, not limited in the contract",
    "GrpcRouteMetadata.name: pattern is ^[!-9;-~]+$, not limited in the contract",
    "HttpGatewayRouteHeader.name: pattern is ^[!-9;-~]+$, not limited in the contract",
    "GrpcGatewayRouteMetadata.name: pattern is ^[!-9;-~]+$, not limited in the contract",
  ],
  "An empty text names nothing that could be resolved, matched or fetched": [
    "DnsServiceDiscovery.hostname: shortest is 1, not limited in the contract",
    "GrpcRouteMatch.serviceName: shortest is 1, not limited in the contract",
    "GrpcGatewayRouteMatch.serviceName: shortest is 1, not limited in the contract",
    "HttpQueryParameter.name: shortest is 1, not limited in the contract",
    "ListenerTlsSdsCertificate.secretName: shortest is 1, not limited in the contract",
    "TlsValidationContextSdsTrust.secretName: shortest is 1, not limited in the contract",
    "VirtualGatewayListenerTlsSdsCertificate.secretName: shortest is 1, not limited in the contract",
    "VirtualGatewayTlsValidationContextSdsTrust.secretName: shortest is 1, not limited in the contract",
  ],
  "What is no ARN can be looked up nowhere": [
    "ListenerTlsAcmCertificate.certificateArn",
    "TlsValidationContextAcmTrust.certificateAuthorityArns[]",
    "VirtualGatewayListenerTlsAcmCertificate.certificateArn",
    "VirtualGatewayTlsValidationContextAcmTrust.certificateAuthorityArns[]",
  ].flatMap((place) => [
    `${place}: shortest is 1, not limited in the contract`,
    `${place}: pattern is ^arn:[^:\\s]+:[^:\\s]+:\\S+$, not limited in the contract`,
  ]),
};

/** What the contract states once for virtual nodes and routes, and once more, alike, for virtual gateways and their routes. */
const sharedNames: Record<string, string> = {
  VirtualGatewayAccessLog: "AccessLog",
  VirtualGatewayBackendDefaults: "BackendDefaults",
  VirtualGatewayClientPolicy: "ClientPolicy",
  VirtualGatewayClientPolicyTls: "ClientPolicyTls",
  VirtualGatewayClientTlsCertificate: "ClientTlsCertificate",
  VirtualGatewayFileAccessLog: "FileAccessLog",
  VirtualGatewayListenerTls: "ListenerTls",
  VirtualGatewayListenerTlsAcmCertificate: "ListenerTlsAcmCertificate",
  VirtualGatewayListenerTlsCertificate: "ListenerTlsCertificate",
  VirtualGatewayListenerTlsFileCertificate: "ListenerTlsFileCertificate",
  VirtualGatewayListenerTlsMode: "ListenerTlsMode",
  VirtualGatewayListenerTlsSdsCertificate: "ListenerTlsSdsCertificate",
  VirtualGatewayListenerTlsValidationContext: "ListenerTlsValidationContext",
  VirtualGatewayListenerTlsValidationContextTrust: "ListenerTlsValidationContextTrust",
  VirtualGatewayLogging: "Logging",
  VirtualGatewayTlsValidationContext: "TlsValidationContext",
  VirtualGatewayTlsValidationContextAcmTrust: "TlsValidationContextAcmTrust",
  VirtualGatewayTlsValidationContextFileTrust: "TlsValidationContextFileTrust",
  VirtualGatewayTlsValidationContextSdsTrust: "TlsValidationContextSdsTrust",
  VirtualGatewayTlsValidationContextTrust: "TlsValidationContextTrust",
  VirtualGatewayHttpConnectionPool: "HttpConnectionPool",
  VirtualGatewayHttp2ConnectionPool: "Http2ConnectionPool",
  VirtualGatewayGrpcConnectionPool: "GrpcConnectionPool",
  VirtualNodeHttpConnectionPool: "HttpConnectionPool",
  VirtualNodeHttp2ConnectionPool: "Http2ConnectionPool",
  VirtualNodeGrpcConnectionPool: "GrpcConnectionPool",
  VirtualNodeTcpConnectionPool: "TcpConnectionPool",
  GrpcGatewayRouteMetadata: "GrpcRouteMetadata",
  GrpcMetadataMatchMethod: "GrpcRouteMetadataMatchMethod",
  HttpGatewayRouteHeader: "HttpRouteHeader",
};

function assertServed(contract: Contract, type: EntityType): void {
  const { title, nameMember, kind, listMember } = type;
  const operation = (name: string) => {
    const found = contract.operations[name];
    assert.ok(found, name);
    const { method, requestUri, responseCode } = found.http;
    return {
      at: `${method} ${requestUri} ${responseCode}`,
      input: contract.shapes[found.input.shape],
      output: contract.shapes[found.output.shape],
    };
  };
  const collection = `${container(type.parent && entityTypes[type.parent])}/${type.collection}`;
  const list = operation(`List${listMember.replace(/^./, (letter) => letter.toUpperCase())}`);
  assert.equal(list.at, `GET ${collection} 200`);
  assert.ok(list.output?.required?.includes(listMember));
  const places = {
    Create: `PUT ${collection} 200`,
    Describe: `GET ${collection}/{${nameMember}} 200`,
    Update: `PUT ${collection}/{${nameMember}} 200`,
    Delete: `DELETE ${collection}/{${nameMember}} 200`,
  };
  for (const [verb, at] of Object.entries(places)) {
    const { at: found, input, output } = operation(verb + title);
    assert.equal(found, at);
    assert.ok(input?.required?.includes(nameMember), `${verb}${title} requires ${nameMember}`);
    assert.equal(output?.payload, kind);
    if (verb === "Create" || verb === "Update") {
      assert.equal(input?.members?.spec?.shape, `${title}Spec`);
      assert.equal(input?.required?.includes("spec"), type.specRequired);
    }
    const data = contract.shapes[output?.members?.[kind]?.shape ?? ""];
    assert.ok(data?.required?.includes(nameMember), `${verb}${title} answers with ${nameMember}`);
  }
}

/** Path below which the children of an entity live. */
function container(type: EntityType | undefined): string {
  if (type === undefined) return "/v20190125";
  assert.ok(type.parentSegment, `${type.kind} has children`);
  return `${container(type.parent && entityTypes[type.parent])}/${type.parentSegment}/{${type.nameMember}}`;
}
