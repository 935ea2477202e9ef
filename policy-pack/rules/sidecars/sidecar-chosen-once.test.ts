import { deepEqual } from "node:assert/strict";
import { type StackResource, subjectsOfStack } from "../../pulumi/subjects.js";
import { judged, unknownObject, unknownText } from "../../testing/judged.js";
import { sidecarChosenOnce } from "./sidecar-chosen-once.js";
import { sidecarOwnNetwork } from "./sidecar-own-network.js";

const injection = "appmesh.k8s.aws/sidecarInjectorWebhook";
const object = (type: string, name: string, metadata: object, spec: unknown): StackResource => ({
  urn: name,
  type: `kubernetes:${type}`,
  props: { metadata: { name, ...metadata }, spec },
});
const inShop = { namespace: "shop" };
const node = (name: string, podSelector: unknown, metadata: object = inShop, kind = "VirtualNode") =>
  object(`appmesh.k8s.aws/v1beta2:${kind}`, name, metadata, podSelector === undefined ? {} : { podSelector });
const gateway = (name: string, podSelector: unknown) => node(name, podSelector, inShop, "VirtualGateway");
const by = (matchLabels: object, ...matchExpressions: object[]) => ({ matchLabels, matchExpressions });
const expression = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
const web = { app: "web", version: "2" };
const pod = (labels: unknown, more: object = {}, spec: object = {}) => ({
  metadata: { labels, ...more },
  spec: { containers: [{ name: "app", image: "shop:1" }], ...spec },
});
const deployment = (template: object = pod(web), metadata: object = inShop, name = "deployment") =>
  object("apps/v1:Deployment", name, metadata, { template });
const namespace = (labels: object | undefined, kind = "Namespace") =>
  object(`core/v1:${kind}`, "shop", labels ? { labels } : {}, undefined);

const saidBy = (rule: Parameters<typeof judged>[0], resources: readonly StackResource[]) =>
  [...subjectsOfStack(resources)].flatMap(([subject, at]) => {
    const what = judged(rule, subject);
    return what && Object.keys(what).length > 0 ? [[at, what]] : [];
  });
const said = (...resources: readonly StackResource[]) => saidBy(sidecarChosenOnce, resources);

const twice = (
  path = "spec.template.metadata.labels",
  both = "VirtualNode shop/a and VirtualNode shop/b",
) => ({
  findings: [
    `${path}: ${both} choose the pod, and the controller refuses it; narrow the podSelector of all but one.`,
  ],
});
const within = (others: string) => ({
  findings: [
    `spec.podSelector: every pod that it chooses is chosen by ${others} too, and the controller refuses such a pod; narrow the podSelector of all but one.`,
  ],
});
const invalid = (path: string, what: string, fix: string) => ({
  findings: [
    `spec.podSelector.${path}: ${what} is no selector, and the controller refuses every pod of the namespace for it; ${fix}.`,
  ],
});

const a = node("a", by({ app: "web" }));
const b = node("b", by({ version: "2" }));

