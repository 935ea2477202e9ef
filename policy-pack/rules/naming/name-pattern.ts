import { rule } from "../../rule.js";
import { nameOf } from "../common.js";

export const namePattern = rule<
  "mesh" | "virtualNode" | "virtualRouter" | "virtualGateway",
  { pattern: string }
>({
  name: "name-pattern",
  title: "Names follow the house's rules",
  family: "naming",
  severity: "low",
  what: "Meshes, virtual nodes, routers and gateways are named as a pattern says.",
  why: "Dashboards, alarms and people find things by their names.",
  remediation: ["Name it by the pattern; a new name makes a new entity."],
  link: "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
  level: "disabled",
  frameworks: [],
  settings: {
    pattern: {
      type: "string",
      isExpression: true,
      default: "^[a-z][a-z0-9-]*$",
      description: "Regular expression, as of JavaScript, that the name has to match.",
    },
  },
  kinds: ["mesh", "virtualNode", "virtualRouter", "virtualGateway"],
  check(entity, judge) {
    const name = entity.names.at(-1) ?? entity.meshName;
    const { pattern } = judge.config;
    if (new RegExp(pattern, "u").test(name)) return;
    judge.find([], {
      message: `the name of ${nameOf(entity)} does not match ${pattern}`,
      fix: "give it another name",
    });
  },
});
