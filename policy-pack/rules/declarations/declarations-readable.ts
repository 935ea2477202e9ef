import { rule } from "../../rule.js";

export const declarationsReadable = rule({
  name: "declarations-readable",
  title: "What is declared can be judged",
  family: "declarations",
  severity: "medium",
  what: "Objects of App Mesh's group are of a version that the rules can read.",
  why: "What no rule can read would pass all of them without a word.",
  remediation: ["Declare it in version v1beta2, the one that AWS's controller has."],
  link: "https://aws.github.io/aws-app-mesh-controller-for-k8s/reference/api_spec/",
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["unread"],
  check({ what, fix }, judge) {
    judge.find([], { message: what, fix });
  },
});