describe("sidecar-chosen-once", () => {
  it("finds pods that two choose, whatever makes them", () => {
    deepEqual(said(a, b, deployment()), [["deployment", twice()]]);
    const template = pod(web);
    for (const type of [
      "apps/v1:StatefulSet",
      "apps/v1:DaemonSet",
      "apps/v1:ReplicaSet",
      "batch/v1:Job",
      "core/v1:ReplicationController",
      "argoproj.io/v1alpha1:Rollout",
    ])
      deepEqual(said(a, b, object(type, "x", inShop, { template })), [["x", twice()]], type);
    const jobTemplate = { spec: { template } };
    deepEqual(said(a, b, object("batch/v1:CronJob", "x", inShop, { jobTemplate })), [
      ["x", twice("spec.jobTemplate.spec.template.metadata.labels")],
    ]);
    deepEqual(said(a, b, object("core/v1:Pod", "x", { ...inShop, labels: web }, template.spec)), [
      ["x", twice("metadata.labels")],
    ]);
  });

  it("tells all that choose a pod, gateways too, whichever comes first", () => {
    const both = "VirtualGateway shop/edge and VirtualNode shop/a";
    deepEqual(said(deployment(), gateway("edge", {}), a), [["deployment", twice(undefined, both)]]);
    deepEqual(said(a, b, gateway("edge", {}), deployment()), [
      ["deployment", twice(undefined, "VirtualGateway shop/edge, VirtualNode shop/a and VirtualNode shop/b")],
    ]);
  });

  it("is content with selectors that may choose the same, where no pod is", () => {
    deepEqual(said(a, b), []);
    deepEqual(said(a, b, deployment(pod({ app: "web", version: "1" }))), []);
    deepEqual(said(node("a", by({}, expression("app", "Exists"))), b), []);
    deepEqual(said(node("a", by({}, expression("app", "NotIn", "x"))), b), []);
  });

  it("is content with selectors that are apart, absent or of nothing", () => {
    const one = node("a", by({ app: "web", version: "1" }));
    deepEqual(said(one, node("b", by({ app: "web", version: "2" })), deployment()), []);
    deepEqual(said(node("a", undefined), node("b", {}), deployment()), []);
    const none = by({ app: "web" }, expression("app", "NotIn", "web"));
    deepEqual(said(a, node("b", none), deployment()), []);
    deepEqual(
      said(one, node("b", by({ app: "web" }, expression("version", "NotIn", "1"))), deployment()),
      [],
    );
  });

  it("finds selectors of which one chooses all that the other does, without a pod", () => {
    deepEqual(said(a, node("b", by(web))), [["b", within("VirtualNode shop/a")]]);
    deepEqual(said(node("b", by(web)), a), [["b", within("VirtualNode shop/a")]]);
    deepEqual(said(node("z", {}), gateway("edge", by({}, expression("app", "In", "x", "y")))), [
      ["edge", within("VirtualNode shop/z")],
    ]);
    deepEqual(said(node("a", by({}, expression("app", "In", "x", "y"))), node("b", by({ app: "y" }))), [
      ["b", within("VirtualNode shop/a")],
    ]);
    deepEqual(said(node("a", by({}, expression("app", "Exists"))), node("b", by(web))), [
      ["b", within("VirtualNode shop/a")],
    ]);
  });

  it("tells the later by name of two that choose the same, and names three others at the most", () => {
    deepEqual(said(a, node("b", by({}, expression("app", "In", "web")))), [
      ["b", within("VirtualNode shop/a")],
    ]);
    const names = ["a", "b", "c", "d", "e"];
    deepEqual(said(...names.map((name) => node(name, {})).toReversed()).toReversed(), [
      ["b", within("VirtualNode shop/a")],
      ["c", within("VirtualNode shop/a and VirtualNode shop/b")],
      ["d", within("VirtualNode shop/a, VirtualNode shop/b and VirtualNode shop/c")],
      ["e", within("VirtualNode shop/a, VirtualNode shop/b, VirtualNode shop/c and 1 other")],
    ]);
    const all = [...names, "f"].map((name) => node(name, {}));
    deepEqual(said(...all).at(-1), [
      "f",
      within("VirtualNode shop/a, VirtualNode shop/b, VirtualNode shop/c and 2 others"),
    ]);
    deepEqual(said(...all, deployment()), [
      [
        "deployment",
        twice(undefined, "VirtualNode shop/a, VirtualNode shop/b, VirtualNode shop/c and 3 others"),
      ],
    ]);
  });

  it("tells of pods that are there instead", () => {
    deepEqual(said(a, node("b", by(web)), deployment()), [["deployment", twice()]]);
    // The pods of one that has some get no proxy, so that nobody refuses them.
    const disabled = { annotations: { [injection]: "disabled" } };
    deepEqual(said(a, node("b", by(web)), deployment(pod(web, disabled))), []);
  });

  it("looks at one namespace, of one cluster", () => {
    const other = { namespace: "other" };
    deepEqual(said(a, node("b", by(web), other), deployment()), []);
    deepEqual(said(a, b, deployment(pod(web), other)), []);
    deepEqual(said(node("a", {}, {}), node("b", {}, { namespace: "default" })), [
      ["b", within("VirtualNode default/a")],
    ]);
    deepEqual(said(node("a", {}, {}), node("b", {}, {}), deployment(pod(web), {})), [
      ["deployment", twice(undefined, "VirtualNode default/a and VirtualNode default/b")],
    ]);
    const east = (resource: StackResource) => ({ ...resource, scope: "east" });
    deepEqual(said(a, east(b), deployment()), []);
    deepEqual(said(a, b, east(deployment())), []);
    deepEqual(said(...[a, b, deployment()].map(east)), [["deployment", twice()]]);
  });

  it("takes an object that is there twice, in two files, for one", () => {
    deepEqual(said(a, { ...a, urn: "again" }, deployment()), []);
    deepEqual(said(a, { ...a, urn: "again" }), []);
    deepEqual(said(a, { ...node("a", by(web)), urn: "again" }), []);
  });

  it("looks at what gets a proxy", () => {
    const annotated = (value: string) => deployment(pod(web, { annotations: { [injection]: value } }));
    const found = [["deployment", twice()]];
    deepEqual(said(a, b, annotated("disabled")), []);
    deepEqual(said(a, b, annotated("Disabled")), []);
    deepEqual(said(a, b, annotated("enabled")), found);
    // The webhook is not asked in namespaces without the label.
    for (const labels of [undefined, {}, { team: "shop" }]) {
      deepEqual(said(namespace(labels), a, b, annotated("enabled")), []);
      deepEqual(said(namespace(labels), a, node("b", by(web))), []);
    }
    const enabled = { [injection]: "enabled" };
    deepEqual(said(namespace(enabled), a, b, deployment()), found);
    deepEqual(said(a, b, deployment(), namespace({}), namespace(enabled, "NamespacePatch")), found);
    deepEqual(said(namespace(enabled), a, b, annotated("disabled")), []);
    const disabled = { [injection]: "Disabled" };
    deepEqual(said(namespace(disabled), a, b, deployment()), []);
    deepEqual(said(namespace(disabled), a, b, annotated("ENABLED")), found);
    deepEqual(said(namespace(disabled), a, node("b", by(web))), []);
    deepEqual(said(namespace({ [injection]: unknownText }), a, b, deployment()), []);
    const unnamed = object("core/v1:Namespace", "x", { name: unknownText }, undefined);
    deepEqual(said(unnamed, a, b, deployment()), found);
  });

  it("finds selectors that Kubernetes does not take", () => {
    deepEqual(said(node("a", by({}, expression("app", "In"))), b, deployment()), [
      ["a", invalid("matchExpressions[0].values", "In of no values of app", "give values")],
    ]);
    deepEqual(said(gateway("edge", by({}, expression("a", "Exists"), expression("app", "Is", "web")))), [
      [
        "edge",
        invalid(
          "matchExpressions[1].operator",
          "there is no operator Is",
          "give In, NotIn, Exists or DoesNotExist",
        ),
      ],
    ]);
  });

  it("finds what is no selector at all", () => {
    const found = (path: string, what: string, fix: string) => ({
      findings: [
        `spec.podSelector${path}: ${what} is no selector, and the controller refuses every pod of the namespace for it; ${fix}.`,
      ],
    });
    for (const [given, path, what, fix] of [
      ["all", "", '"all"', "give matchLabels or matchExpressions"],
      [[a], "", JSON.stringify([a]), "give matchLabels or matchExpressions"],
      [{ matchLabels: ["app"] }, ".matchLabels", '["app"]', "give labels and their values"],
      [{ matchExpressions: { key: "a" } }, ".matchExpressions", '{"key":"a"}', "give a list"],
      [{ matchExpressions: [7] }, ".matchExpressions[0]", "7", "give key, operator and values"],
      [
        { matchExpressions: [{ key: "a", operator: "In", values: "b" }] },
        ".matchExpressions[0].values",
        '"b"',
        "give a list",
      ],
    ] as const)
      deepEqual(said(node("a", given), b, deployment()), [["a", found(path, what, fix)]]);
  });

  it("waits for what is not known", () => {
    const open = (at: string, path: string) => [[at, { open: [path] }]];
    deepEqual(said(a, node("b", unknownObject), deployment()), open("b", "spec.podSelector"));
    deepEqual(
      said(a, node("b", by({ version: unknownText })), deployment()),
      open("b", "spec.podSelector.matchLabels.version"),
    );
    deepEqual(
      said(a, node("b", by({}, expression("version", "In", unknownText))), deployment()),
      open("b", "spec.podSelector.matchExpressions[0].values[0]"),
    );
    deepEqual(said(a, node("b", by(web), { namespace: unknownText })), open("b", "metadata.namespace"));
    deepEqual(said(a, node("b", by(web), { name: unknownText, ...inShop })), open("b", "metadata.name"));
    deepEqual(
      said(a, object("appmesh.k8s.aws/v1beta2:VirtualNode", "b", inShop, unknownObject)),
      open("b", "spec"),
    );
    const template = "spec.template.metadata";
    deepEqual(said(a, b, deployment(pod(unknownObject))), open("deployment", `${template}.labels`));
    deepEqual(
      said(a, b, deployment(pod({ ...web, app: unknownText }))),
      open("deployment", `${template}.labels.app`),
    );
    deepEqual(
      said(a, b, deployment(pod(web, { annotations: { [injection]: unknownText } }))),
      open("deployment", `${template}.annotations["${injection}"]`),
    );
    deepEqual(
      said(a, b, deployment(pod(web), { namespace: unknownText })),
      open("deployment", "metadata.namespace"),
    );
  });

  it("needs to know no more than it looks at", () => {
    const labels = { ...web, "pulumi.com/hash": unknownText };
    const annotations = { hash: unknownText };
    deepEqual(said(a, b, deployment(pod(labels, { annotations }))), [["deployment", twice()]]);
    for (const spec of [
      unknownObject,
      {},
      { template: unknownObject },
      { template: { spec: unknownObject } },
    ])
      deepEqual(said(a, b, object("apps/v1:Deployment", "x", inShop, spec)), []);
    deepEqual(said(deployment(pod(unknownObject))), []);
  });
});

