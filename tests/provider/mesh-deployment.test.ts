// Pods of a virtual node by one component, on Pulumi's real engine: the mesh is a control plane, and the plugin of
// Kubernetes is a stand-in that applies to a real API server what it is given.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { addMeshToPod } from "@pulumi-appmesh/provider/components/kubernetes/add-mesh-to-pod.js";
import type { MeshPodOptions } from "@pulumi-appmesh/provider/components/kubernetes/mesh-pod-options.js";
import type { Container } from "@pulumi-appmesh/provider/components/kubernetes/pod-spec.js";
import { kubernetesStack } from "./kubernetes-stack.js";
import { app, deploymentArgs, deploymentChildren, needed, shown, steps } from "./mesh-deployment-programs.js";

/** Two versions behind one service, the second with a weight of its own, and the mesh. */
const versions = (v2: number) => async () => {
  const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
  const [one, two] = ["catalog-v1", "catalog-v2"].map(
    (name) => new appmesh.MeshDeployment(name, deploymentArgs({ meshName })),
  ) as [appmesh.MeshDeployment, appmesh.MeshDeployment];
  const service = new appmesh.MeshService("catalog", {
    meshName,
    virtualServiceName: "catalog.shop.internal",
    listener: { portMapping: { port: 8080, protocol: "http" } },
    versions: {
      v1: { weight: 100 - v2, virtualNodeName: one.virtualNodeName },
      v2: { weight: v2, virtualNodeName: two.virtualNodeName },
    },
  });
  const { virtualNodeName, deploymentName, serviceName, hostname, serviceAccountName, podLabels } = one;
  return {
    ...{ virtualNodeName, deploymentName, serviceName, hostname, serviceAccountName, podLabels },
    nodes: service.virtualNodeNames,
  };
};

const alone =
  (args: appmesh.MeshDeploymentArgs, opts: pulumi.ComponentResourceOptions = {}, name = "catalog") =>
  async () => {
    const made = new appmesh.MeshDeployment(name, args, opts);
    return { serviceName: made.serviceName, serviceAccountName: made.serviceAccountName };
  };

const all = [
  "appmesh:index:Mesh shop",
  "appmesh:index:MeshService catalog",
  "appmesh:index:Route catalog-route",
  "appmesh:index:VirtualRouter catalog-router",
  "appmesh:index:VirtualService catalog-service",
  ...deploymentChildren("catalog-v1"),
  ...deploymentChildren("catalog-v2"),
];

