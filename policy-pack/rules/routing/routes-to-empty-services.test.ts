import { deepEqual } from "node:assert/strict";
import { check } from "../../check/check.js";
import { entitiesOfStack, runningIn } from "../../pulumi/subjects.js";
import { configure } from "../../settings.js";
import { unknown } from "../../subjects/known.js";
import type { Linked } from "../../subjects/running.js";
import { complies, entity, judgedMesh, unknownText } from "../../testing/judged.js";
import { routesToEmptyServices } from "./routes-to-empty-services.js";

const uncertain = {
  notApplicable: "the stack does not tell for certain what runs behind the targets of its routes",
};
const found = (behind: string, weight = 5) => ({
  findings: [
    `route/r/all: spec.httpRoute.action.weightedTargets[0].weight: weight ${weight} sends traffic to virtual node web, and ${behind} of size 0; set the weight to 0, or run a copy at least.`,
  ],
});

const route = (weight: unknown = 5, virtualNode = "web") =>
  entity("route", "shop/r/all", {
    httpRoute: { match: { prefix: "/" }, action: { weightedTargets: [{ virtualNode, weight }] } },
  });
const node = (serviceDiscovery: object) => entity("virtualNode", "shop/web", { serviceDiscovery });
const cloudMap = node({ awsCloudMap: { namespaceName: "shop.local", serviceName: "web" } });
const hostname = (name: string) => node({ dns: { hostname: name } });

const namespace: Linked = {
  type: "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
  props: { name: "shop.local" },
};
const registry = (props: object = {}, from: Linked["from"] = { dnsConfig: [namespace] }): Linked => ({
  type: "aws:servicediscovery/service:Service",
  props: { name: "web", ...props },
  from: from as NonNullable<Linked["from"]>,
});
const service = (props: object = {}, serviceRegistries: readonly Linked[] = [registry()]): Linked => ({
  type: "aws:ecs/service:Service",
  props: { name: "web-v1", desiredCount: 0, ...props },
  from: { serviceRegistries },
});
const inEcs = (running: readonly Linked[], weight?: unknown) =>
  judgedMesh(routesToEmptyServices, [route(weight), cloudMap], {}, running);

const labels = { app: "web", track: "new" };
const object = (
  type: string,
  name: string,
  spec: object,
  metadata: object = { namespace: "shop" },
): Linked => ({
  type: `kubernetes:${type}`,
  props: { metadata: { name, ...metadata }, spec },
});
const deployment = (spec: object = {}, name = "web", kind = "Deployment", metadata?: object) =>
  object(`apps/v1:${kind}`, name, { replicas: 0, template: { metadata: { labels } }, ...spec }, metadata);
const front = (selector: object = { app: "web" }, metadata?: object) =>
  object("core/v1:Service", "web", { selector }, metadata);
const inKubernetes = (running: readonly Linked[], name = "web.shop.svc.cluster.local") =>
  judgedMesh(routesToEmptyServices, [route(), hostname(name)], {}, running);

describe("routes-to-empty-services, behind Cloud Map", () => {
  it("finds routes to services of ECS that run nothing", () => {
    deepEqual(inEcs([service()]), found("ECS service web-v1 behind it is"));
    deepEqual(inEcs([service({ name: unknown })]), found("ECS service web behind it is"));
    deepEqual(
      inEcs([service({}, [registry({}, { namespaceId: [namespace] })]), service({ name: "web-v2" })], 1),
      found("ECS service web-v1 and ECS service web-v2 behind it are", 1),
    );
  });

  it("is content where a copy is asked for, or may be", () => {
    deepEqual(inEcs([service({ desiredCount: 1 })]), complies);
    deepEqual(inEcs([service(), service({ desiredCount: 2 })]), complies);
    deepEqual(inEcs([service({ desiredCount: unknown })]), complies);
    deepEqual(inEcs([service({ desiredCount: undefined })]), complies);
    deepEqual(inEcs([service({ schedulingStrategy: "DAEMON" })]), complies);
    deepEqual(inEcs([service(), { type: "aws:appautoscaling/target:Target", props: {} }]), complies);
  });

  it("says nothing where the link is not certain, or where nothing is sent", () => {
    deepEqual(inEcs([]), uncertain);
    deepEqual(inEcs([service()], 0), uncertain);
    deepEqual(inEcs([service({}, [])]), uncertain);
    deepEqual(inEcs([service({}, [registry(), registry()])]), uncertain);
    deepEqual(inEcs([service({}, [registry({ name: "other" })])]), uncertain);
    deepEqual(inEcs([service({}, [registry({ name: unknown })])]), uncertain);
    deepEqual(inEcs([service({}, [registry({}, {})])]), uncertain);
    const unnamed = { ...namespace, props: {} };
    deepEqual(inEcs([service({}, [registry({}, { dnsConfig: [unnamed] })])]), uncertain);
    deepEqual(inEcs([service({}, [registry({}, { dnsConfig: [namespace, namespace] })])]), uncertain);
    const other = { ...namespace, props: { name: "other.local" } };
    deepEqual(inEcs([service({}, [registry({}, { dnsConfig: [other] })])]), uncertain);
    deepEqual(inEcs([{ type: "aws:ecs/service:Service", props: { desiredCount: 0 } }]), uncertain);
    deepEqual(
      judgedMesh(routesToEmptyServices, [route(5, "elsewhere"), cloudMap], {}, [service()]),
      uncertain,
    );
    deepEqual(
      judgedMesh(routesToEmptyServices, [route(), entity("virtualNode", "shop/web", {})], {}, [service()]),
      uncertain,
    );
  });

  it("waits for what is not known of the route", () => {
    deepEqual(inEcs([service()], unknownText), {
      open: ["spec.httpRoute.action.weightedTargets[0].weight of route r/all"],
    });
  });
});

