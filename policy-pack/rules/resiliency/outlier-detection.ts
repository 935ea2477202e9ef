import { rule } from "../../rule.js";
import { envoy } from "../links.js";
import { eachListenerHas } from "./listener-member.js";

export const outlierDetection = rule({
  name: "outlier-detection",
  title: "Failing endpoints are left out",
  family: "resiliency",
  severity: "medium",
  what: "Every listener of a virtual node has outlier detection.",
  why: "An endpoint that answers its health check and fails its requests keeps its share of the traffic.",
  remediation: ["Give the listener outlierDetection."],
  link: envoy("intro/arch_overview/upstream/outlier"),
  level: "advisory",
  frameworks: [],
  settings: {},
  kinds: ["virtualNode"],
  check: eachListenerHas("outlierDetection", {
    message: "an endpoint that keeps failing is not ejected",
    fix: "give outlier detection",
  }),
});
