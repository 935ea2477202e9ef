import { rule } from "../../rule.js";

export const sidecarOwnNetwork = rule({
  name: "sidecar-own-network",
  title: "A proxy takes the traffic of its pod alone",
  family: "sidecars",
  severity: "critical",
  what: "No pod whose traffic is redirected to a proxy uses the network of its node.",
  why: "What is redirected then is the traffic of the whole node: of every other pod with its network, of the kubelet and of whoever logs in.",
  remediation: [
    "Leave hostNetwork out.",
    "Where the pod needs the network of the node, annotate it with appmesh.k8s.aws/sidecarInjectorWebhook: disabled, so that it gets no proxy.",
  ],
  link: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  level: "mandatory",
  frameworks: [{ name: "NIST SP 800-53", version: "5", reference: "SC-7" }],
  settings: {},
  kinds: ["meshPod"],
  check({ redirectedTo, hostNetwork, at }, judge) {
    if (redirectedTo === undefined) return judge.notApplicable("its traffic is not redirected");
    if (!hostNetwork) return;
    judge.find(at.hostNetwork, {
      message: `the pod has the network of its node, whose traffic is redirected to ${redirectedTo}`,
      fix: "leave it out, or let the pod have no proxy",
    });
  },
});
