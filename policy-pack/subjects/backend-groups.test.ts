import { deepEqual } from "node:assert/strict";
import { check } from "../check/check.js";
import { declaredIn } from "../check/documents.js";
import { report } from "../check/report.js";
import { entitiesOfStack } from "../pulumi/subjects.js";
import { tlsClientPolicy } from "../rules/tls/tls-client-policy.js";
import { configure } from "../settings.js";
import { judged, unknownObject, unknownText } from "../testing/judged.js";
import type { AnyEntity } from "./entity.js";

const only = (...rules: string[]) =>
  configure({ all: "disabled", rules: Object.fromEntries(rules.map((name) => [name, "mandatory"])) });
const object = (kind: string, name: string, spec: object, namespace = "shop") => ({
  apiVersion: "appmesh.k8s.aws/v1beta2",
  kind,
  metadata: { name, namespace },
  spec: kind === "Mesh" ? spec : { meshRef: { name: "shop" }, ...spec },
});
const said = (rules: readonly string[], ...objects: readonly object[]) =>
  report(check(declaredIn("f", JSON.stringify(objects)), only(...rules)), "text")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace("f: ", ""));

const mesh = object("Mesh", "shop", {});
const web = (...backendGroups: unknown[]) =>
  object("VirtualNode", "web", {
    backends: [{ virtualService: { virtualServiceRef: { name: "own" } } }],
    backendGroups,
  });
const group = (...virtualservices: unknown[]) => object("BackendGroup", "all", { virtualservices }, "groups");
const service = (name: string, namespace?: string) => object("VirtualService", name, {}, namespace);
const named = { name: "all", namespace: "groups" };
const noPolicy = (backends: string) =>
  `VirtualNode web: [mandatory] tls-client-policy: spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for ${backends}; give one with a validation of the certificate.`;

describe("backends of groups", () => {
  it("are backends without a policy of their own, whether the group is known or not", () => {
    const alone = object("VirtualNode", "web", { backendGroups: [{ name: "all" }] });
    deepEqual(said(["tls-client-policy"], alone), [noPolicy("the backend without a policy of its own")]);
    const policed = {
      clientPolicy: { tls: { validation: { trust: { file: { certificateChain: "/ca" } } } } },
    };
    deepEqual(
      said(
        ["tls-client-policy"],
        object("VirtualNode", "web", { backendGroups: [{ name: "all" }], backendDefaults: policed }),
      ),
      [],
    );
    deepEqual(said(["tls-client-policy"], object("VirtualNode", "web", { backendGroups: [] })), []);
  });

  it("are the services that the group names, from its own namespace on", () => {
    const others = [
      mesh,
      service("own"),
      service("b", "groups"),
      object("VirtualService", "c", { awsName: "c.local" }),
    ];
    const both = group({ name: "b" }, { name: "c", namespace: "shop" });
    deepEqual(said(["services-used", "references-resolve"], web(named), both, ...others), []);
    deepEqual(said(["services-used"], web(), both, ...others).length, 2);
    deepEqual(said(["references-resolve"], web({ name: "x" }, named), group({ name: "gone" }), ...others), [
      "VirtualNode web: [mandatory] references-resolve: spec.backendGroups[1]: there is no virtual service gone.groups; correct the name, or declare it.",
      "VirtualNode web: [not judged] references-resolve: spec.backendGroups[0] is not known before it is deployed.",
    ]);
  });

  it("may call any service where the group is not known, or one in it", () => {
    for (const [node, ...groups] of [
      [web({ name: "all" }), group()],
      [web(5), group()],
      [web(named), group({ name: 5 })],
      [web(named), { ...group({ name: "b" }), metadata: { namespace: "groups" } }],
      [web(named), object("BackendGroup", "all", { virtualservices: 5 }, "groups")],
    ] as const)
      deepEqual(
        said(["services-used"], node, ...groups, mesh, service("own"), service("free")).filter((line) =>
          line.includes("[mandatory]"),
        ),
        [],
      );
    deepEqual(said(["services-used"], web(named), group(), mesh, service("own"), service("free")).length, 1);
  });

  it("are not known where nothing is known of the groups, or of where they are", () => {
    const resource = ({ kind, ...props }: ReturnType<typeof object>) => ({
      urn: `urn:${kind}`,
      type: `kubernetes:appmesh.k8s.aws/v1beta2:${kind}`,
      props: { kind, ...props },
    });
    const backendsOf = (node: ReturnType<typeof object>, ...others: ReturnType<typeof object>[]) => {
      const [entity] = entitiesOfStack([node, ...others].map(resource)).keys();
      return judged(tlsClientPolicy, entity as AnyEntity);
    };
    const node = (backendGroups: unknown, backends: unknown) =>
      object("VirtualNode", "web", { backendGroups, backends });
    deepEqual(backendsOf(node(unknownObject, [])), { open: ["spec.backends"] });
    deepEqual(backendsOf(node(5, [])), { notApplicable: "it has no backend" });
    deepEqual(backendsOf(node([named], unknownObject)), { open: ["spec.backends"] });
    const one = {
      findings: [
        "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the backend without a policy of its own; give one with a validation of the certificate.",
      ],
    };
    for (const metadata of [
      { name: unknownText },
      { name: "all", namespace: unknownText },
      { name: unknownText, namespace: unknownText },
    ])
      deepEqual(backendsOf(node([named], []), { ...group(), metadata } as never), one);
    for (const reference of [{ name: unknownText }, { name: "all", namespace: unknownText }, unknownObject])
      deepEqual(backendsOf(node([reference], [])), one);
  });

  it("are of the namespace that objects are in who name none", () => {
    const bare = ({ metadata: { name }, ...others }: ReturnType<typeof object>) => ({
      ...others,
      metadata: { name },
    });
    const objects = [
      bare(object("VirtualNode", "web", { backendGroups: [{ name: "all" }] })),
      bare(object("BackendGroup", "all", { virtualservices: [{ name: "a" }] })),
      bare(object("VirtualService", "a", {})),
    ];
    deepEqual(said(["services-used", "references-resolve"], mesh, ...objects), []);
  });
});
