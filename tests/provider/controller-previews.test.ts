// AppMeshController in previews on Pulumi's real engine: what is not known yet, and what is refused. No cluster is asked.
import assert from "node:assert/strict";
import { CustomResource } from "@pulumi/pulumi";
import { AppMeshController, type AppMeshControllerArgs } from "@pulumi-appmesh/appmesh";
import { kubernetesMissing } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { kubernetesTools } from "../support/tools.js";
import { controllerInputs, made, shown } from "./controller-program.js";
import { TestStack } from "./stack.js";

describe("AppMeshController in a preview", function () {
  this.timeout(600_000);
  let plugin: KubernetesPlugin;
  let stack: TestStack;
  let inputs: AppMeshControllerArgs;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    plugin = putKubernetesPlugin({ STAND_IN_HELM: (await kubernetesTools())?.helm ?? "" });
    stack = await TestStack.create({});
    inputs = await controllerInputs();
  });

  it("can be previewed while almost nothing is known", async () => {
    const planned = await stack.preview(async () => {
      class Unknown extends CustomResource {}
      const { id } = new Unknown("kubernetes:core/v1:ConfigMap", "unknown", {
        metadata: { name: "unknown" },
      });
      new AppMeshController("mesh", {
        ...inputs,
        region: id,
        accountId: id,
        controlPlane: { address: id, caCertificate: id },
        accessKey: { accessKeyId: id, secretAccessKey: id },
        tracing: { provider: "x-ray" },
        injection: { namespaces: { shop: { labels: { mesh: id } } }, xdsEndpoint: id },
      });
    });
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const ofProgram = shown(planned.steps).filter(
      (each) => !each.includes("mesh-chart:") && !each.endsWith(" unknown"),
    );
    assert.deepEqual(
      ofProgram,
      made.filter((each) => !each.includes("mesh-chart:")),
    );
  });

  it("tells the proxies of each namespace of a collector of OpenTelemetry, and the chart nothing", async () => {
    plugin.take();
    const planned = await stack.preview(async () => {
      new AppMeshController("mesh", {
        ...inputs,
        tracing: { provider: "opentelemetry", address: "collector.observability" },
      });
    });
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const asked = plugin.take();
    const inputsOf = (name: string) =>
      (asked.find((each) => each.call === "create" && each.name === name)?.inputs ?? assert.fail(name)) as {
        readonly metadata: object;
        readonly stringData: Readonly<Record<string, string>>;
        readonly spec: object;
      };
    const { metadata, stringData } = inputsOf("mesh-shop-tracing");
    assert.deepEqual(metadata, { name: "appmesh-tracing", namespace: "shop" });
    assert.match(stringData["tracing.json"] ?? "", /"address":"collector\.observability","portValue":4317/);
    const told = JSON.stringify(inputsOf("mesh-injection").spec);
    assert.ok(
      told.includes("ENVOY_TRACING_CFG_FILE=/etc/appmesh-tracing/tracing.json, ENVOY_LOG_LEVEL=warn"),
    );
    assert.ok(told.includes("appmesh-xds-authorities:/etc/pki/tls, appmesh-tracing:/etc/appmesh-tracing"));
    const controller = JSON.stringify(inputsOf("mesh-chart:appmesh-system/appmesh-controller").spec);
    assert.ok(!/tracing|opentelemetry/.test(controller));
  });

  it("refuses a chart whose Deployment is another one, in the preview", async () => {
    const refusal = async (test: object) => {
      const { messages } = await stack.preview(async () => {
        new AppMeshController("mesh", { ...inputs, values: { test } });
      });
      return messages.join("\n");
    };
    assert.match(
      await refusal({ container: "manager", deployment: true }),
      /the chart's Deployment "appmesh-controller" has the containers "manager"; one that is called "controller" is needed, which is pointed at the control plane\./,
    );
    assert.match(
      await refusal({ deployment: false }),
      /the chart has no Deployment; one that is called "appmesh-controller" is needed, which is pointed at the control plane\./,
    );
  });
});
