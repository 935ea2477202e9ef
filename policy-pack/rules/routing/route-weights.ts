import { rule } from "../../rule.js";
import { anyRoute } from "../common.js";
import { envoy } from "../links.js";

export const routeWeights = rule({
  name: "route-weights",
  title: "Weights share out traffic",
  family: "routing",
  severity: "high",
  what: "The weights of a route send its traffic somewhere, and each virtual node is named once for a port.",
  why: "A route whose weights are all 0 answers every request with 503, and a node named twice gets more than its line says.",
  remediation: ["Give at least one target a weight above 0.", "Name each virtual node and port once."],
  link: envoy("intro/arch_overview/http/http_routing"),
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["route"],
  check({ spec }, judge) {
    const found = anyRoute(spec);
    if (found === undefined) return;
    const targets = found.route.action.weightedTargets;
    const path = [...found.path, "action", "weightedTargets"];
    const named = new Set<string>();
    judge.each(targets, path, ({ virtualNode, port }, at) => {
      const target = `${virtualNode}${port === undefined ? "" : `, port ${port}`}`;
      if (named.has(target)) {
        judge.find([...at, "virtualNode"], {
          message: `${target} is named by an earlier target too`,
          fix: "add its weight to that one",
        });
      }
      named.add(target);
    });
    judge.each([targets], path, (all) => {
      if (all.some(({ weight }) => weight > 0)) return;
      judge.find(path, {
        message: `all ${all.length} weights are 0: every request is answered with 503`,
        fix: "give one of them a weight above 0",
      });
    });
  },
});
