import { deepEqual, throws } from "node:assert/strict";
import { configure } from "../settings.js";
import { check } from "./check.js";
import { declaredIn, UnreadableFile } from "./documents.js";
import { isStopped, report } from "./report.js";

const only = (...rules: string[]) =>
  configure({ all: "disabled", rules: Object.fromEntries(rules.map((name) => [name, "mandatory"])) });
const lines = (
  text: string,
  configuration = only("egress-drop-all", "tls-listener-strict", "references-resolve"),
) =>
  report(check(declaredIn("mesh.yaml", text), configuration, Date.parse("2026-11-23")), "text").split("\n");

const mesh = { meshName: "shop", spec: { egressFilter: { type: "ALLOW_ALL" } } };
const node = {
  meshName: "shop",
  virtualNodeName: "web",
  spec: {
    listeners: [{ portMapping: { port: 80, protocol: "http" } }],
    backends: [{ virtualService: { virtualServiceName: "x" } }],
  },
};
const noTls =
  "there is no tls, so that the listener takes connections without TLS only; give tls with mode STRICT and a certificate.";
const allowAll = "ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.";

describe("appmesh check", () => {
  it("reads input of the AWS CLI, alone and in lists, and judges all files' entities together", () => {
    const found = [
      `mesh.yaml: web: [mandatory] tls-listener-strict: spec.listeners[0].tls: ${noTls}`,
      "mesh.yaml: web: [mandatory] references-resolve: spec.backends[0].virtualService.virtualServiceName: there is no virtual service x; correct the name, or declare it.",
      `mesh.yaml: shop: [mandatory] egress-drop-all: spec.egressFilter.type: ${allowAll}`,
      "3 found in 2 resources, of which 3 are mandatory",
    ].map((line) => line.replace(": web:", ": virtualNode web:").replace(": shop:", ": mesh shop:"));
    deepEqual(lines(JSON.stringify([mesh, node])), found);
    deepEqual(
      lines(
        `${JSON.stringify(mesh)}\n---\n${JSON.stringify({ virtualNode: { ...node, metadata: {}, status: {} } })}`,
      ),
      found,
    );
  });

  it("knows each kind of entity by what it names", () => {
    const kinds = [
      { meshName: "m" },
      { meshName: "m", virtualNodeName: "a" },
      { meshName: "m", virtualRouterName: "a" },
      { meshName: "m", virtualRouterName: "a", routeName: "b" },
      { meshName: "m", virtualServiceName: "a" },
      { meshName: "m", virtualGatewayName: "a" },
      { meshName: "m", virtualGatewayName: "a", gatewayRouteName: "b", tags: [{ key: "k", value: "v" }] },
    ];
    deepEqual(
      declaredIn("f", JSON.stringify(kinds)).map(({ type, name }) => [type, name]),
      [
        ["appmesh:index:Mesh", "mesh m"],
        ["appmesh:index:VirtualNode", "virtualNode a"],
        ["appmesh:index:VirtualRouter", "virtualRouter a"],
        ["appmesh:index:Route", "route b"],
        ["appmesh:index:VirtualService", "virtualService a"],
        ["appmesh:index:VirtualGateway", "virtualGateway a"],
        ["appmesh:index:GatewayRoute", "gatewayRoute b"],
      ],
    );
    deepEqual(declaredIn("f", JSON.stringify(kinds))[6]?.props.tags, { k: "v" });
  });

  it("reads templates of CloudFormation, whatever they compute", () => {
    const template = `
Resources:
  Mesh:
    Type: AWS::AppMesh::Mesh
    Properties: { MeshName: shop, Spec: { EgressFilter: { Type: ALLOW_ALL } } }
  Web:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: !GetAtt Mesh.MeshName
      VirtualNodeName: !Sub "\${AWS::StackName}-web"
      Tags: [{ Key: owner, Value: !Ref Owner }]
      Spec:
        Listeners:
          - PortMapping: { Port: 80, Protocol: http }
          - PortMapping: { Port: 81, Protocol: http }
            TLS: { Mode: !Ref Mode, Certificate: { ACM: { CertificateArn: !ImportValue x } } }
            ConnectionPool: { HTTP2: { MaxRequests: 5 } }
          - PortMapping: { Port: 82, Protocol: http }
            TLS: { Mode: STRICT, Certificate: { SDS: { SecretName: s } } }
        ServiceDiscovery: { AWSCloudMap: { NamespaceName: n, ServiceName: { "Fn::Join": ["-", [a, b]] } } }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ProxyConfiguration: { ContainerName: envoy, ProxyConfigurationProperties: [{ Name: IgnoredUID, Value: "1337" }] }
      ContainerDefinitions: [{ Name: envoy, Image: "envoyproxy/envoy:latest", User: "1337" }]
  Bucket: { Type: "AWS::S3::Bucket" }
`;
    deepEqual(
      lines(
        template,
        only("egress-drop-all", "tls-listener-strict", "sidecar-image-pinned", "sidecar-redirection"),
      ),
      [
        `mesh.yaml: Web: [mandatory] tls-listener-strict: spec.listeners[0].tls: ${noTls}`,
        `mesh.yaml: Mesh: [mandatory] egress-drop-all: spec.egressFilter.type: ${allowAll}`,
        "mesh.yaml: Task: [mandatory] sidecar-image-pinned: containerDefinitions[0].image: envoyproxy/envoy:latest is whatever is newest; name a version or a digest.",
        "3 found in 3 resources, of which 3 are mandatory",
      ],
    );
    const web = declaredIn("t", template)[1]?.props as {
      spec: { listeners: { connectionPool?: object }[]; serviceDiscovery: object };
    };
    deepEqual(web.spec.listeners[1]?.connectionPool, { http2: { maxRequests: 5 } });
    deepEqual(Object.keys(web.spec.serviceDiscovery), ["awsCloudMap"]);
  });

  it("reads Kubernetes objects, and passes over those of others", () => {
    const objects = `
apiVersion: appmesh.k8s.aws/v1beta2
kind: Mesh
metadata: { name: shop }
spec: { egressFilter: { type: ALLOW_ALL } }
---
apiVersion: v1
kind: List
items:
  - apiVersion: appmesh.k8s.aws/v1beta2
    kind: VirtualNode
    metadata: { name: web, namespace: shop }
    spec: { backends: [{ virtualService: { virtualServiceRef: { name: x } } }] }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: c } }
`;
    deepEqual(lines(objects), [
      "mesh.yaml: VirtualNode web: [mandatory] references-resolve: spec.backends[0].virtualService.virtualServiceRef: there is no virtual service x.shop; correct the name, or declare it.",
      `mesh.yaml: Mesh shop: [mandatory] egress-drop-all: spec.egressFilter.type: ${allowAll}`,
      "2 found in 2 resources, of which 2 are mandatory",
    ]);
  });

  it("says how much it has judged", () => {
    deepEqual(lines("{}\n---\n".replace("{}", JSON.stringify({ meshName: "shop", spec: {} }))), [
      "nothing was found in 1 resource",
    ]);
    deepEqual(lines(JSON.stringify({ Resources: { B: { Type: "AWS::S3::Bucket" } } })), [
      "nothing was judged: there is nothing of a mesh in it",
    ]);
  });

  it("leaves out what is exempt and what is switched off, and stops for what is mandatory alone", () => {
    const declared = declaredIn("mesh.json", JSON.stringify(mesh));
    const exempt = configure({
      rules: { "egress-drop-all": "mandatory" },
      all: "disabled",
      exemptions: [{ urn: "mesh.json::mesh shop", rules: ["egress-drop-all"], reason: "a lab of its own" }],
    });
    deepEqual(check(declared, exempt), {
      judged: 1,
      violations: [],
      exemptions: ["1 finding is exempt from egress-drop-all of mesh.json::mesh shop (a lab of its own)"],
    });
    const advice = check(declared, configure({ all: "advisory" }));
    deepEqual(isStopped(advice), false);
    deepEqual(report(advice, "text").split("\n").at(-1), "1 found in 1 resource, of which 0 are mandatory");
    deepEqual(isStopped(check(declared, only("egress-drop-all"))), true);
  });

  it("tells programs in JSON, and code hosts in SARIF", () => {
    const checked = check(declaredIn("mesh.json", JSON.stringify(mesh)), only("egress-drop-all"));
    deepEqual(JSON.parse(report(checked, "json")), {
      judged: 1,
      violations: [
        {
          rule: "egress-drop-all",
          severity: "high",
          level: "mandatory",
          file: "mesh.json",
          name: "mesh shop",
          path: "spec.egressFilter.type",
          message: "ALLOW_ALL lets traffic out to any address",
          fix: "set it to DROP_ALL",
        },
      ],
      exemptions: [],
    });
    const { runs } = JSON.parse(report(checked, "sarif"));
    deepEqual(runs[0].results, [
      {
        ruleId: "egress-drop-all",
        ruleIndex: 0,
        level: "error",
        message: { text: `mesh shop: spec.egressFilter.type: ${allowAll}` },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "mesh.json" } },
            logicalLocations: [{ fullyQualifiedName: "mesh shop" }],
          },
        ],
      },
    ]);
    deepEqual(
      runs[0].tool.driver.rules.map(({ id }: { id: string }) => id),
      ["egress-drop-all"],
    );
  });

  for (const [what, text, complaint] of [
    ["no JSON and no YAML", "{", /^f: neither JSON nor YAML: /],
    [
      "a text",
      "hello",
      /^f: it is no input or output of the AWS CLI for App Mesh, no template of CloudFormation, and no Kubernetes object$/,
    ],
    [
      "something else in the second document",
      '{"meshName":"m"}\n---\n{"a":1}',
      /^f, document 2: it is no input/,
    ],
    ["something else in a list", '[{"meshName":"m"},5]', /^f: it is no input/],
  ] as const) {
    it(`refuses ${what}`, () => {
      throws(
        () => declaredIn("f", text),
        (error) => error instanceof UnreadableFile && complaint.test(error.message),
      );
    });
  }
});
