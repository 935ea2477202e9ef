// Envoys of a virtual gateway on Kubernetes by one component, on Pulumi's real engine and a real API server.
import assert from "node:assert/strict";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { kubernetesStack } from "./kubernetes-stack.js";
import { needed, shown, steps, controlPlane as xds } from "./mesh-deployment-programs.js";

const all = [
  "appmesh:index:Mesh shop",
  "appmesh:index:VirtualNode catalog",
  "appmesh:index:VirtualService catalog",
  "appmesh:index:MeshGatewayDeployment web",
  "appmesh:index:Gateway web",
  "appmesh:index:GatewayRoute web-catalog",
  "appmesh:index:ProxyServiceAccount web-proxies",
  "appmesh:index:VirtualGateway web-gateway",
  "kubernetes:apps/v1:Deployment web-deployment",
  "kubernetes:core/v1:Service web-service",
  "kubernetes:core/v1:ServiceAccount web-service-account",
];

type Args = Partial<appmesh.MeshGatewayDeploymentArgs>;
/** A value that nobody knows before the mesh has been made. */
type Later = <T>(value: T) => pulumi.Output<T>;

const program =
  (given: Args | ((later: Later) => Args) = {}, name = "web", opts: pulumi.ComponentResourceOptions = {}) =>
  async () => {
    const { meshName, uid } = new appmesh.Mesh("shop", { meshName: "shop" });
    const more = typeof given === "function" ? given((value) => uid.apply(() => value) as never) : given;
    const { virtualNodeName } = new appmesh.VirtualNode("catalog", {
      meshName,
      virtualNodeName: "catalog",
      spec: {},
    });
    const { virtualServiceName } = new appmesh.VirtualService("catalog", {
      meshName,
      virtualServiceName: "catalog.shop.internal",
      spec: { provider: { virtualNode: { virtualNodeName } } },
    });
    const made = new appmesh.MeshGatewayDeployment(
      name,
      {
        meshName,
        namespace: "shop",
        listeners: [
          { portMapping: { port: 8080, protocol: "http" } },
          { portMapping: { port: 9000, protocol: "grpc" } },
        ],
        routes: { catalog: { virtualServiceName, httpRoute: { match: { prefix: "/", port: 8080 } } } },
        controlPlane: xds,
        ...more,
      },
      opts,
    );
    const { virtualGatewayName, gatewayRouteNames, deploymentName, serviceName, podLabels } = made;
    return { virtualGatewayName, gatewayRouteNames, deploymentName, serviceName, podLabels };
  };