describe("routes-to-empty-services, behind names of a cluster", () => {
  it("finds routes to Deployments and StatefulSets that run nothing", () => {
    for (const name of [
      "web.shop",
      "web.shop.svc",
      "web.shop.svc.cluster.local",
      "web.shop.svc.cluster.local.",
    ])
      deepEqual(inKubernetes([front(), deployment()], name), found("Deployment web behind it is"), name);
    deepEqual(
      inKubernetes([front(labels), deployment({}, "web-new", "StatefulSet")]),
      found("StatefulSet web-new behind it is"),
    );
    deepEqual(
      inKubernetes([front({ app: "web" }, {}), deployment({}, "web", "Deployment", {})], "web.default"),
      found("Deployment web behind it is"),
    );
  });

  it("is content where a copy is asked for, or may be", () => {
    deepEqual(inKubernetes([front(), deployment({ replicas: 1 })]), complies);
    deepEqual(inKubernetes([front(), deployment(), deployment({ replicas: 1 }, "b")]), complies);
    deepEqual(inKubernetes([front(), deployment({ replicas: undefined })]), complies);
    deepEqual(inKubernetes([front(), deployment({ replicas: unknown })]), complies);
    for (const other of [
      object("apps/v1:DaemonSet", "agent", { template: { metadata: { labels } } }),
      object("argoproj.io/v1alpha1:Rollout", "web", { replicas: 0, template: { metadata: { labels } } }),
      object("core/v1:Pod", "web-1", {}, { namespace: "shop", labels }),
    ])
      deepEqual(inKubernetes([front(), deployment(), other]), complies, other.type);
    for (const type of ["autoscaling/v2:HorizontalPodAutoscaler", "keda.sh/v1alpha1:ScaledObject"])
      deepEqual(inKubernetes([front(), deployment(), object(type, "web", {})]), complies, type);
  });

  it("says nothing where the link is not certain", () => {
    deepEqual(inKubernetes([front()]), uncertain);
    deepEqual(inKubernetes([deployment()]), uncertain);
    deepEqual(inKubernetes([front({}), deployment()]), uncertain);
    deepEqual(inKubernetes([front({ app: "web", track: "old" }), deployment()]), uncertain);
    deepEqual(inKubernetes([front({ app: unknown }), deployment()]), uncertain);
    deepEqual(
      inKubernetes([front(), deployment({}, "web", "Deployment", { namespace: "other" })]),
      uncertain,
    );
    deepEqual(inKubernetes([front({ app: "web" }, { namespace: unknown }), deployment()]), uncertain);
    deepEqual(inKubernetes([front(), deployment({ template: unknown })]), uncertain);
    deepEqual(inKubernetes([front(), deployment()], "web.elsewhere.example"), uncertain);
  });
});

describe("what runs in a stack", () => {
  it("is linked by what properties were computed from, known or not", () => {
    const urn = (name: string) => `urn:${name}`;
    const inStack = (name: string, { type, props }: Linked, propertyDependencies: object = {}) =>
      ({ urn: urn(name), type, props, propertyDependencies }) as never;
    const at = inStack("namespace", namespace);
    const settings = inStack("settings", { type: "pulumi:pulumi:StackReference", props: {} });
    const entry = inStack("registry", registry(), { dnsConfig: [urn("settings"), urn("namespace")] });
    const serviceRegistries = [urn("registry"), urn("elsewhere"), urn("settings")];
    const all = [inStack("service", service(), { serviceRegistries, name: [] }), ...[entry, at, settings]];
    deepEqual(runningIn(all).node(cloudMap as never), [{ title: "ECS service web-v1", copies: 0 }]);
    deepEqual(entitiesOfStack(all).size, 0);
  });

  it("is found in the files that `appmesh check` reads", () => {
    const files = [
      {
        type: "appmesh:index:Route",
        props: {
          meshName: "shop",
          virtualRouterName: "r",
          routeName: "all",
          spec: { tcpRoute: { action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] } } },
        },
      },
      {
        type: "appmesh:index:VirtualNode",
        props: {
          meshName: "shop",
          virtualNodeName: "web",
          spec: { serviceDiscovery: { dns: { hostname: "web.shop" } } },
        },
      },
      front(),
      deployment(),
    ].map(({ type, props }, index) => ({ file: "all.yaml", name: `${index}`, type, props }));
    const only = configure({ all: "disabled", rules: { "routes-to-empty-services": "mandatory" } });
    deepEqual(
      check(files as never, only).violations.map(({ name, path, message }) => ({ name, path, message })),
      [
        {
          name: "0",
          path: "spec.tcpRoute.action.weightedTargets[0].weight",
          message: "weight 1 sends traffic to virtual node web, and Deployment web behind it is of size 0",
        },
      ],
    );
  });
});
