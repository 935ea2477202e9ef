import { docs, entityRule } from "../../rule.js";
import { eachListenerHas } from "./listener-member.js";

export const outlierDetection = entityRule({
  name: "outlier-detection",
  title: "Failing endpoints are left out",
  family: "resiliency",
  severity: "medium",
  what: "Every listener of a virtual node has outlier detection.",
  why: "An endpoint that answers its health check and fails its requests keeps its share of the traffic.",
  remediation: ["Give the listener outlierDetection."],
  link: docs("virtual_nodes"),
  level: "advisory",
  frameworks: [],
  settings: {},
  kinds: ["virtualNode"],
  check: eachListenerHas("outlierDetection", {
    message: "an endpoint that keeps failing is not ejected",
    fix: "give outlier detection",
  }),
});