describe("MeshDeployment on the real engine and a real API server", function () {
  this.timeout(600_000);
  const at = kubernetesStack(...needed);

  it("is, in two versions, previewed, made, the same the next time, shifted by a route alone, and gone", async () => {
    const planned = await at().stack.preview(versions(10));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), steps("create", all));
    const up = await at().stack.up(versions(10));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, {
      virtualNodeName: "catalog-v1",
      deploymentName: "catalog-v1",
      serviceName: "catalog-v1",
      hostname: "catalog-v1.shop.svc.cluster.local",
      serviceAccountName: "catalog-v1",
      podLabels: { "app.kubernetes.io/name": "catalog-v1" },
      nodes: { v1: "catalog-v1", v2: "catalog-v2" },
    });
    assert.deepEqual((await at().entity("virtualNodes/catalog-v1")).spec, {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: {
        dns: { hostname: "catalog-v1.shop.svc.cluster.local", responseType: "ENDPOINTS" },
      },
      backends: [{ virtualService: { virtualServiceName: "prices.shop.internal" } }],
    });

    const service = at().get("service", "catalog-v1").spec;
    assert.deepEqual(
      [service.clusterIP, service.selector, service.ports],
      [
        "None",
        { "app.kubernetes.io/name": "catalog-v1" },
        [{ name: "http-8080", port: 8080, protocol: "TCP", targetPort: 8080 }],
      ],
    );
    const { replicas, selector, strategy, template } = at().get("deployment", "catalog-v1").spec;
    assert.deepEqual(
      {
        replicas,
        selector,
        strategy,
        metadata: template.metadata,
        account: template.spec.serviceAccountName,
      },
      {
        replicas: 1,
        selector: { matchLabels: { "app.kubernetes.io/name": "catalog-v1" } },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
        metadata: {
          labels: { "app.kubernetes.io/name": "catalog-v1" },
          annotations: { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" },
        },
        account: "catalog-v1",
      },
    );
    const namesOf = (containers: readonly { name: string }[]) => containers.map(({ name }) => name);
    assert.deepEqual(
      [namesOf(template.spec.initContainers), namesOf(template.spec.containers)],
      [["envoy-redirect", "envoy"], ["app"]],
    );
    assert.match(JSON.stringify(template.spec.initContainers), /mesh\/shop\/virtualNode\/catalog-v1/);
    assert.equal(at().get("serviceaccount", "catalog-v1").metadata.namespace, "shop");

    const component = "urn:pulumi:test::shop::appmesh:index:MeshDeployment::catalog-v1";
    const state = await at().stack.resources();
    assert.equal(
      state.filter(({ parent, type }) => parent === component && type !== "kubernetes:core/v1:Secret").length,
      deploymentChildren("").length - 1,
    );

    const again = await at().stack.preview(versions(10));
    assert.deepEqual([shown(again.steps), again.messages], [[], []]);
    const shifted = await at().stack.up(versions(50));
    assert.deepEqual(shown(shifted.steps), [
      "update appmesh:index:MeshService catalog",
      "update appmesh:index:Route catalog-route",
    ]);

    at().plugin.take();
    assert.deepEqual(shown((await at().stack.destroy()).steps), steps("delete", all));
    assert.equal(
      at().cluster.kubectl(["get", "deployments,services,serviceaccounts", "-n", "shop", "-o", "name"]),
      "",
    );
  });

  it("is made with every setting, for a service account that is there, and keeps secrets out of the state", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const hidden = "hidden-password";
    const given = (more: Partial<appmesh.MeshDeploymentArgs> = {}) =>
      deploymentArgs({
        serviceName: "catalog",
        virtualNodeName: "catalog-blue",
        serviceAccountName: pulumi.output("shop"),
        clusterDomain: "eu.cluster.example",
        replicas: 3,
        podTemplate: {
          metadata: {
            labels: { team: pulumi.output("shop") },
            annotations: { "prometheus.io/scrape": "true" },
          },
          spec: {
            nodeSelector: { "kubernetes.io/arch": "arm64" },
            containers: [
              {
                ...app,
                env: [{ name: "PASSWORD", value: pulumi.secret(hidden) }],
                readinessProbe: { httpGet: { port: "http" } },
              },
            ],
          },
        },
        deployment: {
          metadata: { annotations: { owner: "shop" } },
          spec: { minReadySeconds: 5, strategy: { type: "Recreate" }, revisionHistoryLimit: 2 },
        },
        service: {
          metadata: { labels: { exposed: "no" } },
          spec: { publishNotReadyAddresses: true },
        },
        tracing: { tracer: "xray", samplingRate: 1 },
        drainSeconds: 7,
        ...more,
      });
    const up = await at().stack.up(alone(given(), {}, "Catalog_1"));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, { serviceName: "catalog", serviceAccountName: "shop" });
    const { metadata, spec } = at().get("deployment", "catalog");
    assert.deepEqual(
      [
        metadata.annotations.owner,
        spec.replicas,
        spec.minReadySeconds,
        spec.revisionHistoryLimit,
        spec.strategy,
      ],
      ["shop", 3, 5, 2, { type: "Recreate" }],
    );
    assert.deepEqual(spec.template.metadata, {
      labels: { team: "shop", "app.kubernetes.io/name": "catalog" },
      annotations: {
        "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
        "prometheus.io/scrape": "true",
      },
    });
    const pod = spec.template.spec;
    assert.deepEqual(
      [
        pod.nodeSelector,
        pod.serviceAccountName,
        pod.terminationGracePeriodSeconds,
        pod.containers[0].lifecycle,
      ],
      [{ "kubernetes.io/arch": "arm64" }, "shop", 37, { preStop: { sleep: { seconds: 7 } } }],
    );
    assert.deepEqual(pod.containers[0].env, [{ name: "PASSWORD", value: hidden }]);
    assert.deepEqual(pod.containers[0].readinessProbe.httpGet, {
      path: "/app/readinessProbe",
      port: 15020,
      scheme: "HTTP",
    });
    const service = at().get("service", "catalog");
    assert.deepEqual(
      [service.metadata.labels, service.spec.publishNotReadyAddresses],
      [{ exposed: "no" }, true],
    );
    assert.deepEqual((await at().entity("virtualNodes/catalog-blue")).spec.serviceDiscovery, {
      dns: { hostname: "catalog.shop.svc.eu.cluster.example", responseType: "ENDPOINTS" },
    });
    assert.equal(at().cluster.kubectl(["get", "serviceaccounts", "-n", "shop", "-o", "name"]), "");
    const state = readFileSync(at().stateFile, "utf8");
    assert.ok(state.includes("Catalog_1-deployment") && !state.includes(hidden));
    assert.deepEqual(shown((await at().stack.preview(alone(given(), {}, "Catalog_1"))).steps), []);
    assert.deepEqual(
      shown((await at().stack.preview(alone(given({ replicas: 4 }), {}, "Catalog_1"))).steps),
      [
        "update appmesh:index:MeshDeployment Catalog_1",
        "update kubernetes:apps/v1:Deployment Catalog_1-deployment",
      ],
    );
  });

  it("has no Service where nothing listens, and takes what is not known yet", async () => {
    const program = async () => {
      const { meshName, uid } = new appmesh.Mesh("shop", { meshName: "shop" });
      const later = <T>(value: T) => uid.apply(() => value) as pulumi.Output<T>;
      const { listeners: _, ...rest } = deploymentArgs();
      const made = new appmesh.MeshDeployment("worker", {
        ...rest,
        meshName,
        namespace: later("shop"),
        backends: [later("prices.shop.internal")],
        controlPlane: { ...rest.controlPlane, host: later("xds.shop.internal") },
        interception: later({ image: "shop/iptables:1" }),
        serviceAccount: { metadata: later({ annotations: { role: "worker" } }) },
        podTemplate: {
          metadata: later({ labels: { team: "shop" } }),
          spec: { containers: [{ name: "worker", image: later("shop/worker:2") }] },
        },
      });
      return { node: made.virtualNodeName };
    };
    const planned = await at().stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const made = deploymentChildren("worker").filter((each) => !each.includes("worker-service "));
    const expected = steps("create", [
      "appmesh:index:Mesh shop",
      ...made.filter((each) => !each.endsWith("-service")),
    ]);
    assert.deepEqual(shown(planned.steps), expected);
    const up = await at().stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual((await at().entity("virtualNodes/worker")).spec, {
      backends: [{ virtualService: { virtualServiceName: "prices.shop.internal" } }],
    });
    assert.deepEqual(at().get("serviceaccount", "worker").metadata.annotations, { role: "worker" });
    assert.equal(at().get("deployment", "worker").spec.template.metadata.labels.team, "shop");
    assert.deepEqual(shown((await at().stack.preview(program)).steps), []);
  });

  it("is a StatefulSet where its pods keep names and volumes", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const claim = {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: pulumi.output("1Gi") } } },
    };
    const program = alone(
      deploymentArgs({
        statefulSet: {
          metadata: { annotations: { owner: "shop" } },
          spec: { podManagementPolicy: "Parallel", volumeClaimTemplates: [claim] },
        },
        podTemplate: {
          spec: { containers: [{ ...app, volumeMounts: [{ name: "data", mountPath: "/data" }] }] },
        },
        replicas: 2,
      }),
    );
    const up = await at().stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = deploymentChildren("catalog").map((each) =>
      each.replace("Deployment catalog-deployment", "StatefulSet catalog-stateful-set"),
    );
    assert.deepEqual(shown(up.steps), steps("create", made));
    const { metadata, spec } = at().get("statefulset", "catalog");
    const { replicas, serviceName, podManagementPolicy, selector, template, volumeClaimTemplates } = spec;
    const labels = { "app.kubernetes.io/name": "catalog" };
    assert.deepEqual(
      [metadata.annotations.owner, replicas, serviceName, podManagementPolicy, selector.matchLabels],
      ["shop", 2, "catalog", "Parallel", labels],
    );
    assert.deepEqual(template.metadata.labels, labels);
    assert.equal(volumeClaimTemplates[0].spec.resources.requests.storage, "1Gi");
    assert.deepEqual(
      [...template.spec.initContainers, ...template.spec.containers].map(({ name }) => name),
      ["envoy-redirect", "envoy", "app"],
    );
    assert.deepEqual(shown((await at().stack.preview(program)).steps), []);
  });

  it("is a DaemonSet where each machine has one, and takes the place of a Deployment", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const daemons = alone(
      deploymentArgs({
        daemonSet: {
          metadata: { annotations: { owner: pulumi.output("shop") } },
          spec: { minReadySeconds: 5, updateStrategy: { type: "OnDelete" } },
        },
        podTemplate: { spec: { containers: [app], tolerations: [{ operator: "Exists" }] } },
      }),
    );
    assert.equal((await at().stack.up(alone(deploymentArgs()))).failure, undefined);
    const changed = await at().stack.up(daemons);
    assert.deepEqual([changed.failure, changed.messages], [undefined, []]);
    assert.deepEqual(shown(changed.steps), [
      "create kubernetes:apps/v1:DaemonSet catalog-daemon-set",
      "delete kubernetes:apps/v1:Deployment catalog-deployment",
      "update appmesh:index:MeshDeployment catalog",
    ]);
    const { metadata, spec } = at().get("daemonset", "catalog");
    const { minReadySeconds, selector, template, updateStrategy } = spec;
    const labels = { "app.kubernetes.io/name": "catalog" };
    assert.deepEqual(
      [metadata.annotations.owner, minReadySeconds, updateStrategy, selector.matchLabels],
      ["shop", 5, { type: "OnDelete" }, labels],
    );
    assert.deepEqual(
      [template.metadata.labels, template.spec.tolerations, template.spec.serviceAccountName],
      [labels, [{ operator: "Exists" }], "catalog"],
    );
    assert.deepEqual(
      [...template.spec.initContainers, ...template.spec.containers].map(({ name }) => name),
      ["envoy-redirect", "envoy", "app"],
    );
    assert.deepEqual(shown((await at().stack.preview(daemons)).steps), []);
  });

  it("gives its children the provider and the transforms, and is moved under a parent by an alias", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const program = (opts: pulumi.ComponentResourceOptions) => async () => {
      const provider = new Provider("west", { context: "west" });
      const transform = (each: { type: string; props: object; opts: object }) =>
        each.type === "kubernetes:apps/v1:Deployment"
          ? {
              ...each,
              props: { ...each.props, metadata: { name: "catalog", namespace: "shop", labels: { a: "b" } } },
            }
          : undefined;
      await alone(deploymentArgs(), { providers: [provider], transforms: [transform] as never, ...opts })();
    };
    at().plugin.take();
    const up = await at().stack.up(program({}));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const calls = at().plugin.take();
    assert.deepEqual(
      new Set(calls.filter(({ call }) => call === "configure").map(({ inputs }) => inputs.context)),
      new Set(["west"]),
    );
    assert.deepEqual(at().get("deployment", "catalog").metadata.labels, { a: "b" });
    const moved = await at().stack.preview(async () => {
      const parent = new pulumi.ComponentResource("shop:index:Group", "group");
      const aliases = ["urn:pulumi:test::shop::appmesh:index:MeshDeployment::catalog"];
      await program({ parent, aliases })();
    });
    assert.deepEqual([moved.failure, moved.messages], [undefined, []]);
    assert.deepEqual(shown(moved.steps), ["create shop:index:Group group"]);
  });

  it("has pods that the API server takes as they are, whatever is put into them", async () => {
    const key = (of: string) => ({ name: "identity", key: of });
    const base = { meshName: "shop", virtualNode: "catalog", interception: { image: "shop/iptables:1" } };
    const xds = { host: "xds.shop.internal", trustFrom: key("trust") };
    const explicit = { interception: { mode: "explicit", appPorts: { 8081: 8080 } } } as const;
    const variants: readonly MeshPodOptions[] = [
      { ...base, controlPlane: xds },
      {
        ...base,
        tracing: {},
        controlPlane: { ...xds, certificateFrom: key("certificate"), privateKeyFrom: key("privateKey") },
      },
      { ...base, ...explicit, tracing: { tracer: "xray" }, drainSeconds: 0, controlPlane: xds },
    ];
    for (const options of variants) {
      const spec = addMeshToPod({ serviceAccountName: "catalog", containers: [app] }, options);
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "catalog", namespace: "shop" }, spec };
      // A member that Kubernetes does not know, or another type than it has, is refused.
      const taken = at().cluster.kubectl(
        ["create", "--dry-run=server", "--validate=strict", "-f", "-", "-o", "json"],
        JSON.stringify(pod),
      );
      assert.deepEqual(within(JSON.parse(taken).spec, JSON.parse(JSON.stringify(spec))), spec);
    }
  });

  it("has pods that a namespace admits which is restricted, where none redirects", () => {
    for (const standard of ["restricted", "baseline"]) {
      const labels = { "pod-security.kubernetes.io/enforce": standard };
      at().cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: standard, labels } });
    }
    const securityContext = {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    };
    const refusal = (
      options: Partial<MeshPodOptions>,
      containers: readonly Container[],
      namespace = "restricted",
    ) => {
      const metadata = { name: "catalog", namespace };
      const spec = addMeshToPod(
        { serviceAccountName: "catalog", containers },
        { meshName: "shop", controlPlane: { host: "xds.shop.internal" }, tracing: {}, ...options },
      );
      const pod = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec });
      try {
        at().cluster.kubectl(["create", "--dry-run=server", "-f", "-"], pod);
        return undefined;
      } catch (error) {
        return String((error as { stderr?: unknown }).stderr);
      }
    };
    const own = [{ ...app, securityContext }];
    const explicit = { mode: "explicit", appPorts: { 8081: 8080 } } as const;
    assert.equal(refusal({ virtualNode: "catalog", interception: explicit }, own), undefined);
    assert.equal(refusal({ virtualGateway: "web", listenerPorts: [8080] }, []), undefined);
    for (const standard of ["restricted", "baseline"]) {
      const redirected = { virtualNode: "catalog", interception: { image: "shop/iptables:1" } };
      const told = refusal(redirected, own, standard) ?? "";
      assert.ok(told.includes(`violates PodSecurity "${standard}:latest"`), told);
      assert.deepEqual(
        new Set([...told.matchAll(/container "([^"]+)"/g)].map(([, name]) => name)),
        new Set(["envoy-redirect"]),
      );
    }
  });

  it("tells in the preview of a Secret that is missing, or has another value, unless it is to come later", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const naming = (name: string, key: string, more: Partial<appmesh.MeshDeploymentArgs> = {}) =>
      alone(
        deploymentArgs({ controlPlane: { host: "xds.shop.internal", tokenFrom: { name, key } }, ...more }),
      );
    const missing = await at().stack.preview(naming("identity", "token"));
    assert.notEqual(missing.failure, undefined);
    const told = missing.events.find(({ diagnosticEvent }) =>
      diagnosticEvent?.message.includes("'shop/identity' does not exist"),
    );
    assert.equal(
      told?.diagnosticEvent?.urn,
      "urn:pulumi:test::shop::appmesh:index:MeshDeployment$kubernetes:core/v1:Secret::catalog-controlPlane-tokenFrom",
    );
    const other = await at().stack.preview(naming("authorities", "token"));
    assert.notEqual(other.failure, undefined);
    assert.match(
      other.messages.join("\n"),
      /: controlPlane\.tokenFrom\.key: "token" was given; the Secret shop\/authorities has ca\.pem\. Put it there, or name one of those\.$/,
    );
    const later = await at().stack.preview(naming("identity", "token", { lookUpSecrets: false }));
    assert.deepEqual([later.failure, later.messages], [undefined, []]);
  });

  it("takes a Secret that the same program makes, which no preview finds before it is there", async () => {
    await at().controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const program = async () => {
      const { metadata } = new Secret("made", {
        metadata: { name: "made", namespace: "shop" },
        data: { "ca.pem": Buffer.from("authorities").toString("base64") },
      });
      await alone(
        deploymentArgs({
          controlPlane: { host: "xds.shop.internal", trustFrom: { name: metadata.name, key: "ca.pem" } },
        }),
      )();
    };
    const made = steps("create", [...deploymentChildren("catalog"), "kubernetes:core/v1:Secret made"]);
    const planned = await at().stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages, shown(planned.steps)], [undefined, [], made]);
    const up = await at().stack.up(program);
    assert.deepEqual([up.failure, up.messages, shown(up.steps)], [undefined, [], made]);
    const [volume] = at().get("deployment", "catalog").spec.template.spec.volumes;
    assert.deepEqual(volume.projected.sources[0].secret, {
      name: "made",
      items: [{ key: "ca.pem", path: "trust.pem" }],
    });
    assert.deepEqual((await at().stack.preview(program)).steps, []);
  });

  it("tells mistakes at the places of its own inputs, in the preview, and makes nothing", async () => {
    at().plugin.take();
    const { failure, messages } = await at().stack.preview(
      alone(
        deploymentArgs({
          podTemplate: {
            spec: {
              hostNetwork: true,
              serviceAccountName: "shop",
              containers: [app, { ...app, image: "shop/app", ports: [{ containerPort: 9901 }] }],
            },
          },
        }),
        {},
        "Catalog",
      ),
    );
    assert.notEqual(failure, undefined);
    assert.deepEqual(
      messages.flatMap((message) => message.split("\n").map((line) => line.trim())),
      [
        "appmesh:index:MeshDeployment resource 'Catalog' has a problem: the properties of " +
          'appmesh:index:MeshDeployment "Catalog" are not valid',
        '- property serviceName has a problem: nothing was given, and the name of the component, "Catalog", is no label of ' +
          "DNS, as a Service needs: at most 63 lower-case letters, digits and hyphens, with a letter first. Give serviceName.",
        "- property podTemplate.spec.serviceAccountName with value '{shop}' has a problem: the component says it itself. Give " +
          "the input serviceAccountName.",
        "- property podTemplate.spec.hostNetwork with value '{true}' has a problem: true was given; a pod of the mesh has a " +
          "network of its own, where Envoy takes the traffic of this pod and no other's. Leave it out.",
        `- property podTemplate.spec.containers[1].name with value '{app}' has a problem: "app" was given twice; each ` +
          "container has a name of its own.",
        `- property podTemplate.spec.containers[1].image with value '{shop/app}' has a problem: "shop/app" was given; an ` +
          "image with a tag or a digest is allowed, as shop/app:1.0 or shop/app@sha256:…, so that all pods run the same.",
        "- property podTemplate.spec.containers[1].ports[0].containerPort with value '{9901}' has a problem: 9901 was given; " +
          "it is taken in the pod by Envoy's admin interface. Let the container listen on another port, or give " +
          "envoy.adminPort another.",
      ],
    );
    assert.deepEqual(at().plugin.take(), []);
  });
});

/** What is in a value of the members that another one has: the API server adds its defaults. */
function within(value: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted) && Array.isArray(value))
    return value.map((item, index) => within(item, wanted[index]));
  if (typeof wanted !== "object" || wanted === null || typeof value !== "object" || value === null)
    return value;
  const members = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([name]) => name in members)
      .map(([name, member]) => [name, within(members[name], member)]),
  );
}
