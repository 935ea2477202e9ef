import { deepEqual, notEqual, throws } from "node:assert/strict";
import { createRequire } from "node:module";
import type { Ajv as Validator } from "ajv";
import { egressDropAll } from "../rules/egress/egress-drop-all.js";
import { configure } from "../settings.js";
import { unknown } from "../subjects/known.js";
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

const load = createRequire(import.meta.url);

/** SARIF's own schema, which is of draft 4 of JSON schema: what of a log breaks it. */
function problemsOf(log: unknown): unknown {
  // The packages of draft 4 and of formats are CommonJS, whose types say otherwise.
  const Ajv = load("ajv-draft-04") as new (options: object) => Validator;
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  (load("ajv-formats") as (ajv: Validator) => void)(ajv);
  ajv.validate(load("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), log);
  return ajv.errors;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly locations: readonly [
    { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } },
  ];
}

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

  it("reads task definitions, as they are registered and as they are described", () => {
    const containerDefinitions = [{ name: "envoy", image: "envoyproxy/envoy:latest", user: "1000" }];
    const properties = [{ name: "IgnoredUID", value: "1337" }];
    const task = {
      family: "shop",
      containerDefinitions,
      proxyConfiguration: { containerName: "envoy", properties },
    };
    const rules = only("sidecar-image-pinned", "sidecar-redirection");
    const found = (name: string) => [
      `mesh.yaml: ${name}: [mandatory] sidecar-image-pinned: containerDefinitions[0].image: envoyproxy/envoy:latest is whatever is newest; name a version or a digest.`,
      `mesh.yaml: ${name}: [mandatory] sidecar-redirection: proxyConfiguration.properties.IgnoredUID: user 1337 is ignored, and the proxy runs as 1000; set IgnoredUID and the container's user to the same, such as 1337.`,
      "2 found in 1 resource, of which 2 are mandatory",
    ];
    deepEqual(lines(JSON.stringify(task), rules), found("taskDefinition shop"));
    deepEqual(lines(JSON.stringify({ taskDefinition: task, tags: [] }), rules), found("taskDefinition shop"));
    deepEqual(declaredIn("f", JSON.stringify({ containerDefinitions })), [
      {
        file: "f",
        name: "taskDefinition",
        type: "aws:ecs/taskDefinition:TaskDefinition",
        props: { containerDefinitions },
      },
    ]);
    for (const other of [
      { taskDefinition: "shop:1" },
      { taskDefinition: [] },
      { containerDefinitions: "[]" },
    ])
      throws(() => declaredIn("f", JSON.stringify(other)), { name: "UnreadableFile" });
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
        "mesh.yaml: Web: [not judged] tls-listener-strict: spec.listeners[1].tls.mode is not known before it is deployed.",
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
      open: [],
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
      open: [],
      exemptions: [],
    });
    const { title, what, why, remediation, link } = egressDropAll;
    deepEqual(JSON.parse(report(checked, "sarif")), {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: {
              name: "appmesh check",
              rules: [
                {
                  id: "egress-drop-all",
                  name: "egress-drop-all",
                  shortDescription: { text: title },
                  fullDescription: { text: `${what} ${why}` },
                  help: { text: remediation.join(" ") },
                  helpUri: link,
                  properties: { tags: ["egress"] },
                },
              ],
            },
          },
          results: [
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
          ],
        },
      ],
    });
  });

  it("tells what SARIF's schema allows, whatever was found where", () => {
    const all = [
      ...declaredIn("meshes of the\\shop/ä.json", JSON.stringify([mesh, node])),
      ...declaredIn("-", JSON.stringify(mesh)),
      ...declaredIn("http://127.0.0.1:7070", JSON.stringify(mesh)),
    ];
    const levels = { "egress-drop-all": "mandatory", "tls-listener-strict": "advisory" };
    for (const settings of [
      { preset: "zero-trust" },
      { all: "disabled", rules: levels },
      { all: "disabled" },
    ]) {
      const log = JSON.parse(report(check(all, configure(settings)), "sarif"));
      deepEqual(problemsOf(log), null);
      if (!("rules" in settings)) continue;
      deepEqual(
        log.runs[0].results.map(
          ({ ruleId, ruleIndex, level, locations: [{ physicalLocation }] }: Result) =>
            `${ruleId} ${ruleIndex} ${level} ${physicalLocation.artifactLocation.uri}`,
        ),
        [
          "tls-listener-strict 0 warning meshes%20of%20the/shop/%C3%A4.json",
          "egress-drop-all 1 error meshes%20of%20the/shop/%C3%A4.json",
          "egress-drop-all 1 error stdin",
          "egress-drop-all 1 error http://127.0.0.1:7070",
        ],
      );
    }
    notEqual(problemsOf({ version: "2.1.0", runs: [{ tool: {} }] }), null);
  });

  it("tells what it could not judge, at each place, with the rules that would have", () => {
    const template = `
Resources:
  Web:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: !Ref Mesh
      VirtualNodeName: web
      Spec: {Listeners: !If [A, [], []]}
  Route:
    Type: AWS::AppMesh::Route
    Properties: {MeshName: shop, VirtualRouterName: !GetAtt Router.VirtualRouterName, RouteName: all, Spec: {}}
`;
    const declared = declaredIn("template.yaml", template);
    const rules = ["tls-listener-strict", "health-check", "routes-reachable"];
    deepEqual(report(check(declared, only(...rules)), "text").split("\n"), [
      "template.yaml: Web: [not judged] tls-listener-strict, health-check: spec.listeners is not known before it is deployed.",
      "template.yaml: Web: [not judged] routes-reachable: meshName is not known before it is deployed.",
      "template.yaml: Route: [not judged] routes-reachable: virtualRouterName is not known before it is deployed.",
      "nothing was found in 2 resources",
    ]);
    const all = check(declared, configure({ preset: "strict" }));
    deepEqual(
      all.open.map(({ path, rules }) => [path, rules.length]),
      [
        ["spec.listeners", 5],
        ["meshName", 6],
        ["virtualRouterName", 6],
      ],
    );
    deepEqual(
      report(all, "text")
        .split("\n")
        .filter((line) => line.includes("meshName")),
      ["template.yaml: Web: [not judged] 6 rules: meshName is not known before it is deployed."],
    );
    const log = JSON.parse(report(check(declared, only("routes-reachable")), "sarif"));
    deepEqual(problemsOf(log), null);
    deepEqual(log.runs[0].results, [
      {
        ruleId: "routes-reachable",
        ruleIndex: 0,
        kind: "open",
        level: "none",
        message: { text: "Web: meshName is not known before it is deployed." },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "template.yaml" } },
            logicalLocations: [{ fullyQualifiedName: "Web" }],
          },
        ],
      },
      {
        ruleId: "routes-reachable",
        ruleIndex: 0,
        kind: "open",
        level: "none",
        message: { text: "Route: virtualRouterName is not known before it is deployed." },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "template.yaml" } },
            logicalLocations: [{ fullyQualifiedName: "Route" }],
          },
        ],
      },
    ]);
    deepEqual(
      log.runs[0].tool.driver.rules.map(({ id }: { id: string }) => id),
      ["routes-reachable"],
    );
    deepEqual(JSON.parse(report(check(declared, only("routes-reachable")), "json")).open, [
      { file: "template.yaml", name: "Web", path: "meshName", rules: ["routes-reachable"] },
      { file: "template.yaml", name: "Route", path: "virtualRouterName", rules: ["routes-reachable"] },
    ]);
  });

  it("tells of meshes what it could not judge of an entity in them", () => {
    const routes = [1, 2].map((number) => ({
      meshName: "shop",
      virtualRouterName: "web",
      routeName: `r${number}`,
      spec: {},
    }));
    const declared = routes.flatMap((each) => declaredIn("routes.json", JSON.stringify(each)));
    const unsure = declared.map((each) => ({ ...each, props: { ...each.props, spec: unknown } }));
    deepEqual(report(check(unsure, only("routes-reachable")), "text").split("\n"), [
      "routes.json: route r1: [not judged] routes-reachable: spec is not known before it is deployed.",
      "routes.json: route r2: [not judged] routes-reachable: spec is not known before it is deployed.",
      "nothing was found in 2 resources",
    ]);
  });

  it("says in words what it found", () => {
    const rule = egressDropAll;
    const violation = { rule, file: "f", name: "n", message: "it is wrong", fix: "mend it" } as const;
    const told = (...levels: ("mandatory" | "advisory" | "remediate")[]) => {
      const violations = levels.map((level) => ({
        ...violation,
        level,
        path: level === "advisory" ? "" : "spec",
      }));
      const checked = { judged: levels.length, violations, open: [], exemptions: ["one is exempt"] };
      return [isStopped(checked), ...report(checked, "text").split("\n")];
    };
    deepEqual(told("advisory"), [
      false,
      "f: n: [advisory] egress-drop-all: it is wrong; mend it.",
      "one is exempt",
      "1 found in 1 resource, of which 0 are mandatory",
    ]);
    deepEqual(told("mandatory", "advisory"), [
      true,
      "f: n: [mandatory] egress-drop-all: spec: it is wrong; mend it.",
      "f: n: [advisory] egress-drop-all: it is wrong; mend it.",
      "one is exempt",
      "2 found in 2 resources, of which 1 is mandatory",
    ]);
    deepEqual(told("remediate")[0], true);
    deepEqual(
      report({ judged: 2, violations: [], open: [], exemptions: [] }, "text"),
      "nothing was found in 2 resources",
    );
  });

  it("names what a file has several of by its place", () => {
    const nameless = { meshName: "m", virtualNodeName: "a" };
    const names = (value: unknown, text = JSON.stringify(value)) =>
      declaredIn("f", text).map(({ name }) => name);
    deepEqual(names([nameless]), ["virtualNode a"]);
    deepEqual(names({ apiVersion: "v1", kind: "Pod" }), ["Pod "]);
    deepEqual(
      declaredIn(
        "f",
        JSON.stringify([
          { apiVersion: "v1", kind: "Pod" },
          { apiVersion: "apps/v1", kind: "Deployment" },
        ]),
      ).map(({ type }) => type),
      ["kubernetes:core/v1:Pod", "kubernetes:apps/v1:Deployment"],
    );
    deepEqual(names(undefined, "---\n---\n# nothing\n"), []);
    deepEqual(names({ apiVersion: "v1", kind: "List", items: [] }), []);
    deepEqual(names({ apiVersion: "v1", kind: "Shelf", items: [nameless] }), ["Shelf "]);
    // What is within another is that which it says, and no wrapping of an answer.
    deepEqual(names({ mesh: { meshName: "m" } }), ["mesh m"]);
    throws(() => names({ mesh: { meshName: "m" }, other: 1 }), UnreadableFile);
    throws(() => names({ mesh: null }), UnreadableFile);
    throws(() => names({ apiVersion: "v1" }), UnreadableFile);
    throws(() => names({ kind: "Pod" }), UnreadableFile);
    throws(() => names([[null]]), { name: "UnreadableFile" });
  });

  it("takes what templates compute for not known, by tags and by functions, and nothing else", () => {
    const mode = (text: string) => {
      const template = `Resources: { Web: { Type: "AWS::AppMesh::VirtualNode", Properties: { MeshName: m, VirtualNodeName: a, Spec: { Listeners: [{ TLS: { Mode: ${text} } }] } } } }`;
      const [web] = declaredIn("t", template);
      if (web === undefined) throw new Error("there is no node");
      return (web.props as { spec: { listeners: { tls: { mode: unknown } }[] } }).spec.listeners[0]?.tls.mode;
    };
    for (const computed of [
      "!Ref Mode",
      '!GetAtt "a.b"',
      "!If [c, STRICT, DISABLED]",
      "{ Ref: Mode }",
      '{ "Fn::If": [c, a, b] }',
      "!Length [1, 2]",
      "!ToJsonString { a: 1 }",
      "!FindInMap [a, b, c]",
    ])
      deepEqual(mode(computed), unknown, computed);
    deepEqual(mode("STRICT"), "STRICT");
    deepEqual(mode("{ Ref: a, Other: b }"), { ref: "a", other: "b" });
    // What a function adds to it is not known.
    deepEqual(mode('{ "Fn::Transform": { Name: "AWS::Include" }, Other: b }'), unknown);
    deepEqual(mode('{ "If::Fn": a }'), { "if::Fn": "a" });
    const [task] = declaredIn(
      "t",
      'Resources: { T: { Type: "AWS::ECS::TaskDefinition", Properties: { ProxyConfiguration: !Ref P } }, N: { Type: "AWS::S3::Bucket" }, U: { Type: "AWS::ECS::TaskDefinition" }, V: { Type: "AWS::ECS::TaskDefinition", Properties: { ProxyConfiguration: { ContainerName: envoy } } } }',
    );
    deepEqual(task?.props, { proxyConfiguration: unknown });
    const template = {
      Resources: {
        V: { Type: "AWS::ECS::TaskDefinition", Properties: { ProxyConfiguration: { ContainerName: "e" } } },
        U: { Type: "AWS::ECS::TaskDefinition" },
        M: { Type: "AWS::AppMesh::Mesh", Properties: { Tags: [{ Key: "k", Value: "v" }] } },
      },
    };
    deepEqual(
      declaredIn("t", JSON.stringify(template)).map(({ name, props }) => [name, props]),
      [
        ["V", { proxyConfiguration: { containerName: "e", properties: {} } }],
        ["U", {}],
        ["M", { meshName: unknown, tags: { k: "v" } }],
      ],
    );
    for (const no of [{ Resources: null }, { Resources: 5 }])
      throws(() => declaredIn("t", JSON.stringify(no)), UnreadableFile);
  });

  for (const [what, text, complaint] of [
    ["no JSON and no YAML", "{", /^f: neither JSON nor YAML: /],
    [
      "a text",
      "hello",
      /^f: it is no input or output of the AWS CLI for App Mesh or of a task definition, no template of CloudFormation, and no Kubernetes object$/,
    ],
    [
      "something else in the second document",
      '{"meshName":"m"}\n---\n{"a":1}',
      /^f, document 2: it is no input/,
    ],
    [
      "what stands for nothing",
      '{"meshName":"m","spec":*gone}',
      /^f: neither JSON nor YAML: Unresolved alias/,
    ],
    [
      "what grows without end",
      `meshName: m\na: &a [${"x,".repeat(9)}x]\nb: &b [${"*a,".repeat(9)}*a]\nspec: [${"*b,".repeat(11)}*b]`,
      /^f: neither JSON nor YAML: Excessive alias count/,
    ],
    ["an object of a version that is no text", "{ apiVersion: 1, kind: Pod }", /^f: it is no input/],
    ["an object of a kind that is no text", "{ apiVersion: v1, kind: [] }", /^f: it is no input/],
    ["a list of what is no object", '{"apiVersion":"v1","kind":"List","items":[5]}', /^f: it is no input/],
    [
      "a list with what is no object of Kubernetes",
      '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod"},{"kind":"Pod"}]}',
      /^f: it is no input/,
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

  it("knows lists of one kind, and what is merged from elsewhere", () => {
    const object = "apiVersion: appmesh.k8s.aws/v1beta2\n    kind: Mesh\n    metadata: { name: a }";
    const list = `apiVersion: appmesh.k8s.aws/v1beta2\nkind: MeshList\nitems:\n  - &first\n    ${object}\n  - <<: *first\n    metadata: { name: b }\n`;
    deepEqual(
      declaredIn("f", list).map(({ name, props }) => [name, props.apiVersion]),
      ["a", "b"].map((name) => [`Mesh ${name}`, "appmesh.k8s.aws/v1beta2"]),
    );
  });

  it("takes what is null for not given", () => {
    const text = (spec: string) =>
      `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: web, namespace: , labels: }\nspec: {${spec}}\n`;
    const listener =
      "listeners: [{portMapping: {port: 80, protocol: http}, tls: }], backends: , podSelector: ";
    deepEqual(lines(text(listener)), [
      `mesh.yaml: VirtualNode web: [mandatory] tls-listener-strict: spec.listeners[0].tls: ${noTls}`,
      "mesh.yaml: VirtualNode web: [not judged] references-resolve: spec.meshRef is not known before it is deployed.",
      "1 found in 1 resource, of which 1 is mandatory",
    ]);
    deepEqual(lines(text("listeners: [null]")).slice(0, 1), [
      "mesh.yaml: VirtualNode web: [mandatory] tls-listener-strict: spec.listeners[0]: the spec is invalid, so that the rule cannot judge it: nothing was given; an object with portMapping, tls, healthCheck, timeout, outlierDetection and connectionPool is allowed; correct it.",
    ]);
  });

  it("reads containers of templates that are there on a condition", () => {
    const template = `
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - !If [Debug, {Name: shell, Image: shell}, !Ref AWS::NoValue]
        - {Name: envoy, Image: "envoy:latest", User: 1337}
`;
    deepEqual(
      report(check(declaredIn("t.yaml", template), only("sidecar-image-pinned")), "text").split("\n"),
      [
        "t.yaml: Task: [mandatory] sidecar-image-pinned: containerDefinitions[1].image: envoy:latest is whatever is newest; name a version or a digest.",
        "1 found in 1 resource, of which 1 is mandatory",
      ],
    );
  });

  it("judges what templates loop over as it stands there, and tells of what it cannot see", () => {
    const include = "{ Fn::Transform: { Name: AWS::Include } }";
    const template = `
Resources:
  Fn::ForEach::Nodes:
    - Id
    - [a, b]
    - Node\${Id}:
        Type: AWS::AppMesh::VirtualNode
        Properties: { MeshName: shop, VirtualNodeName: !Ref Id, Spec: { Listeners: [{ PortMapping: { Port: 80, Protocol: http } }], ServiceDiscovery: { DNS: { Hostname: a.b } } } }
  Fn::ForEach::More: [Id, [a], [b]]
  Fn::ForEach::Odd: { Id: a }
  Fn::Transform: { Name: AWS::Include }
  Node: { Type: AWS::AppMesh::VirtualNode, Properties: ${include} }
  Route: { Type: AWS::AppMesh::Route, Properties: ${include} }
  Task: { Type: AWS::ECS::TaskDefinition, Properties: ${include} }
  Role: { Type: AWS::IAM::Role, Properties: ${include} }
  Text: text
`;
    const unseen = "[not judged] declarations-readable: it is not known before it is deployed.";
    const waits = (name: string, rules: string, path: string) =>
      `mesh.yaml: ${name}: [not judged] ${rules}: ${path} is not known before it is deployed.`;
    deepEqual(
      lines(
        template,
        only("tls-listener-strict", "routes-reachable", "route-weights", "declarations-readable"),
      ),
      [
        `mesh.yaml: Node\${Id}: [mandatory] tls-listener-strict: spec.listeners[0].tls: ${noTls}`,
        waits("Node", "tls-listener-strict", "spec"),
        waits("Route", "route-weights", "spec"),
        waits(`Node\${Id}`, "routes-reachable", "virtualNodeName"),
        waits("Node", "routes-reachable", "meshName"),
        waits("Route", "routes-reachable", "meshName"),
        `mesh.yaml: Fn::ForEach::More: ${unseen}`,
        `mesh.yaml: Fn::ForEach::Odd: ${unseen}`,
        `mesh.yaml: Fn::Transform: ${unseen}`,
        waits("Task", "declarations-readable", "containerDefinitions"),
        "1 found in 7 resources, of which 1 is mandatory",
      ],
    );
  });

  it("knows the names of a template's own entities", () => {
    const template = (meshName: string, nodeName: string) => `
Resources:
  Mesh: { Type: AWS::AppMesh::Mesh, Properties: { MeshName: shop } }
  Node: { Type: AWS::AppMesh::VirtualNode, Properties: { MeshName: ${meshName}, VirtualNodeName: web } }
  Computed: { Type: AWS::AppMesh::VirtualNode, Properties: { MeshName: shop, VirtualNodeName: !Sub a } }
  Function: { Type: AWS::Lambda::Function, Properties: { FunctionName: f } }
  Text: text
  Service:
    Type: AWS::AppMesh::VirtualService
    Properties:
      MeshName: shop
      VirtualServiceName: a.b
      Spec: { Provider: { VirtualNode: { VirtualNodeName: ${nodeName} } } }
`;
    const read = (meshName: string, nodeName: string) => {
      const declared = declaredIn("t", template(meshName, nodeName));
      const [, node] = declared.map(({ props }) => props);
      const service = declared.at(-1)?.props as {
        spec: { provider: { virtualNode: { virtualNodeName: unknown } } };
      };
      return [node?.meshName, service.spec.provider.virtualNode.virtualNodeName];
    };
    for (const [mesh, node] of [
      ["!GetAtt Mesh.MeshName", "!GetAtt Node.VirtualNodeName"],
      ['{ "Fn::GetAtt": Mesh.MeshName }', '{ "Fn::GetAtt": [Node, VirtualNodeName] }'],
    ] as const)
      deepEqual(read(mesh, node), ["shop", "web"]);
    for (const other of [
      "Computed.VirtualNodeName",
      "Node.Arn",
      "Function.FunctionName",
      "Gone.MeshName",
      "Text.Name",
      "Mesh",
      '""',
    ])
      deepEqual(read("shop", `{ "Fn::GetAtt": ${other} }`), ["shop", unknown], other);
    for (const other of [
      '{ "Fn::GetAtt": Mesh.MeshName, Other: a }',
      "!Sub Mesh.MeshName",
      '{ "Fn::Sub": Mesh.MeshName }',
    ])
      deepEqual(read("shop", other), ["shop", unknown], other);
  });

  it("takes lists of names and values for not known where any name in them is", () => {
    const read = (list: string) => {
      const declared = declaredIn(
        "t",
        `Resources: {
  M: { Type: AWS::AppMesh::Mesh, Properties: { Tags: ${list.replaceAll("Name", "Key")} } },
  T: { Type: AWS::ECS::TaskDefinition, Properties: { ProxyConfiguration: { ProxyConfigurationProperties: ${list} } } }
}`,
      );
      const [mesh, task] = declared.map(({ props }) => props) as [
        { tags: unknown },
        { proxyConfiguration: { properties: unknown } },
      ];
      const { properties } = task.proxyConfiguration;
      deepEqual(mesh.tags, properties);
      return properties;
    };
    deepEqual(read("[{ Name: a, Value: b }, { Name: c, Value: !Ref d }]"), { a: "b", c: unknown });
    deepEqual(read("!If [c, [], []]"), unknown);
    deepEqual(read("[{ Name: a, Value: b }, !If [c, {}, {}]]"), unknown);
    deepEqual(read("[{ Name: !Ref a, Value: b }]"), unknown);
    deepEqual(read("7"), {});
  });

  it("judges roles and policies of templates", () => {
    const trust =
      "AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com } }] }";
    const document = (...statements: string[]) => `PolicyDocument: { Statement: [${statements.join(", ")}] }`;
    const allow = (action: string, resource: string) =>
      `{ Effect: Allow, Action: "${action}", Resource: ${resource} }`;
    const stream = allow("appmesh:StreamAggregatedResources", "!Ref Node");
    const template = `
Resources:
  Admin: { Type: AWS::IAM::Role, Properties: { ${trust}, ManagedPolicyArns: [!Ref Own, "arn:aws:iam::aws:policy/AdministratorAccess"] } }
  Own:
    Type: AWS::IAM::Role
    Properties:
      ${trust}
      Policies:
        - { PolicyName: modest, ${document(stream)} }
        - { PolicyName: mighty, ${document(allow("*", "!Ref Bucket"))} }
  Unsure: { Type: AWS::IAM::Role, Properties: { ${trust}, Policies: [!Ref Own, { ${document(allow("*", "a"))} }] } }
  Open: { Type: AWS::IAM::Role, Properties: { ${trust}, Policies: [{ ${document(allow("appmesh:*", "!Ref Node"))} }] } }
  Later: { Type: AWS::IAM::Role, Properties: { ${trust}, Policies: !If [c, [], []] } }
  Policy: { Type: AWS::IAM::Policy, Properties: { ${document(stream, allow("*", "a"))} } }
  Managed: { Type: AWS::IAM::ManagedPolicy, Properties: { ${document(stream, allow("*", "a"))} } }
  Deployer: { Type: AWS::IAM::ManagedPolicy, Properties: { ${document(allow("appmesh:*", '"*"'))} } }
  Lambda: { Type: AWS::IAM::Role, Properties: { Policies: [{ ${document(allow("*", "a"))} }] } }
`;
    const everything = "* allows every action; name the actions.";
    deepEqual(lines(template, only("sidecar-least-privilege")), [
      "mesh.yaml: Admin: [mandatory] sidecar-least-privilege: managedPolicyArns[1]: AWS's policy AdministratorAccess allows every action; attach a policy that names the actions.",
      `mesh.yaml: Own: [mandatory] sidecar-least-privilege: inlinePolicies[1].policy.Statement[0].Action: ${everything}`,
      `mesh.yaml: Policy: [mandatory] sidecar-least-privilege: policy.Statement[1].Action: ${everything}`,
      `mesh.yaml: Managed: [mandatory] sidecar-least-privilege: policy.Statement[1].Action: ${everything}`,
      "mesh.yaml: Unsure: [not judged] sidecar-least-privilege: inlinePolicies[0] is not known before it is deployed.",
      "mesh.yaml: Open: [not judged] sidecar-least-privilege: inlinePolicies[0].policy.Statement[0].Resource is not known before it is deployed.",
      "mesh.yaml: Later: [not judged] sidecar-least-privilege: inlinePolicies is not known before it is deployed.",
      "4 found in 7 resources, of which 4 are mandatory",
    ]);
  });

  it("judges Kubernetes objects together, whatever file they are in", () => {
    const chooser = (name: string, matchLabels: string) =>
      `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: ${name}, namespace: shop}\n` +
      `spec: {podSelector: {matchLabels: ${matchLabels}}}\n`;
    const deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n" +
      "spec: {template: {metadata: {labels: {app: web, version: v2}}, spec: {hostNetwork: true, containers: [{name: app}]}}}\n";
    const declared = [
      ...declaredIn(
        "nodes.yaml",
        `${chooser("a", "{app: web}")}---\n${chooser("b", "{app: web, version: v2}")}`,
      ),
      ...declaredIn("deployment.yaml", deployment),
    ];
    const configuration = only("sidecar-chosen-once", "sidecar-own-network");
    deepEqual(report(check(declared, configuration), "text").split("\n"), [
      "deployment.yaml: Deployment web: [mandatory] sidecar-chosen-once: spec.template.metadata.labels: VirtualNode shop/a and VirtualNode shop/b choose the pod, and the controller refuses it; narrow the podSelector of all but one.",
      "deployment.yaml: Deployment web: [mandatory] sidecar-own-network: spec.template.spec.hostNetwork: the pod has the network of its node, whose traffic is redirected to the proxy of VirtualNode shop/a; leave it out, or let the pod have no proxy.",
      "2 found in 3 resources, of which 2 are mandatory",
    ]);
    deepEqual(report(check(declared.slice(0, 2), configuration), "text").split("\n"), [
      "nodes.yaml: VirtualNode b: [mandatory] sidecar-chosen-once: spec.podSelector: every pod that it chooses is chosen by VirtualNode shop/a too, and the controller refuses such a pod; narrow the podSelector of all but one.",
      "1 found in 2 resources, of which 1 is mandatory",
    ]);
  });
});
