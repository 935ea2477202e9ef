import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../../pulumi/subjects.js";
import type { SubjectRule } from "../../rule.js";
import { complies, judged, type Said, unknownText } from "../../testing/judged.js";
import { rules } from "../index.js";
import { declarationsReadable } from "./declarations-readable.js";

const said = (type: string, props: object): (Said | undefined)[] =>
  subjectsOf({ type, props }).map((subject) => judged(declarationsReadable, subject));
const object = (version: string) => ({
  apiVersion: `appmesh.k8s.aws/${version}`,
  kind: "VirtualNode",
  metadata: { name: "web" },
  spec: {},
});
const node = "kubernetes:appmesh.k8s.aws/v1beta1:VirtualNode";

describe("declarations-readable", () => {
  it("finds objects of versions that it does not know, which no other rule is about", () => {
    deepEqual(said(node, object("v1beta1")), [
      {
        findings: [
          "version appmesh.k8s.aws/v1beta1 cannot be read, so that no other rule judges it; declare it in appmesh.k8s.aws/v1beta2.",
        ],
      },
    ]);
    const [subject] = subjectsOf({ type: node, props: object("v1beta1") });
    const others = rules.filter((rule) => "kinds" in rule && rule !== declarationsReadable) as SubjectRule[];
    deepEqual(
      others.filter(({ kinds }) => kinds.some((kind) => kind === subject?.kind)),
      [],
    );
  });

  it("finds kinds that there are not", () => {
    const kind = (kind: string) => said(node, { ...object("v1beta2"), kind });
    deepEqual(kind("VirtualNod"), [
      {
        findings: [
          "there is no kind VirtualNod in appmesh.k8s.aws/v1beta2; write one of Mesh, VirtualNode, VirtualRouter, VirtualService, VirtualGateway, GatewayRoute, BackendGroup.",
        ],
      },
    ]);
    deepEqual(kind("BackendGroup"), []);
    deepEqual(kind(unknownText), []);
  });

  it("finds patches, of which nobody knows what they make of the object", () => {
    const patched = (kind: unknown) =>
      said("kubernetes:appmesh.k8s.aws/v1beta2:VirtualNodePatch", { ...object("v1beta2"), kind });
    const finding = (what: string) => [
      {
        findings: [
          `a patch of ${what} is only a part of it, so that no other rule judges it; declare the whole object.`,
        ],
      },
    ];
    deepEqual(patched("VirtualNode"), finding("VirtualNode"));
    deepEqual(patched(unknownText), finding("an object"));
  });

  it("is content with what App Mesh takes", () => {
    deepEqual(said(node, object("v1beta2")), [complies]);
    deepEqual(said("appmesh:index:Mesh", { meshName: "shop" }), [complies]);
    const match = { exacts: ["a"], __defaults: [] };
    const validation = { trust: { file: { certificateChain: "/ca" } }, subjectAlternativeNames: { match } };
    const spec = {
      backendDefaults: { clientPolicy: { tls: { validation } } },
      listeners: [
        {
          portMapping: { port: 80, protocol: "http" },
          connectionPool: { https: [{ maxConnections: 5, __defaults: [] }], __defaults: [] },
        },
      ],
      logging: {
        accessLog: { file: { path: "/dev/stdout", format: { jsons: [{ key: "a", value: "b" }] } } },
      },
      serviceDiscovery: { awsCloudMap: { namespaceName: "n", serviceName: "s", attributes: { a: "b" } } },
      __defaults: [],
    };
    deepEqual(said("aws:appmesh/virtualNode:VirtualNode", { name: "web", meshName: "shop", spec }), [
      complies,
    ]);
  });

  it("finds everything that App Mesh would not take, in the words of the declaration", () => {
    const listener = { portMapping: { port: 80, protocol: "http" }, tsl: { mode: "STRICT" } };
    const spec = { listener: [], listeners: [listener], backends: unknownText };
    deepEqual(said("appmesh:index:VirtualNode", { meshName: "shop", virtualNodeName: "web", spec }), [
      {
        findings: [
          'spec.listeners[0].tsl: App Mesh does not take it: "tsl" is not a member of Listener; portMapping, tls, healthCheck, timeout, outlierDetection and connectionPool are allowed; write tls.',
          'spec.listener: App Mesh does not take it: "listener" is not a member of VirtualNodeSpec; listeners, serviceDiscovery, backends, backendDefaults and logging are allowed; write listeners.',
          "spec.serviceDiscovery: App Mesh does not take it: nothing was given; a virtual node with listeners needs it, so that callers find its endpoints; give it, or leave out the listeners.",
        ],
      },
    ]);
    const route = { name: "all", httpRoute: { match: { prefix: "a" }, action: { weightedTargets: [] } } };
    const router = { ...object("v1beta2"), kind: "VirtualRouter", spec: { routes: [route] } };
    deepEqual(said("kubernetes:appmesh.k8s.aws/v1beta2:VirtualRouter", router), [
      complies,
      {
        findings: [
          "spec.routes[0].httpRoute.action.weightedTargets: App Mesh does not take it: a list of 0 items was given; a list of 1 to 10 items is allowed; correct it.",
          'spec.routes[0].httpRoute.match.prefix: App Mesh does not take it: "a" was given; a path that starts with "/" is allowed; correct it.',
        ],
      },
    ]);
  });

  it("waits for task definitions whose containers are not known", () => {
    const type = "aws:ecs/taskDefinition:TaskDefinition";
    deepEqual(said(type, { containerDefinitions: unknownText }), [{ open: ["containerDefinitions"] }]);
    deepEqual(said(type, { containerDefinitions: "[]" }), []);
  });
});
