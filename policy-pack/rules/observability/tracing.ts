import { rule } from "../../rule.js";
import type { Container } from "../../subjects/workload.js";
import { recorded } from "../frameworks.js";
import { envoy } from "../links.js";

/** What App Mesh's proxy image takes for yes with 1. */
const switches = ["ENABLE_ENVOY_XRAY_TRACING", "ENABLE_ENVOY_JAEGER_TRACING", "ENABLE_ENVOY_DATADOG_TRACING"];
const configurationFile = "ENVOY_TRACING_CFG_FILE";

export const tracing = rule({
  name: "tracing",
  title: "Requests can be followed",
  family: "observability",
  severity: "low",
  what: "A proxy beside an application has a tracer.",
  why: "Without one nobody sees on which of many services a slow request spent its time.",
  remediation: [
    "Set ENABLE_ENVOY_XRAY_TRACING to 1, or that of Jaeger or Datadog, in the environment of the proxy.",
    "Where `appmesh sidecar` starts the proxy, give it --tracing.",
  ],
  link: envoy("intro/arch_overview/observability/tracing"),
  level: "advisory",
  frameworks: recorded,
  settings: {},
  kinds: ["workload"],
  check({ containers }, judge) {
    if (containers.every(({ isProxy }) => isProxy))
      return judge.notApplicable("there is no application beside the proxy");
    judge.each(containers, [], (container) => {
      if (!container.isProxy) return;
      if (!isOurs(container))
        return judge.notApplicable("the proxy is configured by what the declaration does not show");
      if (isTraced(container)) return;
      judge.find(container.at.environment, {
        message: `${container.name} traces nothing`,
        fix: `set ${switches[0]} to 1`,
      });
    });
  },
});

/** Whether all that decides on tracing is in the declaration: Envoy with a configuration of one's own says nothing here. */
const isOurs = ({ environment, environmentElsewhere, command }: Container): boolean =>
  !environmentElsewhere &&
  (startedByAppMesh(command) ||
    environment.some(({ name }) => name === "APPMESH_RESOURCE_ARN" || name === "APPMESH_VIRTUAL_NODE_NAME"));

const startedByAppMesh = (command: string): boolean =>
  /(^|[ /])appmesh (sidecar|bootstrap)( |$)/.test(command);

const isTraced = ({ environment, command }: Container): boolean =>
  (startedByAppMesh(command) && /(^| )--tracing[ =]/.test(command)) ||
  environment.some(
    (each) =>
      (switches.includes(each.name) && each.value === "1") ||
      (each.name === configurationFile && each.value !== ""),
  );