describe("sidecar-own-network", () => {
  const own = (...resources: readonly StackResource[]) => saidBy(sidecarOwnNetwork, resources);
  const hostNetwork = { hostNetwork: true };
  const found = (proxy: string) => ({
    findings: [
      `spec.template.spec.hostNetwork: the pod has the network of its node, whose traffic is redirected to ${proxy}; leave it out, or let the pod have no proxy.`,
    ],
  });
  const notRedirected = { notApplicable: "its traffic is not redirected" };

  it("finds pods that a virtual node chooses", () => {
    deepEqual(own(a, deployment(pod(web, {}, hostNetwork))), [
      ["deployment", found("the proxy of VirtualNode shop/a")],
    ]);
    deepEqual(own(a, deployment(pod(web, {}, { hostNetwork: false }))), []);
    deepEqual(own(a, deployment(pod({ app: "other" }, {}, hostNetwork))), []);
    const disabled = { annotations: { [injection]: "disabled" } };
    deepEqual(own(a, deployment(pod(web, disabled, hostNetwork))), []);
    deepEqual(own(a, deployment(pod(web, {}, { hostNetwork: unknownText }))), [
      ["deployment", { open: ["spec.template.spec.hostNetwork"] }],
    ]);
    deepEqual(own(a, deployment(pod({ app: unknownText }, {}, hostNetwork))), [
      ["deployment", { open: ["spec.template.metadata.labels.app"] }],
    ]);
  });

  it("leaves gateways alone, whose traffic comes to them", () => {
    const edge = gateway("edge", {});
    deepEqual(own(edge, deployment(pod(web, {}, hostNetwork))), [["deployment", notRedirected]]);
    deepEqual(own(edge, a, deployment(pod(web, {}, hostNetwork))), [
      ["deployment", found("the proxy of VirtualNode shop/a")],
    ]);
  });

  it("finds pods with a proxy of their own and an init container that may redirect to it", () => {
    const containers = [{ name: "app" }, { name: "envoy", image: "envoyproxy/envoy:v1.40.0" }];
    const made = (securityContext: unknown, more: object = {}) =>
      own(
        deployment(
          pod(
            {},
            {},
            { ...hostNetwork, containers, initContainers: [{ name: "x" }, { securityContext }], ...more },
          ),
        ),
      );
    for (const given of [
      { capabilities: { add: ["NET_ADMIN"] } },
      { capabilities: { add: ["CAP_NET_ADMIN"] } },
      { capabilities: { add: ["CHOWN", "ALL"] } },
      { privileged: true },
    ])
      deepEqual(made(given), [["deployment", found("the proxy in it")]]);
    for (const given of [
      undefined,
      unknownObject,
      { capabilities: { add: ["NET_RAW"] } },
      { capabilities: { add: ["MY_NET_ADMIN"] } },
      { capabilities: { add: ["NET_ADMINS"] } },
      { capabilities: { add: unknownText } },
      { capabilities: unknownText },
      { privileged: false },
    ])
      deepEqual(made(given), []);
    const privileged = { privileged: true };
    deepEqual(made(privileged, { hostNetwork: false }), []);
    deepEqual(made(privileged, { containers: [{ name: "app" }] }), []);
    deepEqual(made(privileged, { initContainers: unknownObject }), []);
  });
});
