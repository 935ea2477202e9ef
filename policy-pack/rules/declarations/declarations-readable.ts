import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { rule } from "../../rule.js";
import { inFinding, violationsOf } from "../../subjects/invalid.js";

export const declarationsReadable = rule<"unread" | Kind>({
  name: "declarations-readable",
  title: "What is declared can be judged",
  family: "declarations",
  severity: "medium",
  what: "Objects of App Mesh's group are of a version that the rules can read, and specs are such as App Mesh takes.",
  why: "What no rule can read, such as a listener whose TLS is misspelt, would pass all of them without a word.",
  remediation: [
    "Declare objects in version v1beta2, the one that AWS's controller has.",
    "Correct the spec where the finding says.",
  ],
  link: "https://aws.github.io/aws-app-mesh-controller-for-k8s/reference/api_spec/",
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["unread", ...(Object.keys(entityTypes) as Kind[])],
  check(subject, judge) {
    if (subject.kind === "unread") return judge.find([], { message: subject.what, fix: subject.fix });
    for (const violation of violationsOf(subject)) {
      const { message, fix } = inFinding(violation);
      judge.find(violation.path, { message: `App Mesh does not take it: ${message}`, fix });
    }
  },
});
