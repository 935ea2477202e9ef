import { rule } from "../../rule.js";
import { ecs } from "../links.js";

export const sidecarNotRoot = rule({
  name: "sidecar-not-root",
  title: "The proxy is nobody special",
  family: "sidecars",
  severity: "high",
  what: "A proxy runs as a user other than root.",
  why: "Whoever breaks into a proxy that is root has the whole container, and on EC2 the way to the machine.",
  remediation: ["Set user (ECS) or securityContext.runAsUser (Kubernetes) to 1337."],
  link: ecs("security-tasks-containers.html"),
  level: "mandatory",
  frameworks: [{ name: "NIST SP 800-53", version: "5", reference: "AC-6" }],
  settings: {},
  kinds: ["workload"],
  check(workload, judge) {
    judge.each(workload.containers, [], (container) => {
      if (!container.isProxy) return;
      const { user, at } = container;
      if (user === undefined) {
        // The proxy of a gateway's task is not redirected around, and its image may have a user of its own.
        if (workload.redirection === undefined) return;
        judge.find(at.user, { message: "the image decides who the proxy is", fix: "set it to 1337" });
      } else if (/^(0|root)(:|$)/.test(user)) {
        judge.find(at.user, { message: `${user} is root`, fix: "set it to 1337" });
      }
    });
  },
});
