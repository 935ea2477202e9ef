import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../../pulumi/subjects.js";
import { complies, judged, type Said, unknownObject, unknownText } from "../../testing/judged.js";
import { tracing } from "./tracing.js";

const app = { name: "app", image: "shop:1" };
const envoy = { name: "envoy", image: "envoyproxy/envoy:v1.40.0" };
const resource = { name: "APPMESH_RESOURCE_ARN", value: "mesh/shop/virtualNode/web" };
const on = (name: string, value = "1") => ({ name, value });

function said(type: string, props: object): Said | undefined {
  const [subject] = subjectsOf({ type, props });
  return subject && judged(tracing, subject);
}
const task = (...containers: object[]) =>
  said("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions: JSON.stringify(containers) });
const pod = (container: object, others: readonly object[] = [app]) =>
  said("kubernetes:core/v1:Pod", { spec: { containers: [...others, { ...envoy, ...container }] } });

const elsewhere = { notApplicable: "the proxy is configured by what the declaration does not show" };

describe("tracing", () => {
  it("is content with each of the tracers that App Mesh's image knows", () => {
    for (const each of [
      on("ENABLE_ENVOY_XRAY_TRACING"),
      on("ENABLE_ENVOY_JAEGER_TRACING"),
      on("ENABLE_ENVOY_DATADOG_TRACING"),
      on("ENVOY_TRACING_CFG_FILE", "/tracing.yaml"),
    ]) {
      deepEqual(task(app, { ...envoy, environment: [resource, each] }), complies, each.name);
      deepEqual(pod({ env: [on("APPMESH_VIRTUAL_NODE_NAME", "web"), each] }), complies, each.name);
    }
  });

  it("is content with a tracer that `appmesh sidecar` is given", () => {
    const command = ["/usr/bin/appmesh", "sidecar", "--tracing", "otel"];
    deepEqual(task(app, { ...envoy, command }), complies);
    deepEqual(task(app, { ...envoy, entryPoint: ["appmesh"], command: command.slice(1) }), complies);
    deepEqual(pod({ command: ["appmesh"], args: ["bootstrap", "--tracing=xray"] }), complies);
  });

  it("finds proxies without one", () => {
    const missing = "envoy traces nothing; set ENABLE_ENVOY_XRAY_TRACING to 1.";
    for (const environment of [
      [resource],
      [resource, on("ENABLE_ENVOY_XRAY_TRACING", "0")],
      [resource, on("ENVOY_TRACING_CFG_FILE", "")],
      [resource, on("ENABLE_ENVOY_STATS_TAGS")],
    ]) {
      deepEqual(task(app, { ...envoy, environment }), {
        findings: [`containerDefinitions[1].environment: ${missing}`],
      });
    }
    deepEqual(pod({ args: ["appmesh", "sidecar", "--tracing-name", "web"] }), {
      findings: [`spec.containers[1].env: ${missing}`],
    });
    deepEqual(task(app, { ...envoy, command: ["appmesh", "sidecar"] }), {
      findings: [`containerDefinitions[1].environment: ${missing}`],
    });
    const tracesOthers = { ...app, environment: [on("ENABLE_ENVOY_XRAY_TRACING")] };
    deepEqual(task(tracesOthers, { ...envoy, environment: [resource] }), {
      findings: [`containerDefinitions[1].environment: ${missing}`],
    });
  });

  it("says nothing where something else decides, nor of gateways", () => {
    deepEqual(task(app, envoy), elsewhere);
    deepEqual(task(app, { ...envoy, environment: [on("ENABLE_ENVOY_STATS_TAGS")] }), elsewhere);
    deepEqual(
      task(app, { ...envoy, environment: [resource], environmentFiles: [{ value: "s3" }] }),
      elsewhere,
    );
    deepEqual(pod({ env: [resource], envFrom: [{ configMapRef: { name: "tracing" } }] }), elsewhere);
    deepEqual(
      pod({ env: [resource, { name: "ENABLE_ENVOY_XRAY_TRACING", valueFrom: { configMapKeyRef: {} } }] }),
      elsewhere,
    );
    deepEqual(pod({ args: ["myappmesh", "sidecar", "--tracing", "xray"] }), elsewhere);
    deepEqual(pod({ env: [resource] }, []), {
      notApplicable: "there is no application beside the proxy",
    });
  });

  it("waits for what is not known", () => {
    deepEqual(pod({ env: [resource, on("ENABLE_ENVOY_XRAY_TRACING", unknownText)] }), {
      open: ["spec.containers[1].env[1].value"],
    });
    deepEqual(pod({ env: unknownObject }), { open: ["spec.containers[1].env"] });
  });
});
