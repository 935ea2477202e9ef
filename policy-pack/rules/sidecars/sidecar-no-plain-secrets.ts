import { rule } from "../../rule.js";
import { ecs } from "../links.js";

/** What secrets are called, and what is called alike without being one. */
const secret = /(^|_)(secret|token|password|passwd|private_key|secret_access_key|api_key)(_|$)/i;
const harmless = /(_(file|path|name|arn|url|endpoint|ttl))$/i;

export const sidecarNoPlainSecrets = rule({
  name: "sidecar-no-plain-secrets",
  title: "Secrets are not for all to read",
  family: "sidecars",
  severity: "critical",
  what: "No container beside a proxy has a secret in a plain environment variable.",
  why: "Whoever may describe the task definition or the pod reads it, and so does every log of what was deployed.",
  remediation: [
    "Use secrets with a parameter or Secrets Manager (ECS), or valueFrom.secretKeyRef (Kubernetes).",
  ],
  link: ecs("specifying-sensitive-data.html"),
  level: "mandatory",
  frameworks: [
    { name: "NIST SP 800-53", version: "5", reference: "IA-5(7)" },
    { name: "PCI DSS", version: "4.0.1", reference: "8.6.2" },
  ],
  settings: {},
  kinds: ["workload"],
  check({ form, containers }, judge) {
    judge.each(containers, [], ({ environment }) => {
      judge.each(environment, [], ({ name, value, path }) => {
        if (value === "" || !secret.test(name) || harmless.test(name)) return;
        judge.find(path, {
          message: `${name} stands there in plain text`,
          fix: form === "ecs" ? "give it by secrets" : "give it by valueFrom.secretKeyRef",
        });
      });
    });
  },
});
