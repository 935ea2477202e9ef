import { rule } from "../../rule.js";
import type { Container } from "../../subjects/workload.js";
import { ecs } from "../links.js";
import { helpers } from "./helpers.js";

export const sidecarStartOrder = rule<"workload", { others: readonly string[] }>({
  name: "sidecar-start-order",
  title: "The proxy is there first",
  family: "sidecars",
  severity: "medium",
  what: "The containers of an application start after the proxy is healthy.",
  why: "What an application calls before that is refused, since all of its traffic goes to a proxy that does not listen yet.",
  remediation: [
    "Give each container of the application dependsOn with the proxy's name and condition HEALTHY.",
  ],
  link: ecs("task_definition_parameters.html"),
  level: "advisory",
  frameworks: [],
  settings: {
    others: {
      type: "array",
      items: { type: "string" },
      default: helpers,
      description:
        "Parts of names of containers that need not wait: tracers and log routers, for which the proxy waits.",
    },
  },
  kinds: ["workload"],
  check({ form, containers }, judge) {
    if (form !== "ecs") return judge.notApplicable("containers of a pod start in their order");
    const proxy = containers.find(({ isProxy }) => isProxy);
    if (proxy === undefined) return;
    const { others } = judge.config;
    judge.each(containers, [], (container) => {
      const { name, isProxy, isLogRouter, at } = container;
      if (isProxy || isLogRouter || others.some((other) => name.includes(other))) return;
      // What the proxy itself waits for cannot wait for it.
      if (proxy.startsAfter.includes(name)) return;
      if (startsAfterHealthy(proxy, container, containers)) return;
      judge.find(at.dependsOn, {
        message: `${name} may start before ${proxy.name} is healthy`,
        fix: `give dependsOn with containerName ${proxy.name} and condition HEALTHY`,
      });
    });
  },
});

/** Whether a container waits for the proxy to be healthy, by itself or by what it waits for in any way. */
function startsAfterHealthy(proxy: Container, container: Container, all: readonly Container[]): boolean {
  const waitsFor = new Set([container]);
  for (const each of waitsFor) {
    if (each.startsAfterHealthy.includes(proxy.name)) return true;
    for (const other of all) if (each.startsAfter.includes(other.name)) waitsFor.add(other);
  }
  return false;
}