describe("MeshGatewayDeployment on the real engine and a real API server", function () {
  this.timeout(600_000);
  const at = kubernetesStack(...needed);

  it("is previewed, made with its Service last, the same the next time, and gone", async () => {
    const service = {
      metadata: { annotations: { scheme: "internet-facing" } },
      spec: { type: "LoadBalancer", externalTrafficPolicy: "Local" },
    };
    const podTemplate = { spec: { nodeSelector: { zone: "a" } } };
    const given = program({ servicePorts: [80, 443], service, podTemplate, replicas: 2 });
    const planned = await at().stack.preview(given);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), steps("create", all));
    at().plugin.take();
    const up = await at().stack.up(given);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, {
      virtualGatewayName: "web-gateway",
      gatewayRouteNames: { catalog: "web-catalog" },
      deploymentName: "web",
      serviceName: "web",
      podLabels: { "app.kubernetes.io/name": "web" },
    });
    const created = at()
      .plugin.take()
      .filter(({ call, preview }) => call === "create" && !preview)
      .map(({ name }) => name);
    assert.deepEqual(created, ["web-service-account", "web-deployment", "web-service"]);

    const { metadata, spec } = at().get("service", "web");
    assert.deepEqual(
      [metadata.annotations, spec.type, spec.externalTrafficPolicy, spec.selector],
      [{ scheme: "internet-facing" }, "LoadBalancer", "Local", { "app.kubernetes.io/name": "web" }],
    );
    assert.deepEqual(
      spec.ports.map(({ nodePort: _, ...port }: { nodePort: number }) => port),
      [
        { name: "http-8080", port: 80, protocol: "TCP", targetPort: 8080 },
        { name: "grpc-9000", port: 443, protocol: "TCP", targetPort: 9000 },
      ],
    );
    const deployment = at().get("deployment", "web").spec;
    const pod = deployment.template.spec;
    assert.deepEqual(
      [deployment.replicas, pod.nodeSelector, pod.serviceAccountName, pod.initContainers],
      [2, { zone: "a" }, "web", undefined],
    );
    const [envoy, ...others] = pod.containers;
    assert.deepEqual(
      [envoy.name, envoy.ports, others],
      [
        "envoy",
        [
          { containerPort: 8080, protocol: "TCP" },
          { containerPort: 9000, protocol: "TCP" },
        ],
        [],
      ],
    );
    assert.match(JSON.stringify(envoy.args), /mesh\/shop\/virtualGateway\/web-gateway/);
    const again = await at().stack.preview(given);
    assert.deepEqual([shown(again.steps), again.messages], [[], []]);
    const fewer = program({ service, podTemplate, replicas: 2 });
    assert.deepEqual(shown((await at().stack.preview(fewer)).steps), [
      "update appmesh:index:MeshGatewayDeployment web",
      "update kubernetes:core/v1:Service web-service",
    ]);
    assert.deepEqual(shown((await at().stack.destroy()).steps), steps("delete", all));
    assert.equal(
      at().cluster.kubectl(["get", "deployments,services,serviceaccounts", "-n", "shop", "-o", "name"]),
      "",
    );
  });

  it("takes what is not known yet, in its preview, and is the same the next time", async () => {
    const given = program((later) => ({
      namespace: later("shop"),
      virtualGatewayName: later("edge"),
      listeners: [{ portMapping: { port: later(8080), protocol: "http" } }],
      servicePorts: later([80]),
      controlPlane: { ...xds, host: later("xds.shop.internal") },
      service: later({ metadata: { annotations: { scheme: "internal" } } }),
      deployment: { metadata: later({ annotations: { owner: "shop" } }) },
      podTemplate: {
        metadata: { labels: { team: later("shop") } },
        spec: later({ nodeSelector: { a: "b" } }),
      },
      replicas: later(2),
    }));
    const planned = await at().stack.preview(given);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), steps("create", all));
    const up = await at().stack.up(given);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.equal(up.outputs.virtualGatewayName, "edge");
    const { metadata, spec } = at().get("deployment", "web");
    const { labels } = spec.template.metadata;
    assert.deepEqual(
      [metadata.annotations.owner, spec.replicas, labels.team, spec.template.spec.nodeSelector],
      ["shop", 2, "shop", { a: "b" }],
    );
    assert.match(JSON.stringify(spec.template.spec.containers[0].args), /mesh\/shop\/virtualGateway\/edge/);
    const service = at().get("service", "web");
    assert.deepEqual(
      [service.metadata.annotations.scheme, service.spec.ports],
      ["internal", [{ name: "http-8080", port: 80, protocol: "TCP", targetPort: 8080 }]],
    );
    const again = await at().stack.preview(given);
    assert.deepEqual([shown(again.steps), again.messages], [[], []]);
  });

  it("gives its children the provider and the transforms, and is moved under a parent by an alias", async () => {
    const moving = (opts: pulumi.ComponentResourceOptions) => async () => {
      const provider = new Provider("west", { context: "west" });
      const seen = (each: { type: string; props: object; opts: object }) =>
        each.type === "kubernetes:core/v1:Service"
          ? {
              ...each,
              props: { ...each.props, metadata: { name: "web", namespace: "shop", labels: { a: "b" } } },
            }
          : undefined;
      await program({}, "web", { providers: [provider], transforms: [seen] as never, ...opts })();
    };
    at().plugin.take();
    const up = await at().stack.up(moving({}));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const configured = at()
      .plugin.take()
      .filter(({ call }) => call === "configure");
    assert.deepEqual(new Set(configured.map(({ inputs }) => inputs.context)), new Set(["west"]));
    assert.deepEqual(at().get("service", "web").metadata.labels, { a: "b" });
    const moved = await at().stack.preview(async () => {
      const parent = new pulumi.ComponentResource("shop:index:Group", "group");
      const aliases = ["urn:pulumi:test::shop::appmesh:index:MeshGatewayDeployment::web"];
      await moving({ parent, aliases })();
    });
    assert.deepEqual([moved.failure, moved.messages], [undefined, []]);
    assert.deepEqual(shown(moved.steps), ["create shop:index:Group group"]);
  });

  it("tells mistakes at the places of its own inputs, in the preview, and makes nothing", async () => {
    at().plugin.take();
    const { failure, messages } = await at().stack.preview(
      program(
        {
          listeners: [
            { portMapping: { port: 80, protocol: "http" } },
            { portMapping: { port: 9901, protocol: "http" } },
          ],
          servicePorts: [80],
          serviceAccount: { metadata: { name: "web" } },
          serviceAccountName: "shop",
        },
        "web_1",
      ),
    );
    assert.notEqual(failure, undefined);
    assert.deepEqual(
      messages.flatMap((message) => message.split("\n").map((line) => line.trim())),
      [
        "appmesh:index:MeshGatewayDeployment resource 'web_1' has a problem: the properties of " +
          'appmesh:index:MeshGatewayDeployment "web_1" are not valid',
        '- property serviceName has a problem: nothing was given, and the name of the component, "web_1", is no label of DNS, ' +
          "as a Service needs: at most 63 lower-case letters, digits and hyphens, with a letter first. Give serviceName.",
        "- property serviceAccount with value '{map[metadata:{map[name:{web}]}]}' has a problem: it was given beside " +
          "serviceAccountName, which names one that is there already. Leave one of both out.",
        "- property serviceAccount.metadata.name with value '{web}' has a problem: the component says it itself. Give " +
          "serviceName.",
        "- property listeners[0].portMapping.port with value '{80}' has a problem: 80 was given; Envoy, which is not root, " +
          "listens on 1024 and above. Let it have 8080: a Service in front may have any.",
        "- property listeners[1].portMapping.port with value '{9901}' has a problem: 9901 was given; it is taken in the pod by " +
          "Envoy's admin interface. Give it another.",
        "- property servicePorts with value '{[{80}]}' has a problem: 1 port given for 2 listeners; each listener has its own.",
      ],
    );
    assert.deepEqual(at().plugin.take(), []);
  });
});
