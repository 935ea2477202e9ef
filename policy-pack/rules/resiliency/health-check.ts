import { rule } from "../../rule.js";
import { envoy } from "../links.js";
import { eachListenerHas } from "./listener-member.js";

export const healthCheck = rule({
  name: "health-check",
  title: "Sick endpoints are found",
  family: "resiliency",
  severity: "medium",
  what: "Every listener of a virtual node has a health check.",
  why: "Without one, requests go on to an endpoint that has died or hangs, until its address vanishes.",
  remediation: ["Give the listener a healthCheck that asks the application itself."],
  link: envoy("intro/arch_overview/upstream/health_checking"),
  level: "advisory",
  frameworks: [],
  settings: {},
  kinds: ["virtualNode"],
  check: eachListenerHas("healthCheck", {
    message: "endpoints are not checked",
    fix: "give a health check",
  }),
});
