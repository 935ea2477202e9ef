import { meshRule } from "../../rule.js";
import { anyRoute } from "../common.js";
import { envoy } from "../links.js";

export const routesToEmptyServices = meshRule({
  name: "routes-to-empty-services",
  title: "Traffic goes where something runs",
  family: "routing",
  severity: "high",
  what: "No route sends traffic to a virtual node behind which no copy of the application is asked for.",
  why: "The share of requests that goes there is answered with 503, however many copies of the others there are.",
  remediation: [
    "Set the weight of the virtual node to 0 before its service is stopped, and start the service before the weight is raised.",
  ],
  link: envoy("intro/arch_overview/upstream/load_balancing/panic_threshold"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  checkMesh(mesh, judge) {
    let isCertain = false;
    for (const route of mesh.of("route")) {
      const found = judge.known(route, () => anyRoute(route.spec));
      judge.each(
        route,
        () => found?.route.action.weightedTargets,
        ({ virtualNode, weight }, index) => {
          const node = weight > 0 ? mesh.get("virtualNode", virtualNode) : undefined;
          const running = (node && judge.known(node, () => mesh.running.node(node))) ?? [];
          if (running.length === 0) return;
          isCertain = true;
          if (running.some(({ copies }) => copies !== 0)) return;
          const titles = running.map(({ title }) => title).join(" and ");
          judge.find(route, [...(found?.path ?? []), "action", "weightedTargets", index, "weight"], {
            message: `weight ${weight} sends traffic to virtual node ${virtualNode}, and ${titles} behind it ${running.length === 1 ? "is" : "are"} of size 0`,
            fix: "set the weight to 0, or run a copy at least",
          });
        },
      );
    }
    if (!isCertain)
      judge.notApplicable("the stack does not tell for certain what runs behind the targets of its routes");
  },
});
