import { deepEqual } from "node:assert/strict";
import { check } from "../check/check.js";
import { declaredIn } from "../check/documents.js";
import { report } from "../check/report.js";
import { configure } from "../settings.js";

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
});
