import { rule } from "../../rule.js";

export const sidecarChosenOnce = rule({
  name: "sidecar-chosen-once",
  title: "A pod is one virtual node, or one gateway",
  family: "sidecars",
  severity: "high",
  what: "No pod of Kubernetes is chosen by two VirtualNodes or VirtualGateways of its namespace.",
  why: "AWS's controller cannot tell which proxy such a pod is to have, and refuses it: a Deployment stays without pods, at the next roll-out at the latest.",
  remediation: [
    "Give the podSelector of each a label that only its own pods have, such as a version.",
    "Leave podSelector out where no pod is to be chosen: an empty one chooses all of the namespace.",
  ],
  link: "https://aws.github.io/aws-app-mesh-controller-for-k8s/reference/api_spec/",
  level: "mandatory",
  frameworks: [],
  settings: {},
  kinds: ["meshPod", "podChoice"],
  check(subject, judge) {
    if (subject.kind === "meshPod") {
      const { chosenBy, at } = subject;
      if (chosenBy.length < 2) return;
      judge.find(at.labels, {
        message: `${inWords(chosenBy)} choose the pod, and the controller refuses it`,
        fix: "narrow the podSelector of all but one",
      });
      return;
    }
    const { invalid, rivals } = subject;
    if (invalid) {
      judge.find(["spec", "podSelector", ...invalid.path], {
        message: `${invalid.message} is no selector, and the controller refuses every pod of the namespace for it`,
        fix: invalid.fix,
      });
    } else if (rivals.length > 0) {
      judge.find(["spec", "podSelector"], {
        message: `every pod that it chooses is chosen by ${inWords(rivals)} too, and the controller refuses such a pod`,
        fix: "narrow the podSelector of all but one",
      });
    }
  },
});

/** As many are named: all of a namespace may choose all of its pods. */
const mostNamed = 3;

function inWords(names: readonly string[]): string {
  const named = names.slice(0, mostNamed);
  const others = names.length - named.length;
  const last = others > 0 ? `${others} ${others === 1 ? "other" : "others"}` : named.pop();
  return named.length === 0 ? `${last}` : `${named.join(", ")} and ${last}`;
}
