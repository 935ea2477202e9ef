import { rule } from "../../rule.js";
import { ecs } from "../links.js";

export const sidecarHealthChecked = rule({
  name: "sidecar-health-checked",
  title: "The proxy is asked how it is",
  family: "sidecars",
  severity: "medium",
  what: "A proxy has a health check (Kubernetes: a probe).",
  why: "Without one nothing waits for its configuration, and nothing replaces it when it hangs.",
  remediation: ["Ask the proxy's admin interface for /ready, or /server_info for LIVE."],
  link: ecs("task_definition_parameters.html"),
  level: "advisory",
  frameworks: [],
  settings: {},
  kinds: ["workload"],
  check({ containers }, judge) {
    judge.each(containers, [], (container) => {
      if (!container.isProxy || container.healthChecked) return;
      judge.find(container.at.healthCheck, {
        message: "nobody asks whether the proxy is ready",
        fix: "give one",
      });
    });
  },
});
